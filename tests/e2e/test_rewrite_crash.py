"""A rewrite that ends with kill -9 at any of its named points loses nothing and invents nothing."""

import pytest

from support import resp, servers, waiting

POINTS = [
    "increment-switched",
    "snapshot-write",
    "snapshot-synced",
    "snapshot-before-rename",
    "snapshot-after-rename",
]


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_inside_a_rewrite(point, fsync, monkeypatch):
    monkeypatch.setenv("DUPLEX_CRASH_AT", point)
    with servers.server("duplex", "--appendonly", "yes", "--appendfsync", fsync) as server:
        acknowledged = 0
        with server.client(timeout=60) as client:
            for n in range(200):
                client.call("SET", "key:%d" % n, n)
            client.send("BGREWRITEAOF")
            client.reply()
            try:
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
            assert client.call("DBSIZE").value == (202 if one else 200)
            assert client.call("BGREWRITEAOF").kind == "status"
