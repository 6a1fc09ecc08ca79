"""From redis-server to Duplex and back, as the README says, with data of every type."""

import shutil
import subprocess
import tempfile

import pytest

from support import servers, typed_data, waiting
from support.info import info

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

MANIFEST = "appendonly.aof.manifest"


@pytest.fixture(name="folder")
def fixture_folder():
    """A folder that several servers use one after the other."""
    path = tempfile.mkdtemp(prefix="duplex-test-")
    yield path
    shutil.rmtree(path)


def start(kind, folder, *options):
    return servers.server(
        kind, "--enable-debug-command", "yes", *options, directory=folder
    )


def rewrite(client):
    """One whole rewrite of the log."""
    assert client.call("BGREWRITEAOF").kind == "status"
    waiting.until(
        lambda: info(client, "aof_rewrite_in_progress") == "0"
        and info(client, "aof_rewrite_scheduled") == "0"
    )
    assert info(client, "aof_last_bgrewrite_status") == "ok"


def shut_down(server, client, *how):
    """As `redis-cli SHUTDOWN` does."""
    client.send("SHUTDOWN", *how)
    waiting.until(lambda: not server.is_running())


def change(client, old, new):
    """Writes new data, and changes and deletes some of what was there."""
    typed_data.fill(client, new, seed=2)
    for command in (
        ["APPEND", old + ":string:short", " and goodbye"],
        ["DEL", old + ":string:large", old + ":set:16"],
        ["LPUSH", old + ":list:nodes", "first"],
        ["LREM", old + ":list:small", 0, "a"],
        ["SADD", old + ":set:32", "no integer"],
        ["HDEL", old + ":hash:large", "field 3"],
        ["HSET", old + ":hash:small", "f", "w" * 100],
        ["ZINCRBY", old + ":zset:large", 100, "member 5"],
        ["XADD", old + ":stream", "500-0", "field", "later"],
        ["XREADGROUP", "GROUP", "workers", "busy", "COUNT", 3, "STREAMS", old + ":stream", ">"],
        ["XTRIM", old + ":stream", "MAXLEN", 200],
        ["PERSIST", old + ":ending:1"],
        ["PEXPIREAT", old + ":zset:small", typed_data.FAR_MS],
        ["RENAME", old + ":zset:ends", old + ":renamed"],
        ["MOVE", old + ":bits", 5],
    ):
        assert client.call(*command).kind != "error", command


def test_with_a_snapshot(folder):
    with start("redis", folder) as server, server.client(timeout=60) as client:
        typed_data.fill(client, "old", seed=1)
        before = typed_data.everything(client)
        shut_down(server, client, "SAVE")

    with start("duplex", folder) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == before
        change(client, "old", "new")
        after = typed_data.everything(client)
        shut_down(server, client, "SAVE")

    with start("redis", folder) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == after


@pytest.mark.parametrize("rewrites", ["nobody", "redis", "duplex", "both"])
def test_with_a_log(folder, rewrites):
    log = ("--appendonly", "yes")
    with start("redis", folder, *log) as server, server.client(timeout=60) as client:
        typed_data.fill(client, "old", seed=1)
        if rewrites in ("redis", "both"):
            rewrite(client)
        typed_data.fill(client, "older", seed=3)
        before = typed_data.everything(client)
        shut_down(server, client)

    with start("duplex", folder, *log) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == before
        change(client, "old", "new")
        if rewrites in ("duplex", "both"):
            rewrite(client)
        change(client, "older", "newest")
        after = typed_data.everything(client)
        shut_down(server, client)

    with start("duplex", folder, *log) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == after
        shut_down(server, client)

    with start("redis", folder, *log) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == after


def test_a_snapshot_becomes_a_log_and_goes_back_as_one(folder):
    log = ("--appendonly", "yes")
    with start("redis", folder) as server, server.client(timeout=60) as client:
        typed_data.fill(client, "old", seed=1)
        before = typed_data.everything(client)
        shut_down(server, client, "SAVE")

    with start("duplex", folder, *log) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == before
        change(client, "old", "new")
        after = typed_data.everything(client)
        shut_down(server, client)

    with start("redis", folder, *log) as server, server.client(timeout=60) as client:
        assert typed_data.everything(client) == after


def checked(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("checksum", ["yes", "no"])
@pytest.mark.parametrize("compression", ["yes", "no"])
@pytest.mark.parametrize("version", ["9", "10"])
def test_redis_check_rdb_likes_every_form(folder, version, compression, checksum):
    options = ["--rdb-compat-version", version, "--rdbcompression", compression]
    options += ["--rdbchecksum", checksum]
    with start("duplex", folder, *options) as server, server.client(timeout=60) as client:
        typed_data.fill(client, "data", seed=4)
        before = typed_data.everything(client)
        shut_down(server, client, "SAVE")

    assert "RDB looks OK" in checked("redis-check-rdb", folder + "/dump.rdb")
    with start("redis", folder) as server, server.client(timeout=60) as client:
        seen = typed_data.everything(client)
    if version == "9":
        # Version 9 has no room for what streams count.
        for facts in (before, seen):
            for key in [key for key, value in facts.items() if value[0] == b"stream"]:
                del facts[key]
            del facts["digest"]
    assert seen == before


@pytest.mark.parametrize("stamps", ["yes", "no"])
@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
def test_redis_check_aof_likes_every_form(folder, fsync, stamps):
    options = ["--appendonly", "yes", "--appendfsync", fsync, "--aof-timestamp-enabled", stamps]
    manifest = folder + "/appendonlydir/" + MANIFEST
    with start("duplex", folder, *options) as server, server.client(timeout=60) as client:
        typed_data.fill(client, "data", seed=5)
        for command in (["MULTI"], ["SET", "a", 1], ["INCR", "a"], ["EXEC"]):
            client.call(*command)
        server.kill()
    assert "All AOF files and manifest are valid" in checked("redis-check-aof", manifest)

    with start("duplex", folder, *options) as server, server.client(timeout=60) as client:
        rewrite(client)
        typed_data.fill(client, "more", seed=6)
        server.kill()
    output = checked("redis-check-aof", manifest)
    assert "RDB preamble is OK" in output or "RDB looks OK" in output
    assert "All AOF files and manifest are valid" in output
