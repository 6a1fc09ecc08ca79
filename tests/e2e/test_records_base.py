"""A base of records, aof-use-rdb-preamble no: every type, and redis-server reads it."""

import random
import shutil
import tempfile

import pytest

from support import servers, waiting
from support.info import info

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

FUTURE_MS = 4102444800000
ARGUMENTS = ["--appendonly", "yes", "--enable-debug-command", "yes"]
RECORDS = ["--aof-use-rdb-preamble", "no"]


def rewrite(client):
    before = int(info(client, "aof_rewrites"))
    assert client.call("BGREWRITEAOF").kind == "status"
    waiting.until(lambda: int(info(client, "aof_rewrites")) > before)


def checked(client, *words):
    reply = client.call(*words)
    assert reply.kind != "error", (words[:3], reply.value)
    return reply


def fill(client):
    """Values of every type, small and large, in two databases."""
    chosen = random.Random(7)
    for database in (0, 5):
        checked(client, "SELECT", database)
        checked(client, "SET", "text", b"\x00\xff binary \r\n")
        checked(client, "SET", "empty", "")
        checked(client, "SET", "number", -(2**63))
        checked(client, "SET", "long", b"z\r\n" * 400000)
        checked(client, "SET", "ends", "x", "PXAT", FUTURE_MS)
        checked(client, "APPEND", "grown", "abc")
        for size, name in ((3, "small"), (300, "middle"), (9000, "large")):
            for start in range(0, size, 500):
                part = range(start, min(size, start + 500))
                checked(client, "RPUSH", "list:" + name, *["item %d" % i for i in part])
                checked(client, "SADD", "ints:" + name, *part)
                checked(client, "SADD", "set:" + name, *["m%d" % i for i in part])
                words = []
                for i in part:
                    words += [repr(chosen.uniform(-1e6, 1e6)), "m%d" % i]
                checked(client, "ZADD", "zset:" + name, *words)
                words = []
                for i in part:
                    words += ["f%d" % i, "v" * (i % 90)]
                checked(client, "HSET", "hash:" + name, *words)
            checked(client, "PEXPIREAT", "zset:" + name, FUTURE_MS)
        checked(client, "ZADD", "zset:small", "inf", "highest", "-inf", "lowest", "0.1", "tenth")
        checked(client, "RPUSH", "list:plain", "p" * 300000, "q", "r" * 20000)
        for n in range(1, 3001):
            checked(client, "XADD", "stream", "%d-1" % n, "f", n, "other", "x" * (n % 50))
        checked(client, "XDEL", "stream", "17-1", "3000-1")
        checked(client, "XGROUP", "CREATE", "stream", "g1", "0")
        checked(client, "XGROUP", "CREATE", "stream", "g2", "$", "ENTRIESREAD", 5)
        checked(client, "XGROUP", "CREATECONSUMER", "stream", "g1", "idle")
        for consumer in ("alice", "bob"):
            words = ["GROUP", "g1", consumer, "COUNT", 200, "STREAMS", "stream", ">"]
            checked(client, "XREADGROUP", *words)
        checked(client, "XCLAIM", "stream", "g1", "bob", 0, "5-1", "6-1", "RETRYCOUNT", 9)
        checked(client, "XGROUP", "CREATE", "nothing", "g", "$", "MKSTREAM")
        checked(client, "XADD", "gone", "9-9", "a", "b")
        checked(client, "XDEL", "gone", "9-9")
    checked(client, "SELECT", 0)
    checked(
        client,
        "FUNCTION",
        "LOAD",
        "#!lua name=lib\nredis.register_function('f', function() return 7 end)",
    )


def base_of(server):
    (base,) = (server.dir / "appendonlydir").glob("*.base.*")
    return base


def stream_facts(client, key):
    """What the digest does not cover."""
    groups = waiting.values(client.call("XINFO", "GROUPS", key))
    known = [groups]
    for group in groups:
        consumers = waiting.values(client.call("XINFO", "CONSUMERS", key, group[1]))
        known.append([consumer[:4] for consumer in consumers])
        pending = waiting.values(client.call("XPENDING", key, group[1], "-", "+", 1000))
        # Without the time that has passed.
        known.append([[entry[0], entry[1], entry[3]] for entry in pending])
    full = waiting.values(client.call("XINFO", "STREAM", key))
    wanted = (b"length", b"last-generated-id", b"max-deleted-entry-id", b"entries-added")
    known.append([full[full.index(name) + 1] for name in wanted])
    return known


def facts(client):
    return [
        client.call("DEBUG", "DIGEST").value,
        stream_facts(client, "stream"),
        stream_facts(client, "nothing"),
        client.call("PEXPIRETIME", "ends").value,
        client.call("PEXPIRETIME", "zset:large").value,
        client.call("FCALL", "f", 0).value,
    ]


@pytest.mark.parametrize("reader", ["redis", "duplex"])
def test_a_base_of_records_is_read_by_both(reader):
    with servers.server("duplex", *ARGUMENTS, *RECORDS) as server:
        with server.client(timeout=60) as client:
            fill(client)
            rewrite(client)
            expected = facts(client)
            client.call("SET", "behind", "the base")
            client.call("DEL", "behind")
        base = base_of(server)
        assert base.name == "appendonly.aof.1.base.aof"
        assert base.read_bytes().startswith(b"*3\r\n$8\r\nFUNCTION\r\n")
        server.kill()
        copy = tempfile.mkdtemp(prefix="duplex-test-")
        shutil.copytree(server.dir / "appendonlydir", copy + "/appendonlydir")
        with servers.server(reader, *ARGUMENTS, directory=copy) as other:
            with other.client(timeout=60) as client:
                assert facts(client) == expected
        shutil.rmtree(copy)


def test_what_redis_writes_without_a_preamble_is_read():
    with servers.server("redis", *ARGUMENTS, *RECORDS) as server:
        with server.client(timeout=60) as client:
            fill(client)
            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(
                lambda: info(client, "aof_rewrite_in_progress") == "0"
                and base_of(server).name.endswith(".base.aof")
                and base_of(server).stat().st_size > 0
            )
            expected = facts(client)
        server.kill()
        copy = tempfile.mkdtemp(prefix="duplex-test-")
        shutil.copytree(server.dir / "appendonlydir", copy + "/appendonlydir")
        with servers.server("duplex", *ARGUMENTS, directory=copy) as other:
            with other.client(timeout=60) as client:
                assert facts(client) == expected
        shutil.rmtree(copy)


def test_times_of_fields_stand_in_a_base_of_records():
    with servers.server("duplex", *ARGUMENTS, *RECORDS) as server:
        with server.client(timeout=60) as client:
            for n in range(5000):
                checked(client, "HSET", "h", "f%d" % n, n)
            checked(client, "HPEXPIREAT", "h", FUTURE_MS + 5, "FIELDS", 2, "f1", "f4999")
            rewrite(client)
            expected = client.call("DEBUG", "DIGEST").value
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert client.call("DEBUG", "DIGEST").value == expected
            times = client.call("HPEXPIRETIME", "h", "FIELDS", 3, "f1", "f2", "f4999").value
            assert [item.value for item in times] == [FUTURE_MS + 5, -1, FUTURE_MS + 5]


def test_the_form_of_the_base_is_changed_by_the_next_rewrite():
    with servers.server("duplex", *ARGUMENTS, *RECORDS) as server:
        with server.client(timeout=60) as client:
            client.call("SET", "k", "v")
            rewrite(client)
            assert base_of(server).name == "appendonly.aof.1.base.aof"
            client.call("CONFIG", "SET", "aof-use-rdb-preamble", "yes")
            rewrite(client)
            waiting.until(
                lambda: len(list((server.dir / "appendonlydir").glob("*.base.*"))) == 1
            )
            assert base_of(server).name == "appendonly.aof.2.base.rdb"
        server.kill()
        server.start()
        with server.client() as client:
            assert client.call("GET", "k").value == b"v"


@pytest.mark.parametrize("reader", ["redis", "duplex"])
def test_lines_with_the_time_are_written_and_skipped(reader):
    arguments = [*ARGUMENTS, *RECORDS, "--aof-timestamp-enabled", "yes"]
    with servers.server("duplex", *arguments) as server:
        with server.client(timeout=60) as client:
            client.call("SET", "k", "v")
            rewrite(client)
            now = int(client.call("TIME").value[0].value)
            client.call("SET", "k", "w")
            expected = client.call("DEBUG", "DIGEST").value
        for path in (server.dir / "appendonlydir").glob("*.aof"):
            times = [line for line in path.read_bytes().split(b"\r\n") if line.startswith(b"#TS:")]
            assert len(times) in (1, 2)
            assert abs(int(times[0][4:]) - now) < 100
        server.kill()
        copy = tempfile.mkdtemp(prefix="duplex-test-")
        shutil.copytree(server.dir / "appendonlydir", copy + "/appendonlydir")
        with servers.server(reader, *ARGUMENTS, directory=copy) as other:
            with other.client(timeout=60) as client:
                assert client.call("DEBUG", "DIGEST").value == expected
        shutil.rmtree(copy)
