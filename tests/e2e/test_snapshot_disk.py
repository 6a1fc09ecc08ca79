"""A disk that becomes full under a snapshot or a rewrite: what was there stays, and it heals."""

import random
import shutil

import pytest

from support import servers, waiting
from support.info import info
from support.small_disk import mounted

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

KEYS = 40
VALUE_BYTES = 25_000


@pytest.fixture(name="small_disk")
def fixture_small_disk(tmp_path):
    """A folder on a file system of four megabytes."""
    with mounted(tmp_path / "disk", 4) as folder:
        yield folder


def fill(client, seed):
    """About a megabyte that nothing makes smaller."""
    chosen = random.Random(seed)
    for number in range(KEYS):
        value = chosen.randbytes(VALUE_BYTES)
        assert client.call("SET", "key:%d" % number, value).value == b"OK"


def leave_free(folder, size):
    """Fills the disk but for `size` bytes."""
    filler = folder / "filler"
    filler.write_bytes(b"")
    filler.write_bytes(b"\0" * (shutil.disk_usage(folder).free - size))
    return filler


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("server.log", "filler")
    }


def digest(client):
    return client.call("DEBUG", "DIGEST").value


@pytest.mark.parametrize("command", ["BGSAVE", "SAVE"])
def test_a_snapshot(small_disk, command):
    options = ("--enable-debug-command", "yes")
    with servers.server("duplex", *options, directory=small_disk) as server:
        with server.client(timeout=60) as client:
            fill(client, seed=1)
            first = digest(client)
            assert client.call("SAVE").value == b"OK"
            before = contents(small_disk)
            fill(client, seed=2)
            filler = leave_free(small_disk, 300_000)

            client.call(command)
            waiting.until(lambda: info(client, "rdb_bgsave_in_progress") == "0")

            assert info(client, "rdb_last_bgsave_status") == "err"
            assert "No space left on device" in server.log_end()
            assert contents(small_disk) == before
            # Nobody asked for snapshots in the configuration, so that writes go on.
            assert client.call("SET", "more", "x").value == b"OK"
            second = digest(client)
            filler.unlink()
            client.call(command)
            waiting.until(lambda: info(client, "rdb_bgsave_in_progress") == "0")
            assert info(client, "rdb_last_bgsave_status") == "ok"
        server.kill()
        after = contents(small_disk)
        server.start()
        with server.client(timeout=60) as client:
            assert digest(client) == second
        server.kill()
        # What was there before is a whole snapshot, too.
        assert list(after) == list(before) == ["dump.rdb"]
        (small_disk / "dump.rdb").write_bytes(before["dump.rdb"])
        server.start()
        with server.client(timeout=60) as client:
            assert digest(client) == first


def test_a_rewrite(small_disk):
    options = ["--appendonly", "yes", "--enable-debug-command", "yes"]
    options += ["--auto-aof-rewrite-percentage", "0"]
    with servers.server("duplex", *options, directory=small_disk) as server:
        with server.client(timeout=60) as client:
            fill(client, seed=1)
            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(lambda: info(client, "aof_rewrites") == "1")
            fill(client, seed=2)
            before = contents(small_disk)
            filler = leave_free(small_disk, 300_000)

            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "err")
            waiting.until(lambda: info(client, "aof_rewrite_in_progress") == "0")

            assert "No space left on device" in server.log_end()
            after = contents(small_disk)
            manifest = "appendonlydir/appendonly.aof.manifest"
            assert {name: after[name] for name in before if name != manifest} == {
                name: before[name] for name in before if name != manifest
            }
            assert not [name for name in after if "temp" in name]
            # The log of what happened meanwhile had its space again when the attempt was over.
            waiting.until(lambda: client.call("SET", "more", "x").kind != "error")
            assert info(client, "aof_last_write_status") == "ok"
            digest_before_the_end = digest(client)
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert digest(client) == digest_before_the_end
            filler.unlink()
            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(lambda: info(client, "aof_rewrites") == "1")
            assert info(client, "aof_last_bgrewrite_status") == "ok"
            client.call("SET", "last", "x")
            last = digest(client)
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert digest(client) == last


def test_a_rewrite_succeeds_without_a_restart_when_there_is_space_again(small_disk):
    options = ["--appendonly", "yes", "--enable-debug-command", "yes"]
    options += ["--auto-aof-rewrite-percentage", "0"]
    with servers.server("duplex", *options, directory=small_disk) as server:
        with server.client(timeout=60) as client:
            fill(client, seed=1)
            filler = leave_free(small_disk, 300_000)
            for _ in range(3):
                assert client.call("BGREWRITEAOF").kind == "status"
                waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "err")
                waiting.until(lambda: info(client, "aof_rewrite_in_progress") == "0")
            assert info(client, "aof_rewrites") == "0"
            filler.unlink()
            assert client.call("BGREWRITEAOF").kind == "status"
            waiting.until(lambda: info(client, "aof_rewrites") == "1")
            waiting.until(lambda: client.call("SET", "more", "x").kind != "error")
            last = digest(client)
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert digest(client) == last
