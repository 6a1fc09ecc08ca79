"""Random commands for streams and their groups, among them such that fill several nodes.

Ids are numbers that rise with the run, never the time; no command asks how long something idled.
"""

GROUPS = ["g", "h"]
CONSUMERS = ["a", "b", "c"]


def _key(c):
    return c.key_of("x")


def _group(c):
    return c.one_of(*GROUPS)


def _consumer(c):
    return c.one_of(*CONSUMERS)


def _new_id(c):
    c.ticks = getattr(c, "ticks", 0) + c.small(0, 2)
    return c.one_of(
        "%d-*" % c.ticks, "%d-*" % c.ticks, "%d-%d" % (c.ticks, c.small(0, 9)), c.ticks + 1,
        "%d-%d" % (c.ticks, c.small(0, 9)), c.small(0, c.ticks), "0-*", "0-0",
    )  # fmt: skip


def _id(c):
    """One that was probably used not long ago."""
    ticks = getattr(c, "ticks", 0)
    recent = max(ticks - c.one_of(5, 20, 80, 1000, ticks), 0)
    ms = c.small(recent, ticks + 1)
    return c.one_of(ms, "%d-%d" % (ms, c.small(0, 3)), "%d-0" % ms, "%d-1" % ms)


def _ids(c):
    return [_id(c) for _ in range(c.small(1, 5))]


def _end(c):
    return c.one_of("-", "+", _id(c), _id(c), "(%s" % _id(c))


def _range(c):
    return c.one_of(["-", "+"], [_end(c), "+"], ["-", _end(c)], [_end(c), _end(c)])


def _count(c):
    return c.maybe("COUNT", c.one_of(c.small(0, 6), c.small(0, 6), c.small(-1, 300)))


def _fields(c):
    """Mostly those of the entry before, so that nodes hold them only once."""
    if c.chance(0.7):
        return ["name", c.value(), "n", c.small(-5, 5000)]
    if c.chance(0.05):
        return ["large", "y" * c.small(1000, 6000)]
    return [item for _ in range(c.small(1, 4)) for item in ("f%d" % c.small(0, 3), c.value())]


def _trim(c):
    mark = c.one_of([], ["="], ["~"], ["~"])
    limit = ["LIMIT", c.small(0, 300)] if mark == ["~"] and c.chance(0.4) else []
    if c.chance(0.5):
        return ["MAXLEN", *mark, c.one_of(c.small(0, 30), c.small(50, 400)), *limit]
    return ["MINID", *mark, _id(c), *limit]


def _xadd(c):
    options = c.one_of([], [], [], [], [], [], ["NOMKSTREAM"], _trim(c), [*_trim(c), "NOMKSTREAM"])
    return ["XADD", _key(c), *options, _new_id(c), *_fields(c)]


def _streams(c, ids):
    keys = [_key(c) for _ in range(c.small(1, 3))]
    return ["STREAMS", *keys, *(ids() for _ in keys)]


def _xread(c):
    return ["XREAD", *_count(c), *_streams(c, lambda: c.one_of(_id(c), _id(c), 0, "$"))]


def _xreadgroup(c):
    options = [*_count(c), *c.one_of([], [], ["NOACK"])]
    key = c.one_of(["STREAMS", _key(c), c.one_of(">", ">", _id(c), 0)], None)
    streams = key or _streams(c, lambda: c.one_of(">", ">", _id(c), 0))
    return ["XREADGROUP", "GROUP", _group(c), _consumer(c), *options, *streams]


def _xgroup(c):
    read = c.maybe("ENTRIESREAD", c.small(-1, 50))
    at = c.one_of(0, 0, "$", _id(c))
    return c.one_of(
        ["XGROUP", "CREATE", _key(c), _group(c), at, *c.maybe("MKSTREAM"), *read],
        ["XGROUP", "CREATE", _key(c), _group(c), at, *c.maybe("MKSTREAM")],
        ["XGROUP", "CREATE", _key(c), _group(c), at],
        ["XGROUP", "SETID", _key(c), _group(c), at, *read],
        ["XGROUP", "CREATECONSUMER", _key(c), _group(c), _consumer(c)],
        ["XGROUP", "DELCONSUMER", _key(c), _group(c), _consumer(c)],
        ["XGROUP", *c.one_of(*[["CREATE", _key(c), _group(c), 0]] * 3, ["DESTROY", _key(c), "g"])],
    )


def _xclaim(c):
    options = [
        *c.one_of([], ["TIME", c.small(0, 1000000)], ["IDLE", c.small(0, 1000000)]),
        *c.maybe("RETRYCOUNT", c.small(0, 9)),
        *c.one_of([], ["FORCE"]),
        *c.one_of([], ["JUSTID"]),
        *c.one_of([], [], ["LASTID", _id(c)]),
    ]
    idle = c.one_of(0, 0, 0, 4000000000000)
    return ["XCLAIM", _key(c), _group(c), _consumer(c), idle, *_ids(c), *options]


def _xautoclaim(c):
    options = [*c.maybe("COUNT", c.small(1, 9)), *c.one_of([], ["JUSTID"])]
    start = c.one_of(0, "-", _id(c), "(%s" % _id(c))
    return ["XAUTOCLAIM", _key(c), _group(c), _consumer(c), 0, start, *options]


def _xpending(c):
    details = [*_range(c), c.small(0, 20), *c.maybe(_consumer(c))]
    return ["XPENDING", _key(c), _group(c), *c.one_of([], details)]


def _xsetid(c):
    """Only upwards: what it compares the id with differs between versions."""
    c.ticks = getattr(c, "ticks", 0) + c.small(0, 3)
    return ["XSETID", _key(c), "%d-20" % c.ticks, *c.maybe("ENTRIESADDED", c.small(0, 500))]


WEIGHTS = {
    _xadd: 45,
    lambda c: ["XLEN", _key(c)]: 3,
    lambda c: ["XRANGE", _key(c), *_range(c), *_count(c)]: 6,
    lambda c: ["XREVRANGE", _key(c), *reversed(_range(c)), *_count(c)]: 6,
    lambda c: ["XDEL", _key(c), *_ids(c)]: 6,
    lambda c: ["XTRIM", _key(c), *_trim(c)]: 3,
    _xsetid: 1,
    _xread: 6,
    _xreadgroup: 12,
    _xgroup: 12,
    lambda c: ["XACK", _key(c), _group(c), *_ids(c)]: 6,
    _xclaim: 6,
    _xautoclaim: 5,
    _xpending: 6,
    lambda c: ["XINFO", c.one_of("STREAM", "GROUPS"), _key(c)]: 5,
    lambda c: [c.one_of("DEL", "TYPE", "PERSIST"), _key(c)]: 1,
    lambda c: ["OBJECT", "ENCODING", _key(c)]: 1,
    lambda c: ["COPY", _key(c), _key(c), *c.maybe("REPLACE")]: 1,
    lambda c: ["RENAME", _key(c), _key(c)]: 0.3,
}

# A word that is wrong could make an id of the time out of these, or tell versions apart.
UNSPOILT = b"XADD XSETID XGROUP".split()

# Those whose replies can be compared as they are.
EXACT = b"XADD XLEN XRANGE XREVRANGE XDEL XTRIM XACK XCLAIM XAUTOCLAIM".split()


def _plain(reply, left_out_names):
    """The reply as lists and values, without what stands behind these names."""
    if reply.kind == "map":
        items = [item for pair in reply.value for item in pair]
    elif reply.kind == "array":
        items = reply.value
    else:
        return reply.value
    kept = []
    left_out = False
    for item in items:
        if not left_out:
            kept.append(_plain(item, left_out_names))
        left_out = item.kind == "bulk" and item.value in left_out_names
    return kept


def is_close(command, first, second):
    """Tells if the replies differ only in how long something idled, or in how a tree was built."""
    name = command[0].upper()
    if first.kind != second.kind or first.kind == "error":
        return False
    if name == b"XPENDING" and len(command) > 3 and first.kind == "array":
        return [_without_idle(item) for item in first.value] == [
            _without_idle(item) for item in second.value
        ]
    if name == b"XINFO":
        names = (b"radix-tree-nodes",)
        return _plain(first, names) == _plain(second, names)
    return False


def _without_idle(item):
    return [part.value for number, part in enumerate(item.value) if number != 2]


def is_known_difference(command, first, second):
    """Tells if Redis 7.0 answers otherwise than later versions, and that is all.

    It makes a consumer only when there is something to give it, names XREAD otherwise in one of
    its errors, and overlooks deleted entries when it counts what a group has still to read.
    """
    name = command[0].upper()
    if name in (b"XREAD", b"XREADGROUP") and first.kind == second.kind == "error":
        return b"Unbalanced" in first.value and b"Unbalanced" in second.value
    if name == b"XGROUP":
        return command[1].upper() == b"CREATECONSUMER" and first.kind == second.kind == "integer"
    if name == b"XINFO":
        names = (b"radix-tree-nodes", b"consumers", b"entries-read", b"lag")
        return _plain(first, names) == _plain(second, names)
    return False
