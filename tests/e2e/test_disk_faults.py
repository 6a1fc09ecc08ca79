"""A disk that is slow, read-only, or does not sync: each has its state in INFO and in /metrics,
reads are served, and it passes by itself."""

import os
import pathlib
import subprocess
import urllib.request

import pytest

from support import resp, servers, waiting
from support.info import info

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

SOURCE = pathlib.Path(__file__).parent.parent / "support" / "disk_faults.c"


@pytest.fixture(name="faults")
def fixture_faults(tmp_path, monkeypatch):
    """A folder whose files are the faults of the disk."""
    library = tmp_path / "disk_faults.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=True
    )
    folder = tmp_path / "faults"
    folder.mkdir()
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("DISK_FAULTS", str(folder))
    # A sanitizer wants to be loaded first, and is content to be second.
    options = os.environ.get("ASAN_OPTIONS", "")
    monkeypatch.setenv("ASAN_OPTIONS", options + ":verify_asan_link_order=0")
    return folder


def metric(server, name):
    url = f"http://127.0.0.1:{server.http_port}/metrics"
    for line in urllib.request.urlopen(url, timeout=10).read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise KeyError(name)


def wait_for_trouble(server, client, kind):
    waiting.until(lambda: info(client, "aof_trouble") == kind)
    assert metric(server, 'duplex_log_trouble{kind="%s"}' % kind) == 1


def log_of(fsync):
    return servers.server("duplex", "--appendonly", "yes", "--appendfsync", fsync)


def check_after_kill(server, key, value):
    server.kill()
    server.start()
    with server.client(timeout=20) as client:
        assert client.call("GET", key).value == value


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_a_sync_that_fails_refuses_writes_until_it_works(faults, fsync):
    with log_of(fsync) as server:
        with server.client(timeout=20) as client, server.client(timeout=20) as held:
            client.call("SET", "key", "before")
            (faults / "sync-fails").touch()
            held.send("SET", "key", "held")
            wait_for_trouble(server, client, "fsync")
            refused = client.call("SET", "other", "refused")
            assert refused.value == b"MISCONF Errors writing to the AOF file: Input/output error"
            assert client.call("GET", "key").value == b"held"
            assert info(client, "aof_last_write_status") == "err"
            assert int(info(client, "aof_fsync_failures")) >= 1
            assert metric(server, "duplex_log_sync_failures_total") >= 1
            (faults / "sync-fails").unlink()
            assert held.read().value == b"OK"
            wait_for_trouble(server, client, "none")
            waiting.until(lambda: client.call("SET", "other", "after").kind != "error")
        check_after_kill(server, "other", b"after")


def test_a_disk_that_is_read_only_refuses_writes_until_it_is_not(faults):
    with log_of("everysec") as server:
        with server.client(timeout=20) as client, server.client(timeout=20) as held:
            client.call("SET", "key", "before")
            (faults / "read-only").touch()
            held.send("SET", "key", "held")
            wait_for_trouble(server, client, "read_only")
            assert client.call("SET", "other", "refused").value == (
                b"MISCONF Errors writing to the AOF file: Read-only file system"
            )
            assert client.call("GET", "key").value == b"held"
            (faults / "read-only").unlink()
            assert held.read().value == b"OK"
            wait_for_trouble(server, client, "none")
            waiting.until(lambda: client.call("SET", "other", "after").kind != "error")
        check_after_kill(server, "other", b"after")


def test_a_slow_sync_is_told_while_it_runs_and_refuses_nothing(faults):
    with log_of("everysec") as server, server.client(timeout=20) as client:
        (faults / "sync-slow").touch()
        client.call("SET", "key", "first")
        wait_for_trouble(server, client, "slow_fsync")
        assert client.call("SET", "key", "second").value == b"OK"
        assert int(info(client, "aof_running_fsync_usec")) > 1_000_000
        assert metric(server, "duplex_log_running_sync_seconds") > 1
        waiting.until(lambda: "The disk is slow" in server.log_end())
        (faults / "sync-slow").unlink()
        wait_for_trouble(server, client, "none")
        assert info(client, "aof_delayed_fsync") == "1"
        assert metric(server, "duplex_log_delayed_syncs_total") == 1


def test_always_waits_for_a_slow_sync_and_reads_do_not(faults):
    with log_of("always") as server:
        with server.client(timeout=20) as client, server.client(timeout=20) as writer:
            (faults / "sync-slow").touch()
            writer.send("SET", "key", "value")
            wait_for_trouble(server, client, "slow_fsync")
            assert client.call("GET", "other").value is None
            with pytest.raises(resp.NoReply):
                writer.read(0.05)
            (faults / "sync-slow").unlink()
            assert writer.read().value == b"OK"


def test_a_slow_sync_is_an_event_of_latency(faults):
    with log_of("always") as server:
        with server.client(timeout=20) as client, server.client(timeout=20) as writer:
            # The disk is slow for longer than this, because the trouble is waited for.
            client.call("CONFIG", "SET", "latency-monitor-threshold", 500)
            (faults / "sync-slow").touch()
            writer.send("SET", "key", "value")
            wait_for_trouble(server, client, "slow_fsync")
            assert not client.call("LATENCY", "HISTORY", "aof-fsync-always").value
            (faults / "sync-slow").unlink()
            assert writer.read().value == b"OK"
            waiting.until(lambda: client.call("LATENCY", "HISTORY", "aof-fsync-always").value)
            latest = [event.value[0].value for event in client.call("LATENCY", "LATEST").value]
            assert b"aof-fsync-always" in latest


def test_a_log_is_not_turned_on_while_it_cannot_be_written_and_nobody_notices(faults):
    with servers.server("duplex") as server, server.client(timeout=20) as client:
        client.call("SET", "key", "before")
        (faults / "read-only").touch()
        client.call("CONFIG", "SET", "appendonly", "yes")
        waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "err")
        assert client.call("SET", "key", "between").value == b"OK"
        assert int(info(client, "aof_rewrites")) == 0
        (faults / "read-only").unlink()
        assert client.call("BGREWRITEAOF").kind == "status"
        waiting.until(lambda: info(client, "aof_last_bgrewrite_status") == "ok")
        assert client.call("SET", "key", "after").value == b"OK"
        assert metric(server, "duplex_rewrites_total") == 1
        assert metric(server, "duplex_rewrite_failures_total") >= 1
        assert metric(server, "duplex_rewrite_last_bytes") > 0
        server.args += ["--appendonly", "yes"]
        server.kill()
        server.start()
        with server.client() as reader:
            assert reader.call("GET", "key").value == b"after"
