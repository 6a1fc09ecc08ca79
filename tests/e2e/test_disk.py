"""A disk that is full: writes are refused, reads go on, and it passes without a restart."""

import resource
import time
import urllib.request

import pytest

from support import resp, servers
from support.info import info
from support.small_disk import mounted

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

VALUE = "x" * 4096


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of two megabytes."""
    with mounted(tmp_path / "disk", 2) as folder:
        yield folder


def wait_for_info(client, field, is_reached, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_reached(info(client, field)):
        assert time.monotonic() < deadline, f"{field} is {info(client, field)}"


def wait_for_writes(client, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        reply = client.call("SET", "after", "space")
        if reply.kind != "error":
            return
        assert reply.value.startswith(b"MISCONF")
        assert time.monotonic() < deadline, "writes are still refused"
        time.sleep(0.05)


def answered_before_the_disk_is_full(writer, watcher):
    """Whether the write that was sent is acknowledged; if not, the log has failed under it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            assert writer.read(0.05).value == b"OK"
            return True
        except resp.NoReply:
            if info(watcher, "aof_last_write_status") == "err":
                return False
            assert time.monotonic() < deadline, "neither a reply nor a failed log"


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
def test_a_full_disk_refuses_writes_and_heals_by_itself(small_disk, fsync):
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (1 << 20))
    acknowledged = []
    arguments = ["--appendonly", "yes", "--appendfsync", fsync]
    with servers.server("duplex", *arguments, directory=small_disk) as server:
        # The write that meets the full disk is executed and waits for its reply; the next one, on
        # another connection, is refused.
        with server.client(timeout=20) as first, server.client(timeout=20) as second:
            count = 0
            first.send("SET", "key:0", VALUE)
            while answered_before_the_disk_is_full(first, second):
                acknowledged.append(count)
                count += 1
                assert count < 2000, "the disk never became full"
                first.send("SET", f"key:{count}", VALUE)
            probe = second.call("SET", "probe", count)
            assert probe.kind == "error"
            assert probe.value.startswith(b"MISCONF Errors writing to the AOF file")
            assert second.call("GET", "key:0").value == VALUE.encode()
            assert b"aof_last_write_status:err" in second.call("INFO", "persistence").value

            filler.unlink()

            wait_for_writes(second)
            reply = first.read()  # held back until its record could be written, or refused
            if reply.kind != "error":
                acknowledged.append(count)
            assert b"aof_last_write_status:ok" in second.call("INFO", "persistence").value
        server.kill()
    with servers.server("duplex", *arguments, directory=small_disk) as server:
        with server.client() as client:
            for i in acknowledged:
                assert client.call("GET", f"key:{i}").value == VALUE.encode(), i
            assert client.call("GET", "after").value == b"space"


def test_keys_do_not_expire_by_themselves_while_the_log_has_failed(small_disk):
    """The deletions would pile up in memory. They come when there is space again."""
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (1 << 20))
    arguments = ["--appendonly", "yes", "--enable-debug-command", "yes"]
    with servers.server("duplex", *arguments, directory=small_disk) as server:
        with server.client() as client, server.client(timeout=20) as writer:
            assert client.call("DEBUG", "SET-ACTIVE-EXPIRE", 0).value == b"OK"
            client.call("SET", "temporary", "x", "PX", 1)
            count = 0
            while info(client, "aof_last_write_status") == "ok":
                writer.send("SET", f"key:{count}", VALUE)
                count += 1
                assert count < 2000, "the disk never became full"
            client.call("DEBUG", "SET-ACTIVE-EXPIRE", 1)
            # Some ticks.
            begin = int(info(client, "uptime_in_seconds"))
            wait_for_info(client, "uptime_in_seconds", lambda seconds: int(seconds) >= begin + 2)
            assert info(client, "expired_keys") == "0"
            filler.unlink()
            wait_for_info(client, "expired_keys", lambda expired: expired == "1")


def metric(server, name):
    url = f"http://127.0.0.1:{server.http_port}/metrics"
    for line in urllib.request.urlopen(url, timeout=10).read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise KeyError(name)


def test_a_write_that_fails_is_told_and_passes_by_itself(tmp_path):
    """A limit on the size of files, set and lifted while the server runs."""
    arguments = ["--appendonly", "yes", "--appendfsync", "always"]
    with servers.server("duplex", *arguments, directory=tmp_path) as server:
        with server.client(timeout=20) as client, server.client(timeout=20) as held:
            # The limit holds for the server's log as well, which must stay below it.
            assert client.call("SET", "key", "x" * (1 << 20)).value == b"OK"
            assert info(client, "aof_trouble") == "none"
            assert metric(server, 'duplex_log_trouble{kind="none"}') == 1
            size = int(info(client, "aof_current_size"))
            unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, unlimited[1]))

            held.send("SET", "key", "held")
            wait_for_info(client, "aof_trouble", lambda trouble: trouble == "full")

            refused = client.call("SET", "key", "refused")
            assert refused.value == b"MISCONF Errors writing to the AOF file: File too large"
            assert client.call("GET", "key").value == b"held"
            assert info(client, "aof_last_write_status") == "err"
            assert info(client, "aof_trouble_reason") == "File too large"
            assert info(client, "aof_write_failures") == "1"
            assert metric(server, 'duplex_log_trouble{kind="full"}') == 1
            assert metric(server, "duplex_log_write_failures_total") == 1

            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)

            assert held.read().value == b"OK"
            wait_for_writes(client)
            assert info(client, "aof_trouble") == "none"
            assert info(client, "aof_trouble_seconds") == "0"
            assert metric(server, 'duplex_log_trouble{kind="none"}') == 1
            log = server.log_end()
            assert log.count("Cannot write the append only file: File too large") == 1
            assert log.count("The append only file works again") == 1
        server.kill()
    with servers.server("duplex", *arguments, directory=tmp_path) as server:
        with server.client() as client:
            assert client.call("GET", "key").value == b"held"
            assert client.call("GET", "after").value == b"space"
