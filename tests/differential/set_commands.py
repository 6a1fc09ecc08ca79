"""Random commands for sets and HyperLogLogs, among them such that carry one over its limits."""


def _key(c):
    return c.key_of("s")


def _log(c):
    return c.key_of("p")


def _member(c):
    return c.one_of(
        c.small(-3, 20),
        c.small(-3, 20),
        c.small(0, 700),
        c.integer(),
        "m%d" % c.small(0, 6),
        "m%d" % c.small(0, 200),
        "x" * c.small(63, 66),
    )


def _members(c, most=4):
    return [_member(c) for _ in range(c.small(1, most))]


def _many(c):
    """Enough for a limit after a few of them."""
    first = c.small(0, 500)
    name = c.one_of("%d", "%d", "m%d")
    return [name % (first + i) for i in range(c.small(50, 300))]


def _keys(c, least=1):
    return [_key(c) for _ in range(c.small(least, 3))]


def _add(c):
    # Few members at first, so that sets begin in each of their forms.
    return ["SADD", _key(c), *(_many(c) if c.chance(0.1) else _members(c))]


def _count(c):
    keys = _keys(c)
    return ["SINTERCARD", len(keys), *keys, *c.maybe("LIMIT", c.small(0, 5))]


def _scan(c):
    match = c.maybe("MATCH", c.one_of("m*", "1?", "*", "[^m]*"))
    return ["SSCAN", _key(c), 0, *match, *c.maybe("COUNT", c.small(1, 30))]


def _empty(c):
    """Takes all members out: which ones fewer would be is up to the server."""
    return ["SPOP", _key(c), c.one_of(0, 100000, 100000)]


def _store(c):
    return [c.one_of("SDIFFSTORE", "SINTERSTORE", "SUNIONSTORE"), _key(c), *_keys(c)]


def _elements(c):
    first = c.small(0, 100000)
    if c.chance(0.1):
        return [first + i for i in range(c.small(100, 900))]
    return [c.one_of(first, c.value()) for _ in range(c.small(0, 5))]


def _debug(c):
    return ["PFDEBUG", c.one_of("ENCODING", "DECODE", "DECODE", "TODENSE", "GETREG"), _log(c)]


WEIGHTS = {
    _add: 25,
    lambda c: ["SREM", _key(c), *_members(c, 30)]: 8,
    lambda c: ["SCARD", _key(c)]: 4,
    lambda c: ["SISMEMBER", _key(c), _member(c)]: 4,
    lambda c: ["SMISMEMBER", _key(c), *_members(c)]: 4,
    lambda c: ["SMEMBERS", _key(c)]: 4,
    lambda c: ["SMOVE", _key(c), _key(c), _member(c)]: 6,
    lambda c: [c.one_of("SDIFF", "SINTER", "SUNION"), *_keys(c)]: 8,
    _store: 8,
    _count: 4,
    _empty: 2,
    lambda c: ["SRANDMEMBER", _key(c), *c.one_of([], [c.small(-5, 20)])]: 3,
    _scan: 3,
    lambda c: [c.one_of("DEL", "TYPE", "PERSIST"), _key(c)]: 2,
    lambda c: ["OBJECT", "ENCODING", _key(c)]: 4,
    lambda c: ["COPY", _key(c), _key(c), *c.maybe("REPLACE")]: 2,
    lambda c: ["RENAME", _key(c), _key(c)]: 2,
    lambda c: ["PFADD", _log(c), *_elements(c)]: 14,
    lambda c: ["PFCOUNT", *[_log(c) for _ in range(c.one_of(1, 1, 2, 3))]]: 8,
    lambda c: ["PFMERGE", *[_log(c) for _ in range(c.small(1, 3))]]: 4,
    _debug: 4,
    lambda c: ["GET", _log(c)]: 8,
    lambda c: [c.one_of("DEL", "STRLEN"), _log(c)]: 2,
}

# Those whose replies can be compared as they are.
EXACT = (
    b"SADD SREM SCARD SISMEMBER SMISMEMBER SMOVE SDIFFSTORE SINTERSTORE SUNIONSTORE SINTERCARD "
    b"PFADD PFCOUNT PFMERGE".split()
)
