"""kill -9 at any of the named points of writing, syncing and rewriting: nothing acknowledged is
lost, nothing is invented, and transactions are whole."""

import pytest

from support import resp, servers, waiting

# What the start passes as well is meant the time after. The manifest is replaced when the log
# begins, for the next increment, for the base, and when history is deleted.
POINTS = [
    "log-increment-created:2",
    "file-before-replaced:2",
    "file-replaced:2",
    "increment-switched",
    "log-increment-changes",
    "snapshot-write",
    "snapshot-synced",
    "snapshot-before-rename",
    "snapshot-after-rename",
    "file-before-replaced:3",
    "file-replaced:3",
    "log-before-history-deleted",
    "log-history-deleted",
    "file-before-replaced:4",
    "file-replaced:4",
    "log-before-write:150",
    "log-written:150",
    "log-before-write:400",
    "log-written:400",
]
SYNC_POINTS = ["log-before-sync", "log-synced"]

CASES = [(point, fsync) for point in POINTS for fsync in ("always", "everysec", "no")]
# With appendfsync no the log's thread never syncs.
CASES += [(point, fsync) for point in SYNC_POINTS for fsync in ("always", "everysec")]
CASES += [(point + ":300", "always") for point in SYNC_POINTS]


@pytest.mark.parametrize("point, fsync", CASES)
def test_a_crash_at_a_named_point(point, fsync, monkeypatch):
    monkeypatch.setenv("DUPLEX_CRASH_AT", point)
    with servers.server("duplex", "--appendonly", "yes", "--appendfsync", fsync) as server:
        acknowledged = 0
        keys = 0
        with server.client(timeout=60) as client:
            try:
                for n in range(200):
                    client.call("SET", "key:%d" % n, n)
                    keys += 1
                client.send("BGREWRITEAOF")
                client.reply()
                while True:
                    client.send_raw(
                        resp.encode("MULTI")
                        + resp.encode("INCR", "one")
                        + resp.encode("INCR", "two")
                        + resp.encode("EXEC")
                    )
                    replies = [client.reply() for _ in range(4)]
                    acknowledged = replies[3].value[0].value
            except (resp.ConnectionClosed, ConnectionError):
                pass
        waiting.until(lambda: not server.is_running())
        monkeypatch.delenv("DUPLEX_CRASH_AT")
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            one = int(client.call("GET", "one").value or 0)
            assert int(client.call("GET", "two").value or 0) == one
            assert acknowledged <= one <= acknowledged + 1
            found = client.call("DBSIZE").value - (2 if one else 0)
            assert keys <= found <= min(keys + 1, 200)
            for n in range(found):
                assert client.call("GET", "key:%d" % n).value == b"%d" % n
            assert client.call("BGREWRITEAOF").kind == "status"
