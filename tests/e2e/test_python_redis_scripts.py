"""Debian's python3-redis: locks, scripts, functions, optimistic locking, groups of consumers."""

import threading

import pytest
import redis
from redis.exceptions import LockError, LockNotOwnedError, NoScriptError

from support import servers, waiting

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex", "--io-threads", "2") as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture
def client(server):
    with redis.Redis(port=server.port, decode_responses=True) as connection:
        connection.flushall()
        yield connection


def on_threads(count, work):
    """Runs work(number) on threads; returns what they returned, raises what they raised."""
    results = [None] * count
    errors = []

    def run(number):
        try:
            results[number] = work(number)
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def test_a_lock_is_held_by_one_at_a_time(client):
    inside = []
    most = []

    def work(_):
        for _ in range(5):
            with client.lock("lock", timeout=60, sleep=0.001):
                inside.append(1)
                most.append(len(inside))
                client.incr("turns")
                inside.pop()

    on_threads(8, work)

    assert max(most) == 1
    assert client.get("turns") == "40" and client.exists("lock") == 0


def test_a_lock_belongs_to_who_has_its_token(client):
    lock = client.lock("lock", timeout=60)
    assert lock.acquire() and lock.owned() and lock.locked()
    other = client.lock("lock", timeout=60)
    assert not other.acquire(blocking=False)
    with pytest.raises(LockError):
        other.release()
    assert lock.extend(60) and client.pttl("lock") > 100_000
    assert lock.reacquire() and client.pttl("lock") <= 60_000
    client.set("lock", "stolen")
    with pytest.raises(LockNotOwnedError):
        lock.release()
    assert client.get("lock") == "stolen"


def test_a_script_is_loaded_when_the_server_does_not_know_it(client):
    script = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert script(keys=["n"], args=[5]) == 5
    client.script_flush()
    assert client.script_exists(script.sha) == [False]
    with pytest.raises(NoScriptError):
        client.evalsha(script.sha, 1, "n", 1)
    assert script(keys=["n"], args=[2]) == 7
    assert client.script_exists(script.sha) == [True]

    client.script_flush()
    with client.pipeline() as pipeline:
        pipeline.set("n", 1)
        script(keys=["n"], args=[1], client=pipeline)
        assert pipeline.execute() == [True, 2]


def test_types_come_through_scripts(client):
    nested = "return {1, 'a', {2, {'b'}}, false, 3.99}"
    assert client.eval(nested, 0) == [1, "a", [2, ["b"]], None, 3]
    assert client.eval("return cjson.encode({a = {1, 2}})", 0) == '{"a":[1,2]}'
    assert client.eval("return {KEYS, ARGV}", 2, "x", "y", "z") == [["x", "y"], ["z"]]
    with pytest.raises(redis.ResponseError, match="my own error"):
        client.eval("return redis.error_reply('MINE my own error')", 0)


def test_functions(client):
    library = """#!lua name=counters
    redis.register_function('bump', function(keys, args)
      return redis.call('INCRBY', keys[1], args[1])
    end)
    redis.register_function{function_name = 'peek', flags = {'no-writes'},
      callback = function(keys) return redis.call('GET', keys[1]) end}
    """
    assert client.function_load(library, replace=True) == "counters"
    assert client.fcall("bump", 1, "n", 3) == 3
    assert client.fcall_ro("peek", 1, "n") == "3"
    with pytest.raises(redis.ResponseError, match="write flag"):
        client.fcall_ro("bump", 1, "n", 1)
    [listed] = client.function_list(library="count*", withcode=True)
    assert listed[listed.index("library_name") + 1] == "counters" and library in listed
    raw = redis.Redis(**{**client.connection_pool.connection_kwargs, "decode_responses": False})
    dump = raw.function_dump()
    assert client.function_flush() and client.function_list() == []
    assert raw.function_restore(dump)
    raw.close()
    assert client.fcall("bump", 1, "n", 1) == 4
    assert client.function_delete("counters")


def test_what_a_library_takes_is_told(client):
    client.script_flush()
    before = client.info("memory")
    client.script_load("return 1")
    client.function_load("#!lua name=told\nredis.register_function('told', function() end)")
    after = client.info("memory")
    assert before["number_of_cached_scripts"] == 0 and after["number_of_cached_scripts"] == 1
    assert after["number_of_libraries"] == 1 and after["number_of_functions"] == 1
    assert after["used_memory_scripts"] > before["used_memory_scripts"]
    assert after["used_memory_lua"] > 0
    client.function_delete("told")


def test_a_transaction_is_tried_until_nobody_interferes(client):
    client.set("balance", 0)

    def deposit(_):
        def change(pipeline):
            balance = int(pipeline.get("balance"))
            pipeline.multi()
            pipeline.set("balance", balance + 1)

        for _ in range(10):
            client.transaction(change, "balance")

    on_threads(6, deposit)

    assert client.get("balance") == "60"


def test_a_pipeline_keeps_its_errors_apart(client):
    client.set("text", "x")
    with client.pipeline(transaction=False) as pipeline:
        pipeline.incr("text").set("other", 1).lpush("text", 1).get("other")
        replies = pipeline.execute(raise_on_error=False)
    assert isinstance(replies[0], redis.ResponseError) and replies[1] is True
    assert "WRONGTYPE" in str(replies[2]) and replies[3] == "1"
    with client.pipeline() as pipeline:
        with pytest.raises(redis.ResponseError, match="not an integer"):
            pipeline.incr("text").set("other", 2).execute()
    assert client.get("other") == "2"


def test_subscriptions_on_many_threads(client):
    count = 200
    heard = [[] for _ in range(4)]
    everything = threading.Event()

    def handler(number):
        def on_message(message):
            heard[number].append(int(message["data"]))
            if all(len(each) == count for each in heard):
                everything.set()

        return on_message

    pubsubs = []
    threads = []
    try:
        for number in range(4):
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            pubsub.subscribe(news=handler(number))
            pubsubs.append(pubsub)
            threads.append(pubsub.run_in_thread(sleep_time=0.05, daemon=True))
        waiting.until(lambda: client.pubsub_numsub("news") == [("news", 4)])
        for number in range(count):
            assert client.publish("news", number) == 4
        assert everything.wait(20)
    finally:
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join()
        for pubsub in pubsubs:
            pubsub.close()
    assert heard == [list(range(count))] * 4


def test_iterators_see_everything(client):
    client.mset({f"key:{i}": i for i in range(3000)})
    client.sadd("set", *range(1000))
    client.hset("hash", mapping={f"f{i}": i for i in range(1000)})
    client.zadd("zset", {f"m{i}": i for i in range(1000)})

    assert set(client.scan_iter(match="key:*", count=100)) == {f"key:{i}" for i in range(3000)}
    assert list(client.scan_iter(_type="zset")) == ["zset"]
    assert set(client.sscan_iter("set")) == {str(i) for i in range(1000)}
    assert dict(client.hscan_iter("hash", match="f99*")) == {
        f"f{i}": str(i) for i in (99, *range(990, 1000))
    }
    assert len(dict(client.zscan_iter("zset", count=50))) == 1000


def test_consumers_share_a_stream(client):
    client.xgroup_create("jobs", "workers", id="0", mkstream=True)
    ids = [client.xadd("jobs", {"n": number}) for number in range(200)]

    def consume(number):
        done = []
        while True:
            got = client.xreadgroup("workers", f"c{number}", {"jobs": ">"}, count=7)
            if not got:
                return done
            for entry, _ in got[0][1]:
                done.append(entry)
                assert client.xack("jobs", "workers", entry) == 1

    done = [entry for part in on_threads(4, consume) for entry in part]

    assert sorted(done) == sorted(ids)
    assert client.xpending("jobs", "workers")["pending"] == 0
    assert {each["name"] for each in client.xinfo_consumers("jobs", "workers")} <= {
        "c0", "c1", "c2", "c3"
    }


def test_a_dead_consumers_entries_are_taken_over(client):
    client.xgroup_create("jobs", "workers", id="0", mkstream=True)
    ids = [client.xadd("jobs", {"n": number}) for number in range(5)]
    client.xreadgroup("workers", "dead", {"jobs": ">"})
    [entry] = client.xpending_range("jobs", "workers", "-", "+", 1)
    assert entry["consumer"] == "dead" and entry["times_delivered"] == 1

    cursor, taken, *_ = client.xautoclaim("jobs", "workers", "alive", 0, count=3)
    assert [claimed for claimed, _ in taken] == ids[:3] and cursor == ids[3]
    cursor, taken, *_ = client.xautoclaim("jobs", "workers", "alive", 0, start_id=cursor)
    assert [claimed for claimed, _ in taken] == ids[3:] and cursor == "0-0"
    assert client.xpending_range("jobs", "workers", "-", "+", 5, consumername="dead") == []
