"""maxmemory and its policies, on both servers: what goes, what stays, what is told."""

import time

import pytest

from support import servers
from support.info import info

MEGABYTE = 1 << 20
VALUE = "v" * 500
SECONDS_MAX = 20
OOM = b"OOM command not allowed when used memory > 'maxmemory'."


@pytest.fixture
def limited(server, client):
    """A connection to a server that has four megabytes more than it needs when it is empty."""
    wait_until_freed(client)  # what the test before has left
    used = int(info(client, "used_memory"))
    client.call("CONFIG", "SET", "maxmemory", used + 4 * MEGABYTE)
    yield client
    client.call("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction")
    client.call("FLUSHALL")


def wait_until_freed(client):
    deadline = time.monotonic() + SECONDS_MAX
    while info(client, "lazyfree_pending_objects") != "0":
        assert time.monotonic() < deadline


def fill(client, count, *options):
    """The replies that are not OK."""
    for number in range(count):
        client.send("SET", "key:%d" % number, VALUE, *options)
    replies = [client.reply() for _ in range(count)]
    return [reply for reply in replies if reply.value != b"OK"]


def test_without_eviction_writes_are_refused_and_reads_are_not(limited):
    refused = fill(limited, 20000)
    assert refused
    assert {reply.value for reply in refused} == {OOM}
    assert limited.call("GET", "key:0").value == VALUE.encode()
    limited.call("FLUSHALL")
    wait_until_freed(limited)
    assert not fill(limited, 10)


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
def test_keys_make_room_for_new_ones(limited, policy):
    limited.call("CONFIG", "SET", "maxmemory-policy", policy)
    before = int(info(limited, "evicted_keys"))
    assert not fill(limited, 20000)
    left = limited.call("DBSIZE").value
    assert 0 < left < 20000
    assert int(info(limited, "evicted_keys")) - before >= 20000 - left
    limit = int(limited.call("CONFIG", "GET", "maxmemory").value[1].value)
    assert int(info(limited, "used_memory")) < limit + MEGABYTE


@pytest.mark.parametrize(
    "policy", ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"]
)
def test_only_keys_that_end_make_room(limited, policy):
    limited.call("CONFIG", "SET", "maxmemory-policy", policy)
    limited.call("SET", "stays", "v")
    assert not fill(limited, 20000, "EX", 1000)
    assert limited.call("EXISTS", "stays").value == 1
    limited.call("FLUSHALL")
    assert fill(limited, 20000), "there is none that could go"


def test_a_lower_limit_is_kept_without_a_command(limited, clients):
    limited.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    listener = clients()
    fill(limited, 4000)
    limited.call("CONFIG", "SET", "notify-keyspace-events", "Ee")
    listener.call("SUBSCRIBE", "__keyevent@0__:evicted")
    limit = int(limited.call("CONFIG", "GET", "maxmemory").value[1].value)
    limited.call("CONFIG", "SET", "maxmemory", limit - 3 * MEGABYTE)
    assert listener.reply().value[0].value == b"message"
    limited.call("CONFIG", "SET", "notify-keyspace-events", "")


@pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)
def test_what_was_evicted_stays_away_after_a_restart():
    options = ("--appendonly", "yes", "--maxmemory-policy", "allkeys-lru")
    with servers.server("duplex", *options) as server:
        with server.client() as client:
            used = int(info(client, "used_memory"))
            client.call("CONFIG", "SET", "maxmemory", used + 4 * MEGABYTE)
            fill(client, 20000)
            keys = sorted(key.value for key in client.call("KEYS", "*").value)
        server.kill()
        server.start()
        with server.client() as client:
            assert sorted(key.value for key in client.call("KEYS", "*").value) == keys
