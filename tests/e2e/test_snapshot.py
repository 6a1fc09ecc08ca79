"""A snapshot is the data of one moment, however much is written meanwhile, and Redis reads it."""

import random
import shutil
import tempfile
import threading

import pytest

from support import resp, servers, waiting
from support.info import info

ACCOUNTS = 2000
BALANCE = 1000
WORKERS = 4


def finished(client):
    return info(client, "rdb_bgsave_in_progress") == "0"


def rewritten(client):
    return info(client, "aof_rewrite_in_progress") == "0"


class Transfers:
    """Moves money between accounts in transactions, and makes other noise, until it is stopped."""

    def __init__(self, server):
        self.server = server
        self.stopping = threading.Event()
        self.errors = []
        self.threads = [threading.Thread(target=self._work, args=(n,)) for n in range(WORKERS)]

    def _work(self, number):
        chosen = random.Random(number)
        with self.server.client(timeout=60) as client:
            while not self.stopping.is_set():
                one, other = chosen.sample(range(ACCOUNTS), 2)
                amount = chosen.randrange(100)
                client.send_raw(
                    resp.encode("MULTI")
                    + resp.encode("DECRBY", "account:%d" % one, amount)
                    + resp.encode("INCRBY", "account:%d" % other, amount)
                    + resp.encode("HINCRBY", "table", "f%d" % (one * 5), -amount)
                    + resp.encode("HINCRBY", "table", "f%d" % (other * 5), amount)
                    + resp.encode("EXEC")
                    + resp.encode("SET", "noise:%d" % chosen.randrange(5000), "x" * amount)
                    + resp.encode("DEL", "noise:%d" % chosen.randrange(5000))
                )
                for _ in range(8):
                    reply = client.reply()
                    if reply.kind == "error":
                        self.errors.append(reply.value)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert not self.errors


def prepare(client):
    for start in range(0, ACCOUNTS, 100):
        words = []
        for n in range(start, start + 100):
            words += ["account:%d" % n, BALANCE]
        assert client.call("MSET", *words).value == b"OK"
    # Large enough to be written in slices.
    for start in range(0, ACCOUNTS * 5, 500):
        words = []
        for n in range(start, start + 500):
            words += ["f%d" % n, 7]
        client.call("HSET", "table", *words)


def check_sums(client):
    accounts = client.call("MGET", *["account:%d" % n for n in range(ACCOUNTS)]).value
    assert sum(int(account.value) for account in accounts) == ACCOUNTS * BALANCE
    fields = client.call("HVALS", "table").value
    assert len(fields) == ACCOUNTS * 5
    assert sum(int(field.value) for field in fields) == ACCOUNTS * 5 * 7


def redis_with(dump, *args):
    directory = tempfile.mkdtemp(prefix="duplex-test-")
    shutil.copy(dump, directory + "/dump.rdb")
    return servers.server("redis", *args, directory=directory)


@pytest.fixture(name="duplex")
def fixture_duplex():
    if servers.duplex_path() is None:
        pytest.fail("DUPLEX_SERVER is not set")
    return lambda *args: servers.server(
        "duplex", "--io-threads", "4", "--enable-debug-command", "yes", *args
    )


def test_every_dump_taken_under_transfers_has_all_the_money(duplex):
    with duplex() as server, server.client(timeout=60) as client:
        prepare(client)
        with Transfers(server):
            for _ in range(5):
                before = int(info(client, "rdb_saves"))
                assert client.call("BGSAVE").value == b"Background saving started"
                waiting.until(lambda: finished(client))
                assert int(info(client, "rdb_saves")) == before + 1
                redis = redis_with(server.dir / "dump.rdb")
                with redis as other, other.client(timeout=60) as reader:
                    check_sums(reader)


def test_the_cut_is_where_bgsave_stands(duplex):
    with duplex() as server, server.client(timeout=60) as client:
        prepare(client)
        client.send_raw(
            resp.encode("SET", "order", "before")
            + resp.encode("BGSAVE")
            + resp.encode("SET", "order", "after")
            + resp.encode("HSET", "table", "f0", "after")
            + resp.encode("SET", "new", "after")
            + resp.encode("DEL", "account:0")
        )
        for _ in range(6):
            assert client.reply().kind != "error"
        waiting.until(lambda: finished(client))
        redis = redis_with(server.dir / "dump.rdb")
        with redis as other, other.client() as reader:
            assert reader.call("GET", "order").value == b"before"
            assert reader.call("EXISTS", "new").value == 0
            check_sums(reader)


def test_flushall_and_swapdb_do_not_reach_the_snapshot(duplex):
    with duplex() as server, server.client(timeout=60) as client:
        prepare(client)
        client.send_raw(
            resp.encode("BGSAVE") + resp.encode("SWAPDB", 0, 1) + resp.encode("FLUSHALL")
        )
        for _ in range(3):
            assert client.reply().kind != "error"
        waiting.until(lambda: finished(client))
        redis = redis_with(server.dir / "dump.rdb")
        with redis as other, other.client() as reader:
            check_sums(reader)
        assert client.call("DBSIZE").value == 0


def test_a_rewrite_under_transfers_loses_nothing(duplex):
    with duplex("--appendonly", "yes") as server:
        with server.client(timeout=60) as client:
            prepare(client)
            with Transfers(server):
                for _ in range(3):
                    assert client.call("BGREWRITEAOF").kind == "status"
                    waiting.until(lambda: rewritten(client))
                    assert info(client, "aof_last_bgrewrite_status") == "ok"
            assert info(client, "aof_rewrites") == "3"
            check_sums(client)
            digest = client.call("DEBUG", "DIGEST").value
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert client.call("DEBUG", "DIGEST").value == digest
        server.kill()
        files = sorted(path.name for path in (server.dir / "appendonlydir").iterdir())
        assert files == [
            "appendonly.aof.3.base.rdb",
            "appendonly.aof.4.incr.aof",
            "appendonly.aof.manifest",
        ]
        redis = servers.server(
            "redis",
            "--appendonly",
            "yes",
            "--enable-debug-command",
            "yes",
            directory=server.dir,
        )
        with redis as other, other.client(timeout=60) as reader:
            assert reader.call("DEBUG", "DIGEST").value == digest


def test_shutdown_save_keeps_everything(duplex):
    with duplex() as server:
        with server.client(timeout=60) as client:
            prepare(client)
            digest = client.call("DEBUG", "DIGEST").value
            client.send("SHUTDOWN", "SAVE")
            waiting.until(lambda: not server.is_running())
        server.start()
        with server.client(timeout=60) as client:
            assert client.call("DEBUG", "DIGEST").value == digest


def test_a_save_point_saves(duplex):
    with duplex("--save", "1 10") as server, server.client() as client:
        for n in range(20):
            client.call("SET", n, n)
        waiting.until(lambda: info(client, "rdb_saves") != "0")
        assert info(client, "rdb_changes_since_last_save") == "0"
        assert (server.dir / "dump.rdb").exists()


def test_a_failing_snapshot_refuses_writes_until_one_succeeds(duplex):
    with duplex("--save", "3600 100000") as server, server.client() as client:
        client.call("SET", "k", "v")
        # No file can take the name of a directory.
        (server.dir / "dump.rdb").mkdir()
        assert client.call("SAVE").kind == "error"
        assert info(client, "rdb_last_bgsave_status") == "err"
        refusal = client.call("SET", "k", "w")
        assert refusal.value.startswith(b"MISCONF Redis is configured to save RDB snapshots")
        assert client.call("GET", "k").value == b"v"
        assert not list(server.dir.glob("temp-*"))
        client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        assert client.call("SET", "k", "w").value == b"OK"
        client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
        assert client.call("SET", "k", "w").kind == "error"
        (server.dir / "dump.rdb").rmdir()
        assert client.call("SAVE").value == b"OK"
        assert client.call("SET", "k", "x").value == b"OK"


def test_appendonly_takes_a_snapshot_over_that_has_no_log_beside_it(duplex):
    with duplex() as server:
        with server.client(timeout=60) as client:
            prepare(client)
            digest = client.call("DEBUG", "DIGEST").value
            assert client.call("SAVE").value == b"OK"
        server.kill()
        server.args += ["--appendonly", "yes"]
        for _ in range(2):
            server.start()
            with server.client(timeout=60) as client:
                assert client.call("DEBUG", "DIGEST").value == digest
            server.kill()
            (server.dir / "dump.rdb").unlink(missing_ok=True)
