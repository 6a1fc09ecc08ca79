"""Many connections at once: what must be true at every moment, whichever loop a client is on.

With SOAK_SECONDS each of these goes on for longer.
"""

import contextlib
import os
import random
import threading
import time

import pytest

from support import resp, servers

SECONDS = float(os.environ.get("SOAK_SECONDS", "16")) / 8
WORKERS = 8

pytestmark = pytest.mark.threads


@pytest.fixture(scope="module", params=servers.available_kinds())
def server(request):
    with servers.server(request.param, "--io-threads", "4") as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture(autouse=True)
def empty(server):
    with server.client() as client:
        client.call("FLUSHALL")


class Workers:
    """Threads with a connection each; they go on until the time is over or one of them fails."""

    def __init__(self, server):
        self._server = server
        self._threads = []
        self._failures = []
        self._end = time.monotonic() + SECONDS
        self._stopped = threading.Event()

    def go_on(self):
        return time.monotonic() < self._end and not self._stopped.is_set()

    def add(self, work, *arguments):
        def run():
            try:
                with self._server.client(timeout=60) as client:
                    work(client, *arguments)
            except BaseException as error:  # Reported by join().
                self._failures.append(error)
                self._stopped.set()

        self._threads.append(threading.Thread(target=run))

    def join(self):
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]


@contextlib.contextmanager
def workers(server):
    group = Workers(server)
    yield group
    group.join()


def pipeline(client, commands):
    client.send_raw(b"".join(resp.encode(*command) for command in commands))
    return [client.reply().value for _ in commands]


def test_no_increment_is_lost(server):
    done = [0] * WORKERS

    def count(client, number):
        while group.go_on():
            replies = pipeline(client, [("INCR", "n"), ("INCRBY", "{n}2", 2)] * 25)
            assert replies[0::2] == sorted(replies[0::2])
            done[number] += 25

    with workers(server) as group:
        for number in range(WORKERS):
            group.add(count, number)

    with server.client() as client:
        assert int(client.call("GET", "n").value) == sum(done)
        assert int(client.call("GET", "{n}2").value) == 2 * sum(done)


def test_a_transaction_is_seen_whole_or_not_at_all(server):
    accounts = ["account:%d" % number for number in range(20)]
    total = 1000 * len(accounts)
    with server.client() as client:
        client.call("MSET", *[item for name in accounts for item in (name, 1000)])

    def move_money(client, seed):
        choose = random.Random(seed)
        while group.go_on():
            commands = []
            for _ in range(10):
                giver, taker = choose.sample(accounts, 2)
                amount = choose.randint(1, 100)
                commands += [("MULTI",), ("DECRBY", giver, amount), ("INCRBY", taker, amount)]
                commands += [("EXEC",)]
            pipeline(client, commands)

    def audit(client):
        while group.go_on():
            balances = client.call("MGET", *accounts).value
            assert sum(int(balance.value) for balance in balances) == total
            reads = [("GET", name) for name in accounts]
            replies = pipeline(client, [("MULTI",), *reads, ("EXEC",)])
            assert sum(int(balance.value) for balance in replies[-1]) == total

    with workers(server) as group:
        for number in range(WORKERS - 2):
            group.add(move_money, number)
        group.add(audit)
        group.add(audit)


def test_keys_of_one_command_change_together(server):
    keys = ["key%d" % number for number in range(30)]

    def write(client, number):
        while group.go_on():
            order = random.sample(keys, len(keys))
            client.call("MSET", *[item for key in order for item in (key, number)])

    def read(client):
        while group.go_on():
            values = {item.value for item in client.call("MGET", *random.sample(keys, 30)).value}
            assert len(values) == 1, values

    def delete(client):
        while group.go_on():
            client.call("DEL", *random.sample(keys, len(keys)))
            assert client.call("EXISTS", *keys).value in (0, len(keys))

    with workers(server) as group:
        for number in range(4):
            group.add(write, number)
        group.add(read)
        group.add(read)
        group.add(delete)


def test_sort_sees_one_moment_of_all_keys(server):
    numbers = range(30)
    with server.client() as client:
        client.call("RPUSH", "ids", *numbers)

    def write(client, number):
        while group.go_on():
            order = random.sample(numbers, len(numbers))
            client.call("MSET", *[item for key in order for item in ("w_%d" % key, number)])
            client.call("MSET", *[item for key in order for item in ("{t}w_%d" % key, number)])

    def read(client):
        while group.go_on():
            values = {item.value for item in client.call("SORT", "ids", "GET", "w_*").value}
            assert len(values) == 1, values
            values = {item.value for item in client.call("SORT_RO", "ids", "GET", "{t}w_*").value}
            assert len(values) == 1, values

    def store(client):
        while group.go_on():
            sort = ("SORT", "ids", "BY", "w_*", "GET", "w_*", "STORE", "sorted")
            _, _, _, (count, stored) = pipeline(
                client, [("MULTI",), sort, ("LRANGE", "sorted", 0, -1), ("EXEC",)]
            )
            assert count.value == len(stored.value) == len(numbers)
            assert len({item.value for item in stored.value}) == 1

    with workers(server) as group:
        for number in range(3):
            group.add(write, number)
        group.add(read)
        group.add(read)
        group.add(store)


def test_a_renamed_key_is_always_in_one_place(server):
    with server.client() as client:
        client.call("SET", "here", "v")

    def rename(client):
        while group.go_on():
            client.call("RENAME", "here", "there")
            client.call("RENAME", "there", "here")

    def look(client):
        while group.go_on():
            assert pipeline(client, [("EXISTS", "here", "there")] * 20) == [1] * 20

    def swap(client):
        while group.go_on():
            client.call("SWAPDB", 1, 2)
            client.call("COPY", "here", "copy", "DB", 1, "REPLACE")

    with workers(server) as group:
        for _ in range(3):
            group.add(rename)
            group.add(look)
        group.add(swap)


def test_watch_lets_one_of_several_win(server):
    won = [0] * WORKERS

    def compare_and_set(client, number):
        while group.go_on():
            client.call("WATCH", "n")
            value = int(client.call("GET", "n").value or 0)
            *_, result = pipeline(client, [("MULTI",), ("SET", "n", value + 1), ("EXEC",)])
            won[number] += result is not None

    with workers(server) as group:
        for number in range(WORKERS):
            group.add(compare_and_set, number)

    with server.client() as client:
        assert int(client.call("GET", "n").value) == sum(won)


def test_a_value_is_taken_once(server):
    taken = [[] for _ in range(4)]
    given = [0]

    def give(client):
        while group.go_on():
            start = given[0]
            pipeline(client, [("SET", "slot:%d" % (start + at), start + at) for at in range(50)])
            given[0] += 50

    def take(client, number):
        while group.go_on():
            first = max(0, given[0] - 200)
            replies = pipeline(client, [("GETDEL", "slot:%d" % (first + at)) for at in range(200)])
            taken[number] += [value for value in replies if value is not None]

    with workers(server) as group:
        group.add(give)
        for number in range(4):
            group.add(take, number)

    everything = sum(taken, [])
    assert len(everything) == len(set(everything))


def test_all_subscribers_see_one_order(server):
    per_publisher = 2000
    publishers = 4
    received = [[] for _ in range(4)]
    ready = threading.Barrier(publishers + len(received))

    def subscribe(client, number):
        if number % 2:
            client.call("HELLO", 3)
        client.send("SUBSCRIBE", "news")
        client.send("PSUBSCRIBE", "other*")
        client.read()
        client.read()
        ready.wait()
        while len(received[number]) < per_publisher * publishers:
            received[number].append(client.read().value[-1].value)

    def publish(client, number):
        ready.wait()
        for start in range(0, per_publisher, 50):
            messages = ["%d:%d" % (number, start + at) for at in range(50)]
            counts = pipeline(client, [("PUBLISH", "news", message) for message in messages])
            assert counts == [len(received)] * 50

    with workers(server) as group:
        for number in range(len(received)):
            group.add(subscribe, number)
        for number in range(publishers):
            group.add(publish, number)

    assert all(messages == received[0] for messages in received)
    for number in range(publishers):
        own = [item for item in received[0] if item.startswith(b"%d:" % number)]
        assert own == [b"%d:%d" % (number, at) for at in range(per_publisher)]


def test_connections_come_and_go_under_load(server):
    def load(client):
        keys = ["load%d" % number for number in range(50)]
        while group.go_on():
            key = random.choice(keys)
            commands = [
                ("SET", key, "x" * random.randint(0, 3000), "PX", random.randint(1, 50)),
                ("GET", key),
                ("INCR", key),
                ("DEL", *random.sample(keys, 5)),
                ("BITOP", "OR", key, *random.sample(keys, 3)),
                ("KEYS", "load1*"),
                ("DBSIZE",),
                ("CLIENT", "LIST"),
                ("INFO",),
                ("PUBLISH", "load", "x" * 100),
                ("FLUSHDB",) if random.random() < 0.05 else ("PING",),
            ]
            assert len(pipeline(client, random.sample(commands, len(commands)))) == len(commands)

    def come_and_go(_):
        while group.go_on():
            with contextlib.suppress(resp.ConnectionClosed), server.client() as client:
                client.send("SUBSCRIBE", "load", "other")
                client.send("PING")
                client.read()

    def kill(client):
        while group.go_on():
            assert client.call("CLIENT", "KILL", "TYPE", "pubsub").kind == "integer"
            client.call("CONFIG", "RESETSTAT")

    with workers(server) as group:
        for _ in range(4):
            group.add(load)
        for _ in range(3):
            group.add(come_and_go)
        group.add(kill)

    with server.client() as client:
        assert client.call("PING").value == b"PONG"
