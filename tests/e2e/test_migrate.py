"""MIGRATE between servers of both kinds, and towards targets that answer late, wrongly or never."""

import contextlib
import random
import socket
import threading
import time

import pytest

from support import resp, servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

MADE = [
    ("SET", "string", "text"),
    ("RPUSH", "list", *range(300)),
    ("SADD", "set", "a", "b"),
    ("ZADD", "zset", "1", "a", "2.5", "b"),
    ("HSET", "hash", "f", "v"),
    ("XADD", "stream", "1-1", "f", "v"),
    ("SET", "ending", "v", "PX", "1000000"),
    ("SET", "large", random.Random(1).randbytes(3_000_000)),
]
KEYS = [made[1] for made in MADE]
DEBUG = "--enable-debug-command", "yes"


@pytest.fixture(scope="module")
def source():
    with servers.server("duplex", *DEBUG) as running:
        yield running


@pytest.fixture(params=["redis", "duplex"])
def target(request):
    with servers.server(request.param, *DEBUG, "--requirepass", "pw") as running:
        yield running


@pytest.fixture
def client(source):
    with source.client() as connection:
        connection.call("FLUSHALL")
        yield connection


def connect(server):
    connection = server.client()
    connection.call("AUTH", "pw")
    return connection


def migrate(client, port, key, *options, timeout=5000, database=0):
    return client.call("MIGRATE", "127.0.0.1", port, key, database, timeout, *options)


def test_every_type_arrives(client, target):
    for command in MADE:
        client.call(*command)
    before = client.call("DEBUG", "DIGEST-VALUE", *KEYS)
    there = connect(target)
    for key in KEYS:
        assert migrate(client, target.port, key, "AUTH", "pw").value == b"OK"
    assert there.call("DEBUG", "DIGEST-VALUE", *KEYS) == before
    assert 900000 < there.call("PTTL", "ending").value <= 1000000
    assert client.call("DBSIZE").value == 0
    assert there.call("DBSIZE").value == len(KEYS)


def test_many_keys_copies_and_replacements(client, target):
    there = connect(target)
    client.call("MSET", "a", 1, "b", 2, "c", 3)
    auth = ("AUTH2", "default", "pw")
    assert migrate(client, target.port, "", "COPY", *auth, "KEYS", "a", "b").value == b"OK"
    assert client.call("DBSIZE").value == 3
    reply = migrate(client, target.port, "", *auth, "KEYS", "a", "c", "none")
    assert reply.value == (
        b"ERR Target instance replied with error: BUSYKEY Target key name already exists."
    )
    # What the target has taken has gone, in spite of the error.
    assert sorted(item.value for item in client.call("KEYS", "*").value) == [b"a", b"b"]
    client.call("SET", "a", "new")
    reply = migrate(client, target.port, "", "REPLACE", *auth, "KEYS", "a", "b", database=0)
    assert reply.value == b"OK"
    assert there.call("GET", "a").value == b"new"
    assert client.call("DBSIZE").value == 0


def test_a_target_that_refuses(client, target):
    client.call("SET", "a", 1)
    for options, start in [
        ((), b"ERR Target instance replied with error: NOAUTH"),
        (("AUTH", "bad"), b"ERR Target instance replied with error: WRONGPASS"),
    ]:
        assert migrate(client, target.port, "a", *options).value.startswith(start)
    reply = migrate(client, target.port, "a", "AUTH", "pw", database=999)
    assert reply.value == b"ERR Target instance replied with error: ERR DB index is out of range"
    assert client.call("GET", "a").value == b"1"
    assert connect(target).call("DBSIZE").value == 0


@contextlib.contextmanager
def false_target(answer):
    """A target that reads until SELECT and RESTORE are there, and then does what `answer` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


READING = b"IOERR error or timeout reading to target instance"


@pytest.mark.parametrize(
    "sent, expected",
    [
        (b"", READING),
        (b"+OK\r\n", READING),
        (b"+OK\r\n+O", READING),
        (b"\r\n", b"ERR Target instance replied with error: "),
        (b"+OK\r\n$2\r\nOK\r\n", b"ERR Target instance replied with error: 2"),
        (b"+OK\r\n-\r\n", b"ERR Target instance replied with error: "),
        (b"+OK\r\n+OKAY\r\n", b"ERR Target instance replied with error: OKAY"),
        (b"x" * 100000, READING),
    ],
    ids=["nothing", "half", "broken", "empty", "bulk", "error", "other", "endless"],
)
def test_a_target_that_answers_wrongly(client, sent, expected):
    def answer(connection):
        connection.recv(100)
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    client.call("SET", "a", 1)
    with false_target(answer) as port:
        assert migrate(client, port, "a").value == expected
    assert client.call("GET", "a").value == b"1"


def test_a_slow_target_makes_nobody_else_wait(client, source):
    """One that never answers: others go on, a change is noticed, the timeout ends it."""
    over = threading.Event()
    client.call("SET", "a", 1)
    with false_target(lambda connection: over.wait(20)) as port, source.client() as other:
        started = time.monotonic()
        client.send("MIGRATE", "127.0.0.1", port, "a", 0, 700)
        for number in range(100):
            assert other.call("SET", "a", number).value == b"OK"
        assert time.monotonic() - started < 0.6
        assert client.reply().value == READING
        assert time.monotonic() - started >= 0.7
        over.set()
    assert client.call("GET", "a").value == b"99"
    assert client.call("PING").value == b"PONG"


def test_a_key_that_changes_on_its_way_stays(client, source):
    changed = threading.Event()

    def answer(connection):
        connection.recv(100)
        connection.sendall(b"+OK\r\n")
        connection.recv(1000)
        changed.wait(20)
        connection.sendall(b"+OK\r\n")

    client.call("SET", "a", 1)
    with false_target(answer) as port, source.client() as other:
        client.send("MIGRATE", "127.0.0.1", port, "a", 0, 5000)
        while b"blocked_clients:1\r\n" not in other.call("INFO", "clients").value:
            pass
        other.call("INCR", "a")
        changed.set()
        assert client.reply().value.startswith(b"TRYAGAIN ")
    assert client.call("GET", "a").value == b"2"


def test_no_increment_is_lost_on_the_way():
    """A key that is counted up all the time is moved again and again."""
    end = time.monotonic() + 2
    done = [0] * 4
    with (
        servers.server("duplex", "--io-threads", "4") as source,
        servers.server("redis") as target,
    ):

        def count(number):
            with source.client() as client:
                while time.monotonic() < end:
                    client.call("INCR", "n")
                    done[number] += 1
                    time.sleep(0.0005)

        threads = [threading.Thread(target=count, args=(number,)) for number in range(len(done))]
        for thread in threads:
            thread.start()
        moved = 0
        outcomes = set()
        with source.client() as client, target.client() as there:
            while any(thread.is_alive() for thread in threads):
                reply = migrate(client, target.port, "n")
                outcomes.add(reply.value.split()[0])
                arrived = there.call("GETDEL", "n").value
                # After TRYAGAIN the target has an older value, which still is counted here.
                if reply.value == b"OK":
                    moved += int(arrived)
            rest = int(client.call("GET", "n").value or 0)
        for thread in threads:
            thread.join()
        assert moved + rest == sum(done)
        assert outcomes <= {b"OK", b"TRYAGAIN", b"NOKEY"}
        assert b"OK" in outcomes


def test_no_such_host_and_no_such_port(client):
    client.call("SET", "a", 1)
    reply = client.call("MIGRATE", "no-such-host.invalid", 6379, "a", 0, 5000)
    assert reply.value == b"IOERR error or timeout connecting to the client"
    reply = migrate(client, servers.free_port(), "a")
    assert reply.value == b"IOERR error or timeout writing to target instance"
    assert client.call("GET", "a").value == b"1"


def test_a_client_that_leaves_leaves_its_key(client, source):
    over = threading.Event()
    client.call("SET", "a", 1)
    with false_target(lambda connection: over.wait(20)) as port:
        with source.client() as leaving:
            leaving.send("MIGRATE", "127.0.0.1", port, "a", 0, 5000)
            while b"blocked_clients:1\r\n" not in client.call("INFO", "clients").value:
                pass
        while b"blocked_clients:0\r\n" not in client.call("INFO", "clients").value:
            pass
        over.set()
    assert client.call("GET", "a").value == b"1"


def test_the_log_says_what_has_gone(tmp_path):
    directory = str(tmp_path)
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with servers.server("redis") as target:
        with servers.server("duplex", *options, directory=directory) as running:
            with running.client() as client:
                client.call("MSET", "a", 1, "b", 2)
                assert migrate(client, target.port, "a").value == b"OK"
        with servers.server("duplex", *options, directory=directory) as running:
            with running.client() as client:
                assert client.call("MGET", "a", "b") == resp.Reply(
                    "array", [resp.Reply("nil", None), resp.Reply("bulk", b"2")]
                )
