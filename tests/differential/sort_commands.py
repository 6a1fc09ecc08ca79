"""Random SORTs of lists, sets and sorted sets, with keys and fields to order by and to get."""

WEIGHT_KEYS = [b"w_%d" % number for number in range(13)]
FIELD_KEYS = [b"h_%d" % number for number in range(13)]


def _source(c):
    return c.key_of(c.one_of("l", "l", "s", "z"))


def _pattern(c):
    return c.one_of(
        "w_*", "w_*", "h_*->a", "h_*->b", "h_*->", "h_*", "#", "none", "k*", "*", "w_*->a", "->*"
    )


def _options(c, stores):
    """Leaves out what lets elements stand, or be chosen, in the order that a set has them in."""
    by = c.one_of([], [], ["BY", _pattern(c)])
    sorts = not by or "*" in by[1]
    alpha = c.chance(0.6) and not (by and stores)
    limited = sorts and not (by and alpha)
    options = [
        by,
        c.maybe("LIMIT", c.small(-2, 8), c.small(-2, 12)) if limited else [],
        sum((["GET", _pattern(c)] for _ in range(c.one_of(0, 0, 1, 2))), []),
        c.one_of([], ["ASC"], ["DESC"]),
        ["ALPHA"] if alpha else [],
    ]
    return sum(options, [])


def _sort(c):
    return [c.one_of("SORT", "SORT", "SORT_RO", "sort"), _source(c), *_options(c, False)]


def _sort_store(c):
    return ["SORT", _source(c), *_options(c, True), "STORE", c.key_of("l")]


def _weight(c):
    return c.one_of(c.small(-20, 20), "%.1f" % (c.small(-50, 50) / 10), c.value())


def _hash(c):
    return ["HSET", c.one_of(*FIELD_KEYS), c.one_of("a", "b"), _weight(c)]


WEIGHTS = {
    _sort: 12,
    _sort_store: 4,
    lambda c: ["SET", c.one_of(*WEIGHT_KEYS), _weight(c)]: 6,
    _hash: 6,
    lambda c: ["DEL", c.one_of(*WEIGHT_KEYS, *FIELD_KEYS)]: 2,
    lambda c: ["DEL", _source(c)]: 4,
    lambda c: ["RPUSH", c.key_of("l"), *[c.small(0, 12) for _ in range(c.small(1, 9))]]: 6,
    lambda c: ["SADD", c.key_of("s"), *[c.small(0, 12) for _ in range(c.small(1, 9))]]: 3,
    lambda c: ["ZADD", c.key_of("z"), c.small(0, 99), c.small(0, 12)]: 3,
}

