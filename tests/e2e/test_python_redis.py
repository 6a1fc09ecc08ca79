"""Debian's python3-redis as an application uses it."""

import threading

import pytest
import redis

from support import servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex", "--io-threads", "2") as running:
        yield running


@pytest.fixture
def client(server):
    with redis.Redis(port=server.port, decode_responses=True, client_name="app") as connection:
        connection.flushall()
        yield connection


def test_strings_and_expiry(client):
    assert client.set("k", "v", ex=100, nx=True)
    assert client.set("k", "w", nx=True) is None
    assert client.get("k") == "v" and 0 < client.ttl("k") <= 100
    assert client.mset({"a": 1, "b": 2}) and client.mget("a", "b", "none") == ["1", "2", None]
    assert client.incrbyfloat("f", 1.5) == 1.5
    assert client.getex("k", persist=True) == "v" and client.ttl("k") == -1
    assert client.setbit("bits", 7, 1) == 0 and client.bitcount("bits") == 1


def test_a_pipeline_is_a_transaction(client):
    with client.pipeline() as pipeline:
        assert pipeline.set("a", 1).incr("a").get("a").execute() == [True, 2, "2"]


def test_watch_notices_a_change(client):
    client.set("a", 1)
    with client.pipeline() as pipeline:
        pipeline.watch("a")
        client.set("a", 2)
        pipeline.multi()
        pipeline.set("a", 3)
        with pytest.raises(redis.WatchError):
            pipeline.execute()
    assert client.get("a") == "2"


def test_a_lock_made_of_set_nx(client):
    assert client.set("lock", "token", nx=True, px=10_000)
    assert client.set("lock", "other", nx=True, px=10_000) is None


def test_publish_and_subscribe_on_threads(client):
    received = []
    done = threading.Event()

    def on_message(message):
        received.append((message["channel"], message["data"]))
        if len(received) == 100:
            done.set()

    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(news=on_message)
    pubsub.psubscribe(**{"room:*": on_message})
    thread = pubsub.run_in_thread(sleep_time=0.05)
    try:
        while client.pubsub_numsub("news") != [("news", 1)] or client.pubsub_numpat() != 1:
            pass
        for i in range(50):
            assert client.publish("news", i) == 1
            assert client.publish("room:1", i) == 1
        assert done.wait(15)
    finally:
        thread.stop()
        thread.join()
        pubsub.close()
    assert [data for channel, data in received if channel == "news"] == [str(i) for i in range(50)]


def test_scan_iterates_over_everything(client):
    client.mset({f"key:{i}": i for i in range(2000)})

    assert set(client.scan_iter("key:*", count=50)) == {f"key:{i}" for i in range(2000)}


def test_what_the_client_parses(client):
    info = client.info()
    assert info["redis_version"] == "7.2.4" and info["arch_bits"] == 64
    assert info["loading"] == 0 and info["role"] == "master"
    client.set("k", "v", ex=1000)
    assert client.info("keyspace")["db0"]["keys"] == 1
    [me] = [c for c in client.client_list() if c["name"] == "app"]
    assert me["db"] == "0" and me["cmd"] == "client|list"
    assert client.config_get("maxmemory") == {"maxmemory": "0"}
    assert client.config_set("maxmemory", "100mb")
    assert client.config_get("max*ory")["maxmemory"] == str(100 << 20)
    assert client.config_set("maxmemory", 0)
    assert client.time()[0] > 1_700_000_000
    assert client.command_count() > 80
    assert client.dbsize() == 1 and client.object("encoding", "k") == "embstr"


def test_errors_are_their_own_classes(client):
    client.set("k", "not a number")
    with pytest.raises(redis.ResponseError, match="value is not an integer or out of range"):
        client.incr("k")
