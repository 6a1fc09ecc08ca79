"""Random commands for lists, among them such that carry a list over the limits of its nodes."""


def _key(c):
    return c.key_of("l")


def _element(c):
    """Few enough different ones that a list holds some of them twice."""
    return c.one_of(
        c.small(0, 12), "abcde"[c.small(0, 4)], c.integer(), c.value(), c.small(0, 3),
        "y" * c.one_of(200, 3000, 9000),
    )  # fmt: skip


def _elements(c):
    if c.chance(0.04):
        return [c.small(0, 40) for _ in range(c.small(500, 2000))]
    return [_element(c) for _ in range(c.small(1, 4))]


def _end(c):
    return c.one_of("LEFT", "RIGHT", "RIGHT", "left")


def _lpos(c):
    rank = c.one_of([], [], ["RANK", c.one_of(1, 2, -1, -2)])
    rest = [*c.maybe("COUNT", c.small(0, 3)), *c.maybe("MAXLEN", c.small(0, 6))]
    return ["LPOS", _key(c), _element(c), *rank, *rest]


def _lmpop(c):
    keys = [_key(c) for _ in range(c.small(1, 3))]
    return ["LMPOP", len(keys), *keys, _end(c), *c.maybe("COUNT", c.small(1, 5))]


WEIGHTS = {
    lambda c: [c.one_of("LPUSH", "RPUSH"), _key(c), *_elements(c)]: 16,
    lambda c: [c.one_of("LPUSHX", "RPUSHX"), _key(c), *_elements(c)]: 6,
    lambda c: [c.one_of("LPOP", "RPOP"), _key(c), *c.one_of([], [], [c.small(0, 9)])]: 7,
    lambda c: ["LLEN", _key(c)]: 3,
    lambda c: ["LINDEX", _key(c), c.one_of(c.small(-12, 12), c.small(-3000, 3000))]: 5,
    lambda c: ["LRANGE", _key(c), *c.one_of([0, -1], [-9, -1], c.range())]: 8,
    lambda c: ["LSET", _key(c), c.small(-6, 6), _element(c)]: 5,
    lambda c: ["LINSERT", _key(c), c.one_of("BEFORE", "AFTER"), _element(c), _element(c)]: 8,
    lambda c: ["LREM", _key(c), c.small(-3, 3), _element(c)]: 5,
    lambda c: ["LTRIM", _key(c), *c.one_of([0, 20], [-20, -1], [1, -2], c.range())]: 3,
    _lpos: 6,
    lambda c: ["LMOVE", _key(c), _key(c), _end(c), _end(c)]: 6,
    lambda c: ["RPOPLPUSH", _key(c), _key(c)]: 3,
    _lmpop: 4,
    lambda c: [c.one_of("DEL", "TYPE", "PERSIST"), _key(c)]: 1,
    lambda c: ["OBJECT", "ENCODING", _key(c)]: 3,
    lambda c: ["COPY", _key(c), _key(c), *c.maybe("REPLACE")]: 2,
    lambda c: ["RENAME", _key(c), _key(c)]: 1,
    lambda c: ["CONFIG", "SET", "list-compress-depth", c.one_of(0, 1, 1, 2)]: 1,
}

# Those whose replies can be compared as they are.
EXACT = (
    b"LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LLEN LINDEX LRANGE LSET LINSERT LREM LTRIM LPOS LMOVE "
    b"RPOPLPUSH LMPOP".split()
)
