"""How keys have been used, after a restart and in files that redis-server reads."""

import pytest

from support import servers

KINDS = servers.available_kinds()
ROUTES = [(a, b) for a in KINDS for b in KINDS]


def frequency(client, key):
    return client.call("OBJECT", "FREQ", key).value


@pytest.mark.parametrize("first,second", ROUTES)
@pytest.mark.parametrize("log", ["no", "yes"])
def test_frequencies_are_in_files(first, second, log, tmp_path):
    options = ["--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0", "--lfu-log-factor",
               "0", "--appendonly", log]  # fmt: skip
    with servers.server(first, *options, directory=tmp_path) as server, server.client() as client:
        client.call("SET", "new", "v")
        client.call("SET", "used", "v")
        client.call("RPUSH", "large", *range(5000))
        for _ in range(30):
            client.call("GET", "used")
            client.call("LLEN", "large")
        before = [frequency(client, key) for key in ("new", "used", "large")]
        assert before[1] > 30 and before[2] > 30
        if log == "yes":
            client.call("BGREWRITEAOF")
            while b"aof_rewrite_in_progress:1" in client.call("INFO", "persistence").value or (
                b"aof_rewrite_scheduled:1" in client.call("INFO", "persistence").value
            ):
                pass
        else:
            client.call("SAVE")
        server.kill()
    with servers.server(second, *options, directory=tmp_path) as server, server.client() as client:
        assert [frequency(client, key) for key in ("new", "used", "large")] == before


@pytest.mark.parametrize("first,second", ROUTES)
def test_idle_times_are_in_files(first, second, tmp_path):
    options = ["--maxmemory-policy", "allkeys-lru"]
    with servers.server(first, *options, directory=tmp_path) as server, server.client() as client:
        client.call("SET", "new", "v")
        payload = client.call("DUMP", "new").value
        client.call("RESTORE", "old", 0, payload, "IDLETIME", 1000)
        client.call("SAVE")
        server.kill()
    with servers.server(second, *options, directory=tmp_path) as server, server.client() as client:
        assert 1000 <= client.call("OBJECT", "IDLETIME", "old").value < 1060
        assert client.call("OBJECT", "IDLETIME", "new").value < 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", ["noeviction", "volatile-lru", "volatile-lfu"])
def test_debug_reload_and_restore(kind, policy):
    options = ["--maxmemory-policy", policy, "--enable-debug-command", "yes"]
    options += ["--lfu-decay-time", "0", "--lfu-log-factor", "1000000"]
    with servers.server(kind, *options) as server, server.client() as client:
        client.call("SET", "k", "v")
        payload = client.call("DUMP", "k").value
        client.call("RESTORE", "f", 0, payload, "FREQ", 100)
        client.call("RESTORE", "i", 0, payload, "IDLETIME", 1000)
        for _ in range(2):
            if policy == "volatile-lfu":
                assert frequency(client, "f") == 100
                assert frequency(client, "i") == 5
                assert client.call("OBJECT", "IDLETIME", "i").kind == "error"
            else:
                idle = client.call("OBJECT", "IDLETIME", "i").value
                assert idle >= 1000 or (_ == 1 and policy == "noeviction" and idle < 60)
                assert client.call("OBJECT", "FREQ", "f").kind == "error"
            assert client.call("DEBUG", "RELOAD").value == b"OK"
