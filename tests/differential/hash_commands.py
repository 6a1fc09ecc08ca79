"""Random commands for hashes, among them such that carry a hash over its limits."""


def _key(c):
    return c.key_of("h")


def _field(c):
    return c.one_of(
        "f%d" % c.small(0, 5),
        "f%d" % c.small(0, 5),
        "f%d" % c.small(0, 700),
        c.small(-3, 20),
        c.value(),
    )


def _fields(c, most=4):
    return [_field(c) for _ in range(c.small(1, most))]


def _pairs(c):
    if c.chance(0.06):
        # Enough for the limit of a listpack after a few of them.
        first = c.small(0, 500)
        return [item for i in range(c.small(50, 250)) for item in ("f%d" % (first + i), i)]
    return [item for field in _fields(c) for item in (field, c.value())]


def _scan(c):
    match = c.maybe("MATCH", c.one_of("f*", "f1?", "*", "[^f]*"))
    return ["HSCAN", _key(c), 0, *match, *c.maybe("COUNT", c.small(1, 30))]


def _random(c):
    count = c.one_of([], [c.small(-5, 5)], [c.small(1, 30), "WITHVALUES"], [-3, "withvalues"])
    return ["HRANDFIELD", _key(c), *count]


WEIGHTS = {
    lambda c: [c.one_of("HSET", "HSET", "HMSET"), _key(c), *_pairs(c)]: 25,
    lambda c: ["HSETNX", _key(c), _field(c), c.value()]: 5,
    lambda c: ["HGET", _key(c), _field(c)]: 8,
    lambda c: ["HMGET", _key(c), *_fields(c)]: 5,
    lambda c: ["HDEL", _key(c), *_fields(c, 30)]: 8,
    lambda c: [c.one_of("HGETALL", "HKEYS", "HVALS"), _key(c)]: 5,
    lambda c: ["HLEN", _key(c)]: 4,
    lambda c: ["HEXISTS", _key(c), _field(c)]: 4,
    lambda c: ["HSTRLEN", _key(c), _field(c)]: 4,
    lambda c: ["HINCRBY", _key(c), _field(c), c.integer()]: 6,
    lambda c: ["HINCRBYFLOAT", _key(c), _field(c), c.number()]: 6,
    _scan: 3,
    _random: 3,
    lambda c: [c.one_of("DEL", "TYPE", "PERSIST"), _key(c)]: 2,
    lambda c: ["OBJECT", "ENCODING", _key(c)]: 4,
    lambda c: ["COPY", _key(c), _key(c), *c.maybe("REPLACE")]: 2,
    lambda c: ["RENAME", _key(c), _key(c)]: 2,
}

# Those whose replies can be compared as they are.
EXACT = b"HSET HMSET HSETNX HGET HMGET HDEL HLEN HEXISTS HSTRLEN HINCRBY HINCRBYFLOAT".split()
