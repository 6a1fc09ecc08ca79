"""Commands that wait: who is served, by what, and what a wait that ends otherwise leaves behind."""

import random
import threading
import time

import pytest

from support import resp, servers
from support.waiting import start, values, wait_for_blocked


def test_first_come_first_served(clients):
    pusher = clients()
    waiting = [clients() for _ in range(5)]
    for number, client in enumerate(waiting):
        start(client, pusher, number + 1, "BLPOP", "other%d" % number, "q", 0)
    pusher.call("RPUSH", "q", *range(3))
    for number in range(3):
        assert values(waiting[number].reply()) == [b"q", b"%d" % number]
    pusher.call("RPUSH", "q", "3")
    assert values(waiting[3].reply()) == [b"q", b"3"]
    pusher.call("RPUSH", "q", "4", "5")
    assert values(waiting[4].reply()) == [b"q", b"4"]
    assert values(pusher.call("LRANGE", "q", 0, -1)) == [b"5"]


def test_a_move_that_was_served_serves_the_next(clients):
    pusher, mover, taker = clients(), clients(), clients()
    start(taker, pusher, 1, "BRPOP", "target", 0)
    start(mover, pusher, 2, "BLMOVE", "source", "target", "LEFT", "LEFT", 0)
    assert pusher.call("LPUSH", "source", "x").value == 1
    assert mover.reply().value == b"x"
    assert values(taker.reply()) == [b"target", b"x"]
    assert pusher.call("EXISTS", "source", "target").value == 0


def test_a_ring_of_moves_hands_on_one_element(clients):
    pusher = clients()
    count = 10
    movers = [clients() for _ in range(count)]
    for number, client in enumerate(movers):
        keys = "ring%d" % number, "ring%d" % ((number + 1) % count)
        start(client, pusher, number + 1, "BLMOVE", *keys, "LEFT", "RIGHT", 0)
    pusher.call("RPUSH", "ring0", "x")
    assert [client.reply().value for client in movers] == [b"x"] * count
    assert values(pusher.call("LRANGE", "ring0", 0, -1)) == [b"x"]


def test_the_first_key_in_the_order_of_the_arguments_counts(clients, server):
    pusher, waiter = clients(), clients()
    start(waiter, pusher, 1, "BLPOP", "a", "b", "c", 0)
    for command in (("MULTI",), ("RPUSH", "c", 1), ("RPUSH", "b", 2), ("EXEC",)):
        pusher.call(*command)
    # Before Redis 7.2 it was the key that had become ready first.
    expected = [b"b", b"2"] if server.version >= (7, 2) else [b"c", b"1"]
    assert values(waiter.reply()) == expected


def test_a_transaction_is_over_before_anybody_is_served(clients):
    pusher, waiter = clients(), clients()
    start(waiter, pusher, 1, "BLPOP", "q", 0)
    commands = ("MULTI",), ("LPUSH", "q", "a"), ("DEL", "q"), ("LPUSH", "q", "b"), ("EXEC",)
    for command in commands:
        pusher.call(*command)
    assert values(waiter.reply()) == [b"q", b"b"]


def test_a_key_of_another_type_does_not_end_the_wait(clients):
    pusher, waiter = clients(), clients()
    start(waiter, pusher, 1, "BZPOPMIN", "key", 0)
    pusher.call("RPUSH", "key", "element")
    pusher.call("DEL", "key")
    pusher.call("ZADD", "key", 1, "member")
    assert values(waiter.reply()) == [b"key", b"member", b"1"]


READY = {
    "RENAME": [("RPUSH", "other", "x"), ("RENAME", "other", "q")],
    "RENAMENX": [("RPUSH", "other", "x"), ("RENAMENX", "other", "q")],
    "COPY": [("RPUSH", "other", "x"), ("COPY", "other", "q")],
    "MOVE": [("SELECT", 1), ("RPUSH", "q", "x"), ("MOVE", "q", 0), ("SELECT", 0)],
    "SWAPDB": [("SELECT", 1), ("RPUSH", "q", "x"), ("SWAPDB", 0, 1), ("SELECT", 0)],
    "SORT": [("RPUSH", "other", "x"), ("SORT", "other", "ALPHA", "STORE", "q")],
    "LMOVE": [("RPUSH", "other", "x"), ("LMOVE", "other", "q", "LEFT", "LEFT")],
    "RPOPLPUSH": [("RPUSH", "other", "x"), ("RPOPLPUSH", "other", "q")],
    "LINSERT and DEL": [
        ("RPUSH", "other", "x"),
        ("LINSERT", "other", "BEFORE", "x", "y"),
        ("LREM", "other", 1, "y"),
        ("RENAME", "other", "q"),
    ],
}


@pytest.mark.parametrize("way", READY)
def test_what_makes_a_list_ready(clients, way):
    pusher, waiter = clients(), clients()
    start(waiter, pusher, 1, "BLPOP", "q", 0)
    for command in READY[way]:
        assert pusher.call(*command).kind != "error"
    assert values(waiter.reply()) == [b"q", b"x"]


def test_restore_makes_a_list_ready(clients):
    pusher, waiter = clients(), clients()
    pusher.call("RPUSH", "other", "x")
    payload = pusher.call("DUMP", "other").value
    start(waiter, pusher, 1, "BLPOP", "q", 0)
    assert pusher.call("RESTORE", "q", 0, payload).kind != "error"
    assert values(waiter.reply()) == [b"q", b"x"]


def test_databases_are_apart(clients):
    pusher, first, second = clients(), clients(), clients()
    first.call("SELECT", 3)
    start(first, pusher, 1, "BLPOP", "q", 0)
    start(second, pusher, 2, "BLPOP", "q", 0)
    pusher.call("RPUSH", "q", "zero")
    assert values(second.reply()) == [b"q", b"zero"]
    pusher.call("SELECT", 3)
    pusher.call("RPUSH", "q", "three")
    assert values(first.reply()) == [b"q", b"three"]


def test_a_pipeline_goes_on_behind_a_wait(clients):
    pusher, waiter = clients(), clients()
    commands = ("PING", "a"), ("BLPOP", "q", 0), ("PING", "b"), ("RPUSH", "q2", "x"), ("PING", "c")
    waiter.send_raw(b"".join(resp.encode(*command) for command in commands))
    wait_for_blocked(pusher, 1)
    assert pusher.call("EXISTS", "q2").value == 0
    pusher.call("RPUSH", "q", "x")
    assert [values(waiter.reply()) for _ in commands] == [b"a", [b"q", b"x"], b"b", 1, b"c"]


def test_client_unblock(clients):
    helper, waiter = clients(), clients()
    number = waiter.call("CLIENT", "ID").value
    start(waiter, helper, 1, "BLPOP", "q", 0)
    assert helper.call("CLIENT", "UNBLOCK", number).value == 1
    assert waiter.reply().value is None
    start(waiter, helper, 1, "BLPOP", "q", 0)
    assert helper.call("CLIENT", "UNBLOCK", number, "ERROR").value == 1
    assert waiter.reply().value == b"UNBLOCKED client unblocked via CLIENT UNBLOCK"
    assert helper.call("CLIENT", "UNBLOCK", number).value == 0
    # It left the queue: the element stays.
    assert helper.call("RPUSH", "q", "x").value == 1
    assert helper.call("LLEN", "q").value == 1


@pytest.mark.parametrize("how", ["close", "kill"])
def test_who_leaves_while_waiting_loses_nothing(clients, how):
    helper, leaving, staying = clients(), clients(), clients()
    number = leaving.call("CLIENT", "ID").value
    start(leaving, helper, 1, "BLPOP", "q", 0)
    start(staying, helper, 2, "BLPOP", "q", 0)
    if how == "close":
        leaving.close()
    else:
        assert helper.call("CLIENT", "KILL", "ID", number).value == 1
    wait_for_blocked(helper, 1)
    helper.call("RPUSH", "q", "x")
    assert values(staying.reply()) == [b"q", b"x"]


def test_a_wait_ends_at_its_time(clients):
    waiter = clients()
    begin = time.monotonic()
    assert waiter.call("BLPOP", "q", "0.05").value is None
    assert time.monotonic() - begin >= 0.05


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_a_served_element_is_logged_behind_its_push(kind):
    """Replaying the log gives what was there: no element twice, none lost."""
    with servers.server(kind, "--appendonly", "yes") as running:
        with running.client() as pusher, running.client() as waiter:
            for key in ("a", "b"):
                start(waiter, pusher, 1, "BLMOVE", key, "target", "LEFT", "RIGHT", 0)
                pusher.call("RPUSH", key, "%s1" % key, "%s2" % key)
                waiter.reply()
            start(waiter, pusher, 1, "BLPOP", "c", 0)
            pusher.call("RPUSH", "c", "only")
            waiter.reply()
        running.kill()
        running.start()
        with running.client() as client:
            assert values(client.call("LRANGE", "target", 0, -1)) == [b"a1", b"b1"]
            assert values(client.call("LRANGE", "a", 0, -1)) == [b"a2"]
            assert client.call("EXISTS", "c").value == 0


LOOPS = 4
PRODUCERS = 6
CONSUMERS = 6
ELEMENTS = 3000


@pytest.mark.threads
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_every_element_is_delivered_once_and_in_order(kind):
    """Producers and consumers on all loops; consumers wait on all keys, one moves elements too."""
    keys = ["q%d" % number for number in range(4)]
    received = [[] for _ in range(CONSUMERS)]
    failures = []

    def produce(number):
        choose = random.Random(number)
        with running.client(timeout=60) as client:
            for element in range(ELEMENTS):
                key = choose.choice(keys)
                if choose.random() < 0.1:
                    client.send_raw(
                        b"".join(
                            resp.encode(*command)
                            for command in (
                                ("MULTI",),
                                ("RPUSH", key, "%d:%d" % (number, element)),
                                ("EXEC",),
                            )
                        )
                    )
                    for _ in range(3):
                        assert client.reply().kind != "error"
                else:
                    client.call("RPUSH", key, "%d:%d" % (number, element))

    def consume(number):
        with running.client(timeout=60) as client:
            while True:
                if number == 0:
                    client.call("BLMOVE", keys[0], keys[1], "LEFT", "RIGHT", "0.01")
                order = keys[number % 4 :] + keys[: number % 4]
                reply = client.call("BLPOP", *order, "stop", 0)
                key, element = values(reply)
                if key == b"stop":
                    return
                received[number].append((key, element))

    def guarded(work, number):
        try:
            work(number)
        except BaseException as error:  # Reported below.
            failures.append(error)

    with servers.server(kind, "--io-threads", str(LOOPS)) as running:
        producers = [threading.Thread(target=guarded, args=(produce, n)) for n in range(PRODUCERS)]
        consumers = [threading.Thread(target=guarded, args=(consume, n)) for n in range(CONSUMERS)]
        for thread in producers + consumers:
            thread.start()
        for thread in producers:
            thread.join()
        with running.client() as client:
            client.call("RPUSH", "stop", *range(CONSUMERS))
        for thread in consumers:
            thread.join()
        with running.client() as client:
            left = [item for key in keys for item in values(client.call("LRANGE", key, 0, -1))]
    assert not failures, failures
    everything = [element for one in received for _, element in one] + left
    expected = [b"%d:%d" % (p, e) for p in range(PRODUCERS) for e in range(ELEMENTS)]
    assert sorted(everything) == sorted(expected)
    # Of one key, one producer's elements come to one consumer in their order. Those of the first
    # key may have been moved behind others of the second.
    for one in received:
        latest = {}
        for key, element in one:
            producer, number = element.split(b":")
            if key in (b"q2", b"q3"):
                assert latest.get((key, producer), -1) < int(number)
                latest[key, producer] = int(number)
