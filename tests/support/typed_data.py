"""Data of every type and encoding, and everything that can be asked about it."""

import random

from support import waiting

FAR_MS = 4102444800000
DATABASES = (0, 3)
LIBRARY = "#!lua name=%s\nredis.register_function('%s_f', function(keys, args) return args[1] end)"


def fill(client, name, seed):
    """Writes some keys of each type and encoding, all with `name` in theirs."""
    chosen = random.Random(seed)
    for database in DATABASES:
        client.call("SELECT", database)
        for command in commands(name, chosen):
            reply = client.call(*command)
            assert reply.kind != "error", (command[:2], reply)
    client.call("SELECT", 0)
    reply = client.call("FUNCTION", "LOAD", "REPLACE", LIBRARY % (name, name))
    assert reply.kind != "error", reply


def commands(name, chosen):
    yield from _strings(name, chosen)
    yield from _lists(name, chosen)
    yield from _sets(name, chosen)
    yield from _hashes(name, chosen)
    yield from _sorted_sets(name, chosen)
    yield from _streams(name)
    for number in range(50):
        key = "%s:ending:%d" % (name, number)
        yield ["SET", key, number, "PXAT", FAR_MS + number]
    yield ["PEXPIREAT", name + ":hash:small", FAR_MS]
    yield ["PFADD", name + ":hyperloglog", *range(500)]
    yield ["SETBIT", name + ":bits", 100_000, 1]
    yield ["GEOADD", name + ":places", 13.4, 52.5, "Berlin", 2.35, 48.86, "Paris"]


def _strings(name, chosen):
    values = {
        "small": -129,
        "large": 2**62,
        "almost": "00012",
        "short": "hello",
        "empty": "",
        "bytes": bytes(range(256)),
        "random": chosen.randbytes(20_000),
        "repeated": "abc" * 40_000,
    }
    for key, value in values.items():
        yield ["SET", "%s:string:%s" % (name, key), value]


def _lists(name, chosen):
    yield ["RPUSH", name + ":list:small", "a", 1, -70000, 2**40, "b" * 70]
    yield ["RPUSH", name + ":list:nodes", *(chosen.randbytes(100) for _ in range(500))]
    yield ["RPUSH", name + ":list:plain", "x" * 20_000, "y", "z" * 9_000]


def _sets(name, chosen):
    yield ["SADD", name + ":set:16", 1, 2, 30_000]
    yield ["SADD", name + ":set:32", 1, 70_000]
    yield ["SADD", name + ":set:64", -5, 5_000_000_000]
    yield ["SADD", name + ":set:texts", "a", "b", 7]
    yield ["SADD", name + ":set:integers", *chosen.sample(range(10**9), 1000)]
    yield ["SADD", name + ":set:large", *("member %d" % n for n in range(1000))]


def _hashes(name, chosen):
    yield ["HSET", name + ":hash:small", "f", "v", "n", 5, "b", chosen.randbytes(30)]
    pairs = (word for n in range(1000) for word in ("field %d" % n, chosen.randbytes(10)))
    yield ["HSET", name + ":hash:large", *pairs]
    yield ["HSET", name + ":hash:long", "f", "v" * 500]


def _sorted_sets(name, chosen):
    yield ["ZADD", name + ":zset:small", 1, "a", 2.5, "b", "-inf", "c", "1e300", "d"]
    pairs = (word for n in range(1000) for word in (chosen.uniform(-9, 9), "member %d" % n))
    yield ["ZADD", name + ":zset:large", *pairs]
    yield ["ZADD", name + ":zset:ends", "inf", "x" * 100, 0.1, "y"]


def _streams(name):
    key = name + ":stream"
    for number in range(1, 301):
        yield ["XADD", key, "%d-%d" % (number, number % 3), "field", number, "other", "x" * 20]
    yield ["XADD", key, "400-1", "another", "shape"]
    yield ["XDEL", key, "5-2", "6-0"]
    yield ["XGROUP", "CREATE", key, "workers", "10-1"]
    yield ["XGROUP", "CREATE", key, "idle", "$", "ENTRIESREAD", 7]
    yield ["XGROUP", "CREATECONSUMER", key, "workers", "lazy"]
    yield ["XREADGROUP", "GROUP", "workers", "busy", "COUNT", 20, "STREAMS", key, ">"]
    yield ["XREADGROUP", "GROUP", "workers", "other", "COUNT", 5, "STREAMS", key, ">"]
    yield ["XACK", key, "workers", "11-2", "12-0"]
    yield ["XGROUP", "CREATE", name + ":stream:empty", "g", "$", "MKSTREAM"]


_READS = {
    b"string": lambda key: ["GET", key],
    b"list": lambda key: ["LRANGE", key, 0, -1],
    b"set": lambda key: ["SMEMBERS", key],
    b"hash": lambda key: ["HGETALL", key],
    b"zset": lambda key: ["ZRANGE", key, 0, -1, "WITHSCORES"],
    b"stream": lambda key: ["XRANGE", key, "-", "+"],
}


def everything(client):
    """All that a client can see, in a form that two servers can be compared by."""
    seen = {}
    for database in range(16):
        client.call("SELECT", database)
        for item in client.call("KEYS", "*").value:
            key = item.value
            kind = client.call("TYPE", key).value
            value = waiting.values(client.call(*_READS[kind](key)))
            if kind == b"set":
                value = sorted(value)
            elif kind == b"hash":
                value = sorted(zip(value[::2], value[1::2]))
            elif kind == b"zset":
                # Versions write the same score in different ways.
                value = [(member, float(score)) for member, score in zip(value[::2], value[1::2])]
            elif kind == b"stream":
                value = [value, *_stream_details(client, key)]
            expiry = client.call("PEXPIRETIME", key).value
            seen[database, key] = (kind, expiry, value)
    client.call("SELECT", 0)
    libraries = client.call("FUNCTION", "LIST", "WITHCODE")
    seen["functions"] = sorted(map(repr, waiting.values(libraries)))
    seen["digest"] = client.call("DEBUG", "DIGEST").value
    return seen


def _stream_details(client, key):
    """What XINFO tells, without how long ago something was."""
    facts = waiting.values(client.call("XINFO", "STREAM", key))
    facts = dict(zip(facts[::2], facts[1::2]))
    shown = [
        facts[name]
        for name in (b"last-generated-id", b"max-deleted-entry-id", b"entries-added", b"length")
    ]
    groups = []
    for group in waiting.values(client.call("XINFO", "GROUPS", key)):
        group = dict(zip(group[::2], group[1::2]))
        pending = [
            entry[:2] + entry[3:]
            for entry in waiting.values(
                client.call("XPENDING", key, group[b"name"], "-", "+", 1000)
            )
        ]
        consumers = sorted(
            (consumer[1], consumer[3])
            for consumer in waiting.values(
                client.call("XINFO", "CONSUMERS", key, group[b"name"])
            )
        )
        groups.append((sorted(group.items()), pending, consumers))
    return [shown, groups]
