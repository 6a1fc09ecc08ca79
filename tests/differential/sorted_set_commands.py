"""Random commands for sorted sets, among them such that carry one over its limits.

Scores that are no multiples of a half are left out: Redis 7.0 writes them with other digits. Ranges
of texts are asked only of keys whose members all have the same score.
"""


def _key(c):
    return c.key_of("z")


def _text_key(c):
    return c.one_of(b"t0", b"t1")


def _member(c):
    few = "m%d" % c.small(0, 6)
    return c.one_of(few, few, c.small(-3, 20), "m%d" % c.small(0, 300), "x" * 65)


def _members(c, most=4):
    return [_member(c) for _ in range(c.small(1, most))]


def _score(c):
    usual = c.one_of(c.small(-5, 20), c.small(0, 100) / 2, c.small(-1000000, 1000000))
    return c.one_of(usual, usual, "inf", "-inf", "1e20", c.integer() >> 12)


def _pairs(c):
    if c.chance(0.06):
        # Enough for the limit of a listpack after a few of them.
        first = c.small(0, 200)
        return [item for i in range(c.small(50, 150)) for item in (i / 2, "m%d" % (first + i))]
    return [item for member in _members(c) for item in (_score(c), member)]


def _add(c):
    options = c.one_of(
        [], [], ["NX"], ["XX"], ["GT"], ["LT"], ["CH"], ["XX", "GT", "CH"], ["nx", "ch"]
    )
    return ["ZADD", _key(c), *options, *_pairs(c)]


def _increment(c):
    options = c.one_of([], ["NX"], ["XX"], ["GT"], ["LT"])
    score, member = c.small(-20, 20) / 2, _member(c)
    if c.chance(0.5):
        return ["ZINCRBY", _key(c), score, member]
    return ["ZADD", _key(c), *options, "INCR", score, member]


def _bound(c):
    score = c.one_of(c.small(-5, 60), c.small(0, 100) / 2, "-inf", "+inf", "inf")
    return c.one_of("", "", "(") + str(score)


def _limit(c):
    return c.one_of([], [], ["LIMIT", c.small(-1, 10), c.small(-1, 20)])


def _scores(c):
    return c.maybe("WITHSCORES")


def _score_range(c):
    name = c.one_of("ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZRANGE")
    options = ["BYSCORE", *c.maybe("REV")] if name == "ZRANGE" else []
    return [name, _key(c), _bound(c), _bound(c), *options, *_limit(c), *_scores(c)]


def _ranks(c):
    return c.one_of(c.range(), [c.small(-200, 200), c.small(-200, 200)])


def _rank_range(c):
    return [c.one_of("ZRANGE", "ZREVRANGE"), _key(c), *_ranks(c), *_scores(c)]


def _text_bound(c):
    return c.one_of("-", "+", "[m%d" % c.small(0, 200), "(m%d" % c.small(0, 200), "[", "(m1")


def _text_range(c):
    name = c.one_of("ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZRANGE")
    options = ["BYLEX", *c.maybe("REV")] if name == "ZRANGE" else []
    return [name, _text_key(c), _text_bound(c), _text_bound(c), *options, *_limit(c)]


def _texts(c):
    count = c.one_of(1, 3, c.small(1, 60))
    return [item for _ in range(count) for item in (0, "m%d" % c.small(0, 300))]


def _store_range(c):
    options = c.one_of(_ranks(c), [_bound(c), _bound(c), "BYSCORE", *_limit(c)])
    return ["ZRANGESTORE", _key(c), _key(c), *options, *c.maybe("REV")]


def _combination(c):
    name = c.one_of("ZUNION", "ZINTER", "ZDIFF")
    keys = [c.key_of(c.one_of("z", "z", "s")) for _ in range(c.small(1, 3))]
    command = [len(keys), *keys]
    if name != "ZDIFF":
        command += c.one_of([], ["WEIGHTS", *(c.small(-4, 4) / 2 for _ in keys)])
        command += c.maybe("AGGREGATE", c.one_of("SUM", "MIN", "MAX"))
    if c.chance(0.5):
        return [name + "STORE", _key(c), *command]
    return [name, *command, *_scores(c)]


def _scan(c):
    match = c.maybe("MATCH", c.one_of("m*", "m1?", "*", "[^m]*"))
    return ["ZSCAN", _key(c), 0, *match, *c.maybe("COUNT", c.small(1, 30))]


def _random(c):
    count = c.one_of([], [c.small(-5, 5)], [c.small(1, 30), "WITHSCORES"], [-3, "withscores"])
    return ["ZRANDMEMBER", _key(c), *count]


def _multi_pop(c):
    keys = [_key(c) for _ in range(c.small(1, 3))]
    return ["ZMPOP", len(keys), *keys, c.one_of("MIN", "MAX"), *c.maybe("COUNT", c.small(1, 5))]


WEIGHTS = {
    _add: 25,
    _increment: 8,
    lambda c: ["ZCARD", _key(c)]: 3,
    lambda c: ["ZSCORE", _key(c), _member(c)]: 5,
    lambda c: ["ZMSCORE", _key(c), *_members(c)]: 3,
    lambda c: [c.one_of("ZRANK", "ZREVRANK"), _key(c), _member(c)]: 6,
    lambda c: ["ZREM", _key(c), *_members(c, 20)]: 5,
    lambda c: ["ZCOUNT", _key(c), _bound(c), _bound(c)]: 4,
    _rank_range: 8,
    _score_range: 8,
    lambda c: ["ZADD", _text_key(c), *_texts(c)]: 5,
    _text_range: 8,
    lambda c: ["ZLEXCOUNT", _text_key(c), _text_bound(c), _text_bound(c)]: 3,
    _store_range: 3,
    lambda c: ["ZREMRANGEBYRANK", _key(c), *c.range()]: 2,
    lambda c: ["ZREMRANGEBYSCORE", _key(c), _bound(c), _bound(c)]: 1,
    lambda c: ["ZREMRANGEBYLEX", _text_key(c), _text_bound(c), _text_bound(c)]: 1,
    lambda c: [c.one_of("ZPOPMIN", "ZPOPMAX"), _key(c), *c.maybe(c.small(0, 6))]: 5,
    _multi_pop: 3,
    _combination: 10,
    lambda c: ["ZINTERCARD", 2, _key(c), _key(c), *c.maybe("LIMIT", c.small(0, 9))]: 2,
    _scan: 3,
    _random: 3,
    lambda c: [c.one_of("DEL", "TYPE", "PERSIST"), _key(c)]: 2,
    lambda c: ["OBJECT", "ENCODING", _key(c)]: 4,
    lambda c: ["COPY", _key(c), _key(c), *c.maybe("REPLACE")]: 2,
    lambda c: ["RENAME", _key(c), _key(c)]: 1,
}  # fmt: skip

# Those whose replies can be compared as they are.
EXACT = (
    b"ZADD ZINCRBY ZCARD ZSCORE ZMSCORE ZRANK ZREVRANK ZREM ZCOUNT ZRANGE ZREVRANGE ZPOPMIN "
    b"ZPOPMAX ZMPOP ZREMRANGEBYRANK ZREMRANGEBYSCORE ZUNIONSTORE ZINTERSTORE ZRANGESTORE"
).split()
