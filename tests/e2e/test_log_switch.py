"""CONFIG SET appendonly while the server runs, and BGREWRITEAOF without a log."""

import shutil
import tempfile
import threading

import pytest

from support import resp, servers, waiting
from support.info import info

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

KEYS = 3000


def fill(client, prefix="key"):
    words = []
    for n in range(KEYS):
        words += ["%s:%d" % (prefix, n), n]
    assert client.call("MSET", *words).value == b"OK"
    client.call("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('f', "
                "function() return 7 end)")


def rewritten(client):
    return info(client, "aof_rewrite_in_progress") == "0"


def turn_on(client, server):
    lines = server.log.read_text().count("The append only file is on")
    assert client.call("CONFIG", "SET", "appendonly", "yes").value == b"OK"
    assert info(client, "aof_enabled") == "1"
    waiting.until(lambda: server.log.read_text().count("The append only file is on") > lines)


def turn_off(client, server):
    lines = server.log.read_text().count("The append only file is off")
    assert client.call("CONFIG", "SET", "appendonly", "no").value == b"OK"
    assert info(client, "aof_enabled") == "0"
    waiting.until(lambda: server.log.read_text().count("The append only file is off") > lines)


def files(server):
    return sorted(path.name for path in (server.dir / "appendonlydir").iterdir())


def digest(client):
    return client.call("DEBUG", "DIGEST").value


def duplex(*args, **options):
    return servers.server("duplex", "--enable-debug-command", "yes", *args, **options)


def check_restart(server, expected):
    """Both servers find in the log what there was."""
    server.kill()
    copy = tempfile.mkdtemp(prefix="duplex-test-")
    shutil.copytree(server.dir / "appendonlydir", copy + "/appendonlydir")
    for kind in ("redis", "duplex"):
        arguments = ["--appendonly", "yes", "--enable-debug-command", "yes"]
        with servers.server(kind, *arguments, directory=copy) as other, other.client() as reader:
            assert digest(reader) == expected
            assert reader.call("FCALL", "f", 0).value == 7


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
def test_a_log_that_is_turned_on_holds_what_was_there_and_what_comes(fsync):
    with duplex("--appendfsync", fsync) as server:
        with server.client(timeout=60) as client:
            fill(client)
            turn_on(client, server)
            assert info(client, "aof_rewrites") == "1"
            assert info(client, "aof_last_bgrewrite_status") == "ok"
            client.call("SET", "later", "x")
            client.call("DEL", "key:0")
            expected = digest(client)
        check_restart(server, expected)


def test_a_log_that_is_turned_off_stays_and_is_replaced_when_it_is_turned_on_again():
    with duplex("--appendonly", "yes", "--appendfsync", "always") as server:
        with server.client(timeout=60) as client:
            fill(client)
            turn_off(client, server)
            left = files(server)
            assert left == ["appendonly.aof.1.incr.aof", "appendonly.aof.manifest"]
            size = (server.dir / "appendonlydir" / left[0]).stat().st_size
            client.call("SET", "between", "x")
            assert (server.dir / "appendonlydir" / left[0]).stat().st_size == size
            assert client.call("CONFIG", "GET", "appendonly").value[1].value == b"no"
            turn_on(client, server)
            waiting.until(lambda: len(files(server)) == 3)
            assert files(server) == [
                "appendonly.aof.1.base.rdb",
                "appendonly.aof.2.incr.aof",
                "appendonly.aof.manifest",
            ]
            for n in range(3):
                client.call("SET", "after", n)
                turn_off(client, server)
                turn_on(client, server)
            client.call("SET", "after", "last")
            expected = digest(client)
        check_restart(server, expected)


def test_config_rewrite_keeps_the_log_on():
    with duplex(config="appendonly no\n") as server:
        server.args += ["--appendonly", "no"]
        with server.client(timeout=60) as client:
            fill(client)
            turn_on(client, server)
            assert client.call("CONFIG", "REWRITE").value == b"OK"
        assert "appendonly yes" in server.config_file.read_text().splitlines()


class Counters:
    """Clients that count in transactions while others do something else."""

    def __init__(self, server):
        self.acknowledged = [0] * 3
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(server, n)) for n in range(3)
        ]

    def _work(self, server, number):
        try:
            with server.client(timeout=60) as client:
                while not self._stopping.is_set():
                    client.send_raw(
                        resp.encode("MULTI")
                        + resp.encode("INCR", "one:%d" % number)
                        + resp.encode("INCR", "two:%d" % number)
                        + resp.encode("EXEC")
                    )
                    reply = [client.reply() for _ in range(4)][3]
                    assert reply.kind == "array", reply
                    self.acknowledged[number] = reply.value[0].value
        except (resp.ConnectionClosed, ConnectionError):
            pass

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def check(self, client, least):
        """Everything is there that was acknowledged, and nothing is by halves."""
        for number, count in enumerate(self.acknowledged):
            one = int(client.call("GET", "one:%d" % number).value or 0)
            two = int(client.call("GET", "two:%d" % number).value or 0)
            assert one == two
            assert one <= count + 1
            if least:
                assert one >= count


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_turning_on_and_off_under_writes_loses_nothing(fsync):
    with duplex("--appendfsync", fsync, "--io-threads", "3") as server:
        with server.client(timeout=60) as client:
            fill(client)
            with Counters(server) as counters:
                for _ in range(5):
                    turn_on(client, server)
                    client.call("SET", "on", "x")
                    turn_off(client, server)
                turn_on(client, server)
            assert min(counters.acknowledged) > 0
            expected = digest(client)
        check_restart(server, expected)


# Before the manifest has the log, a restart finds what there was before it was turned on: the
# snapshot. From then on it finds everything.
BEFORE = [
    "log-increment-created",
    "increment-switched",
    "snapshot-write",
    "snapshot-synced",
    "snapshot-before-rename",
    "snapshot-after-rename",
    "log-before-installed",
    "file-before-replaced",
]
BEHIND = ["file-replaced", "log-confirmed"]


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
@pytest.mark.parametrize("point", BEFORE + BEHIND)
def test_a_crash_while_the_log_is_turned_on(point, fsync, monkeypatch):
    # The snapshot that is made first passes those points as well.
    passes = {"snapshot-write": 3}.get(point, 2 if point.startswith("snapshot-") else 1)
    monkeypatch.setenv("DUPLEX_CRASH_AT", "%s:%d" % (point, passes))
    with duplex("--appendfsync", fsync) as server:
        with server.client(timeout=60) as client:
            fill(client)
            assert client.call("SAVE").value == b"OK"
            with Counters(server) as counters:
                client.send("CONFIG", "SET", "appendonly", "yes")
                waiting.until(lambda: not server.is_running())
        monkeypatch.delenv("DUPLEX_CRASH_AT")
        server.kill()
        for _ in range(2):
            server.args += ["--appendonly", "yes"]
            server.start()
            with server.client(timeout=60) as client:
                for n in (0, KEYS - 1):
                    assert client.call("GET", "key:%d" % n).value == b"%d" % n
                counters.check(client, point in BEHIND)
                assert client.call("BGREWRITEAOF").kind == "status"
                waiting.until(lambda: info(client, "aof_rewrites") == "1")
            server.kill()


@pytest.mark.parametrize("point", ["log-before-closed", "log-closed"])
def test_a_crash_while_the_log_is_turned_off(point, monkeypatch):
    monkeypatch.setenv("DUPLEX_CRASH_AT", point)
    with duplex("--appendonly", "yes", "--appendfsync", "always") as server:
        with server.client(timeout=60) as client:
            fill(client)
            for n in range(100):
                client.call("SET", "counted", n)
            client.send("CONFIG", "SET", "appendonly", "no")
            waiting.until(lambda: not server.is_running())
        monkeypatch.delenv("DUPLEX_CRASH_AT")
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert client.call("GET", "counted").value == b"99"
            assert client.call("DBSIZE").value == KEYS + 1


def test_a_first_base_that_fails_is_tried_again_and_nobody_waits_for_it():
    with duplex() as server:
        with server.client(timeout=60) as client:
            fill(client)
            # No file can take the name of a directory.
            (server.dir / "appendonlydir" / "appendonly.aof.1.base.rdb" / "x").mkdir(parents=True)
            assert client.call("CONFIG", "SET", "appendonly", "yes").value == b"OK"
            waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "err")
            assert info(client, "aof_enabled") == "1"
            assert client.call("SET", "k", "v").value == b"OK"
            assert files(server) == ["appendonly.aof.1.base.rdb"]
            shutil.rmtree(server.dir / "appendonlydir" / "appendonly.aof.1.base.rdb")
            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "ok")
            expected = digest(client)
        check_restart(server, expected)


def test_a_log_that_cannot_begin_is_refused():
    with duplex() as server, server.client() as client:
        (server.dir / "appendonlydir").write_text("a file")
        reply = client.call("CONFIG", "SET", "appendonly", "yes")
        assert reply.value == (
            b"ERR CONFIG SET failed (possibly related to argument 'appendonly') - "
            b"Unable to turn on AOF. Check server logs."
        )
        assert client.call("CONFIG", "GET", "appendonly").value[1].value == b"no"
        assert "append-only dir" in server.log_end()


@pytest.mark.parametrize("kind", ["redis", "duplex"])
def test_bgrewriteaof_without_a_log_leaves_a_base(kind):
    with servers.server(kind, "--enable-debug-command", "yes") as server:
        with server.client(timeout=60) as client:
            fill(client)
            for n in range(1, 3):
                reply = client.call("BGREWRITEAOF")
                assert reply.value == b"Background append only file rewriting started"
                name = "appendonly.aof.%d.base.rdb" % n
                waiting.until(
                    lambda name=name: rewritten(client)
                    and files(server) == [name, "appendonly.aof.manifest"]
                )
                manifest = (server.dir / "appendonlydir" / "appendonly.aof.manifest").read_text()
                assert manifest == "file %s seq %d type b\n" % (name, n)
            assert info(client, "aof_enabled") == "0"
            expected = digest(client)
        check_restart(server, expected)

