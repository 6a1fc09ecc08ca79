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


def test_lists_hashes_and_sets(client):
    assert client.rpush("l", *"abc") == 3 and client.lrange("l", 0, -1) == ["a", "b", "c"]
    assert client.lmove("l", "m", "RIGHT", "LEFT") == "c" and client.lpos("l", "b") == 1
    assert client.lmpop(2, "none", "l", direction="LEFT", count=5) == ["l", ["a", "b"]]
    assert client.hset("h", mapping={"f": 1, "g": "x"}) == 2
    assert client.hincrbyfloat("h", "f", 0.5) == 1.5
    assert client.hgetall("h") == {"f": "1.5", "g": "x"}
    assert client.execute_command("HEXPIRE", "h", 100, "FIELDS", 1, "f") == [1]
    assert client.execute_command("HTTL", "h", "FIELDS", 2, "f", "g") == [100, -1]
    assert dict(client.hscan_iter("h")) == {"f": "1.5", "g": "x"}
    assert client.sadd("s", 1, 2, 3) == 3 and client.sadd("t", 2, 3, 4) == 3
    assert client.sinter("s", "t") == {"2", "3"} and client.sintercard(2, ["s", "t"]) == 2
    assert client.sunionstore("u", "s", "t") == 4 and client.smismember("u", ["1", "9"]) == [1, 0]
    assert client.pfadd("p", *range(100)) == 1 and client.pfcount("p") in range(97, 104)


def test_sorted_sets_and_places(client):
    assert client.zadd("z", {"a": 1, "b": 2.5, "c": 3}) == 3
    assert client.zrange("z", 0, -1, withscores=True) == [("a", 1.0), ("b", 2.5), ("c", 3.0)]
    assert client.zrange("z", "(1", "+inf", byscore=True) == ["b", "c"]
    assert client.zpopmin("z") == [("a", 1.0)] and client.zrevrank("z", "b") == 1
    assert client.zunion({"z": 2, "other": 1}, withscores=True) == [("b", 5.0), ("c", 6.0)]
    towns = 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"
    assert client.geoadd("g", towns) == 2
    assert client.geodist("g", "Palermo", "Catania", "km") == 166.2742
    found = client.geosearch("g", longitude=15, latitude=37, radius=200, unit="km", sort="ASC")
    assert found == ["Catania", "Palermo"]


def test_sort_with_keys_of_a_pattern(client):
    client.rpush("ids", 3, 1, 2)
    client.mset({"weight_1": 30, "weight_2": 20, "weight_3": 10, "name_1": "x", "name_3": "z"})
    assert client.sort("ids") == ["1", "2", "3"]
    assert client.sort("ids", by="weight_*", get=["#", "name_*"], groups=True) == [
        ("3", "z"),
        ("2", None),
        ("1", "x"),
    ]
    assert client.sort("ids", desc=True, store="sorted") == 3
    assert client.lrange("sorted", 0, -1) == ["3", "2", "1"]


def test_a_group_of_consumers(client):
    assert client.xgroup_create("jobs", "workers", id="0", mkstream=True)
    ids = [client.xadd("jobs", {"n": number}) for number in range(3)]
    [[_, entries]] = client.xreadgroup("workers", "one", {"jobs": ">"}, count=2)
    assert entries == [(ids[0], {"n": "0"}), (ids[1], {"n": "1"})]
    assert client.xack("jobs", "workers", ids[0]) == 1
    assert client.xpending("jobs", "workers")["pending"] == 1
    assert client.xclaim("jobs", "workers", "two", 0, [ids[1]]) == [(ids[1], {"n": "1"})]
    [group] = client.xinfo_groups("jobs")
    assert (group["consumers"], group["pending"], group["lag"]) == (2, 1, 1)
    assert client.xinfo_stream("jobs")["length"] == 3
    assert client.xtrim("jobs", maxlen=1, approximate=False) == 2
    assert client.xrange("jobs") == [(ids[2], {"n": "2"})]


def test_a_worker_waits_for_its_work(server, client):
    results = []

    def work():
        with redis.Redis(port=server.port, decode_responses=True) as worker:
            results.append(worker.blpop(["high", "low"], timeout=20))
            results.append(worker.bzpopmin("scores", timeout=20))
            results.append(worker.xread({"events": "0"}, block=20_000))

    thread = threading.Thread(target=work)
    thread.start()
    client.rpush("low", "job")
    client.zadd("scores", {"m": 1.5})
    entry = client.xadd("events", {"k": "v"})
    thread.join()
    assert results == [("low", "job"), ("scores", "m", 1.5), [["events", [(entry, {"k": "v"})]]]]
