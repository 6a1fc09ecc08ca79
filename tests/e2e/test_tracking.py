"""CLIENT TRACKING: what a client has cached is never older than what it was told."""

import random
import threading

import pytest

from support import servers
from support.waiting import until

pytestmark = pytest.mark.threads

KEYS = ["key:%d" % number for number in range(40)]


@pytest.fixture(scope="module", params=servers.available_kinds())
def server(request):
    """Several loops, so that clients that read and clients that write are on different ones."""
    args = ["--io-threads", "4"] if request.param == "duplex" else []
    with servers.server(request.param, *args) as running:
        yield running
        assert running.is_running(), running.log_end()


class Cache:
    """A client that caches what it reads, as the documentation of tracking says it should."""

    def __init__(self, client, *options):
        self.client = client
        self.values = {}
        self.invalidations = 0
        client.call("HELLO", 3)
        assert client.call("CLIENT", "TRACKING", "ON", *options).value == b"OK"

    def _forget(self, push):
        if push.value[0].value != b"invalidate":
            return
        self.invalidations += 1
        if push.value[1].value is None:
            self.values.clear()
            return
        for key in push.value[1].value:
            self.values.pop(key.value.decode(), None)

    def read(self, keys):
        """Asks for several keys in one go; news and replies count in the order they come in."""
        for key in keys:
            self.client.send("GET", key)
        waiting = list(keys)
        while waiting:
            reply = self.client.read()
            if reply.kind == "push":
                self._forget(reply)
            else:
                self.values[waiting.pop(0)] = reply.value

    def settle(self):
        """Takes in all news that were sent before now."""
        self.client.send("PING")
        while (reply := self.client.read()).kind == "push":
            self._forget(reply)


def _write(client, count, seed):
    """Sets, deletes, renames and lets expire, alone, in transactions and in scripts."""
    choose = random.Random(seed)
    for number in range(count):
        first, second = choose.sample(KEYS, 2)
        value = "%d-%d" % (seed, number)
        kind = choose.randrange(8)
        if kind == 0:
            client.call("DEL", first)
        elif kind == 1:
            client.call("SET", first, value, "PX", 1)
        elif kind == 2:
            client.call("MSET", first, value, second, value)
        elif kind == 3:
            for command in (("MULTI",), ("SET", first, value), ("DEL", second), ("EXEC",)):
                client.call(*command)
        elif kind == 4:
            script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[2])"
            client.call("EVAL", script, 2, first, second, value)
        elif kind == 5 and number % 50 == 0:
            client.call("FLUSHALL")
        else:
            client.call("SET", first, value)


@pytest.mark.parametrize("options", [(), ("BCAST", "PREFIX", "key:"), ("NOLOOP",)])
def test_a_cache_is_right_when_nobody_writes_any_more(server, clients, options):
    caches = [Cache(clients(), *options) for _ in range(6)]
    writers = [clients() for _ in range(3)]
    threads = [
        threading.Thread(target=_write, args=(writer, 600, seed))
        for seed, writer in enumerate(writers)
    ]
    for thread in threads:
        thread.start()
    choose = random.Random(7)
    while any(thread.is_alive() for thread in threads):
        for cache in caches:
            cache.read(choose.sample(KEYS, 8))
    for thread in threads:
        thread.join()
    observer = clients()
    # What was to expire has expired, and that was told.
    until(lambda: b"expires=0" in observer.call("INFO", "keyspace").value)
    truth = {key: observer.call("GET", key).value for key in KEYS}

    def is_right(cache):
        cache.settle()
        return all(truth[key] == value for key, value in cache.values.items())

    for cache in caches:
        until(lambda: is_right(cache))
        assert cache.invalidations > 0


def test_a_reply_is_never_behind_the_news_about_it(clients):
    """Whoever reads a value after the news of its change would keep it for ever."""
    reader, writer = Cache(clients()), clients()
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            writer.call("SET", "k", number)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    for _ in range(2000):
        reader.read(["k"])
    stop.set()
    thread.join()
    reader.settle()
    last = clients().call("GET", "k").value
    until(lambda: reader.settle() or reader.values.get("k", last) == last)


def test_a_script_that_takes_long_answers_ahead_of_the_news(clients):
    """Whose keys change as soon as it is over, by a client of the same loop or of another one."""
    readers = [Cache(clients()) for _ in range(8)]
    writers = [clients() for _ in range(8)]
    script = """
        local value = redis.call('GET', KEYS[1])
        local wait = 0
        for i = 1, 3000000 do wait = wait + i end
        return value"""
    for number, reader in enumerate(readers):
        writers[number].call("SET", "slow:%d" % number, "old")
    for number, reader in enumerate(readers):
        reader.client.send("EVAL_RO", script, 1, "slow:%d" % number)
    for number, writer in enumerate(writers):
        writer.send("SET", "slow:%d" % number, "new")
    for writer in writers:
        assert writer.reply().value == b"OK"
    for number, reader in enumerate(readers):
        first = reader.client.read()
        if first.kind == "push":  # The write came first: then nobody had read anything.
            raise AssertionError(first)
        if first.value == b"old":
            assert reader.client.read().value[0].value == b"invalidate"


def test_redirected_news_come_to_a_connection_of_their_own(clients):
    data, news, writer = clients(), clients(), clients()
    target = news.call("CLIENT", "ID").value
    news.call("SUBSCRIBE", "__redis__:invalidate")
    data.call("CLIENT", "TRACKING", "ON", "REDIRECT", target)
    for number in range(200):
        assert data.call("GET", "k%d" % number).value is None
        writer.call("SET", "k%d" % number, 1)
    for number in range(200):
        channel, keys = news.read().value[1:]
        assert channel.value == b"__redis__:invalidate"
        assert [key.value for key in keys.value] == [b"k%d" % number]


def test_a_hot_key_is_told_to_all_who_have_read_it(clients):
    caches = [Cache(clients()) for _ in range(60)]
    writer = clients()
    for turn in range(3):
        for cache in caches:
            cache.read(["hot"])
        writer.call("SET", "hot", turn)
        for cache in caches:
            until(lambda: cache.settle() or "hot" not in cache.values)
            assert cache.invalidations == turn + 1


def _info(client, section):
    text = client.call("INFO", section).value.decode()
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def test_info_counts(clients):
    first, second, other = Cache(clients()), Cache(clients(), "BCAST"), clients()
    first.read(["a", "b"])
    second.read(["a"])
    third = Cache(clients())
    third.read(["a"])
    assert _info(other, "clients")["tracking_clients"] == "3"
    stats = _info(other, "stats")
    counts = [stats["tracking_total_" + name] for name in ("keys", "items", "prefixes")]
    assert counts == ["2", "3", "1"]
    other.call("SET", "a", 1)
    assert _info(other, "stats")["tracking_total_keys"] == "1"
    other.call("FLUSHALL")
    second.client.call("CLIENT", "TRACKING", "OFF")
    stats = _info(other, "stats")
    counts = [stats["tracking_total_" + name] for name in ("keys", "items", "prefixes")]
    assert counts == ["0", "0", "0"]
    first.client.close()
    until(lambda: _info(other, "clients")["tracking_clients"] == "1")


def test_tracked_keys_have_a_limit(server, clients):
    cache, other = Cache(clients()), clients()
    other.call("CONFIG", "SET", "tracking-table-max-keys", 10)
    try:
        cache.read(["k%d" % number for number in range(500)])
        until(lambda: int(_info(other, "stats")["tracking_total_keys"]) <= 10)
        cache.settle()
        assert len(cache.values) <= 10
        other.call("CONFIG", "SET", "tracking-table-max-keys", 3)
        until(lambda: other.call("PING") and _info(other, "stats")["tracking_total_keys"] == "3")
        cache.settle()
        assert len(cache.values) <= 3
    finally:
        other.call("CONFIG", "SET", "tracking-table-max-keys", 1000000)


def test_evicted_keys_are_told(server, clients):
    cache, other = Cache(clients(), "BCAST"), clients()
    for number in range(200):
        other.call("SET", "k%d" % number, "x" * 10000)
    cache.settle()
    cache.read(["k%d" % number for number in range(200)])
    limit = int(_info(other, "memory")["used_memory"])
    other.call("CONFIG", "SET", "maxmemory-policy", "allkeys-random")

    def has_evicted():
        """What was used may have been freed by itself: the limit goes down until keys have to."""
        nonlocal limit
        limit -= 100000
        other.call("CONFIG", "SET", "maxmemory", limit)
        return int(_info(other, "stats")["evicted_keys"]) > evicted_before

    evicted_before = int(_info(other, "stats")["evicted_keys"])
    try:
        until(has_evicted)
    finally:
        other.call("CONFIG", "SET", "maxmemory", 0)

    def is_right():
        cache.settle()
        return all(other.call("EXISTS", key).value for key in cache.values)

    until(is_right)
    assert len(cache.values) < 200


@pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)
def test_what_a_wait_has_read_is_tracked():
    """As since Redis 7.2: before, a reader that had waited was told of its first change only."""
    with servers.server("duplex", "--io-threads", "4") as server:
        with server.client() as reader, server.client() as writer:
            reader.call("HELLO", 3)
            reader.call("CLIENT", "TRACKING", "ON")
            reader.send("XREAD", "BLOCK", 0, "STREAMS", "x", "$")
            until(lambda: b"blocked_clients:1\r" in writer.call("INFO", "clients").value)
            writer.call("XADD", "x", "1-1", "f", "v")
            assert sorted((reader.read().kind == "push", reader.read().kind == "push")) == [
                False,
                True,
            ]
            writer.call("XADD", "x", "2-1", "f", "v")
            told = reader.read()
            assert told.kind == "push"
            assert [key.value for key in told.value[1].value] == [b"x"]
