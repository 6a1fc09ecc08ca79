"""Readers of streams that wait: what ends a wait, who gets which entries, and what is logged."""

import random
import threading
import time

import pytest

from support import servers
from support.waiting import start, values, wait_for_blocked

NOGROUP = b"NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option"
WRONGTYPE = b"WRONGTYPE Operation against a key holding the wrong kind of value"


def group_read(key="s", group="g", consumer="c", *options):
    return ("XREADGROUP", "GROUP", group, consumer, "BLOCK", 0, *options, "STREAMS", key, ">")


def entries(reply):
    """The ids that a reply holds, by key."""
    found = values(reply)
    return {key: [entry[0] for entry in stream] for key, stream in found}


def test_an_entry_ends_the_waits_of_all_readers(clients):
    writer = clients()
    readers = [clients() for _ in range(3)]
    for number, reader in enumerate(readers):
        start(reader, writer, number + 1, "XREAD", "BLOCK", 0, "STREAMS", "other", "s", 0, "$")
    assert writer.call("XADD", "s", "5-1", "f", "v").value == b"5-1"
    for reader in readers:
        assert values(reader.reply()) == [[b"s", [[b"5-1", [b"f", b"v"]]]]]


def test_an_entry_of_a_transaction_ends_a_wait(clients):
    writer, reader = clients(), clients()
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "none", "s", 0, "$")
    for command in (
        ("MULTI",),
        ("XADD", "s", "1-1", "f", "v"),
        ("XADD", "s", "1-2", "f", "v"),
        ("EXEC",),
    ):
        writer.call(*command)
    assert entries(reader.reply()) == {b"s": [b"1-1", b"1-2"]}


def test_dollar_is_the_moment_at_which_the_wait_began(clients, server):
    writer, reader = clients(), clients()
    writer.call("XADD", "s", "7-0", "f", "before")
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    # What changes the key without leaving an entry leaves the wait as it is.
    writer.call("XGROUP", "CREATE", "s", "g", "$")
    if server.version >= (7, 2):  # Redis 7.0 ends the wait with an empty list.
        writer.call("XADD", "s", "MAXLEN", 0, "8-0", "f", "v")
        for command in ("MULTI",), ("XADD", "s", "9-0", "f", "v"), ("XDEL", "s", "9-0"), ("EXEC",):
            writer.call(*command)
    writer.call("XSETID", "s", "10-0")
    wait_for_blocked(writer, 1)
    writer.call("XADD", "s", "11-0", "f", "v")
    assert entries(reader.reply()) == {b"s": [b"11-0"]}


def test_an_id_of_the_future_is_waited_for(clients):
    writer, reader = clients(), clients()
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "s", "20-0")
    for number in (5, 20, 21):
        wait_for_blocked(writer, 1)
        writer.call("XADD", "s", "%d-0" % number, "f", "v")
    assert entries(reader.reply()) == {b"s": [b"21-0"]}


def test_a_stream_that_was_deleted_and_made_again_starts_anew(clients):
    writer, reader = clients(), clients()
    writer.call("XADD", "s", "5-0", "f", "v")
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    writer.call("DEL", "s")
    writer.call("RPUSH", "s", "element")
    writer.call("DEL", "s")
    writer.call("XADD", "s", "4-0", "f", "below")
    wait_for_blocked(writer, 1)
    writer.call("XADD", "s", "6-0", "f", "v")
    assert entries(reader.reply()) == {b"s": [b"6-0"]}


def test_consumers_of_a_group_get_different_entries(clients):
    writer, first, second, other = clients(), clients(), clients(), clients()
    writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    writer.call("XGROUP", "CREATE", "s", "h", "$")
    start(first, writer, 1, *group_read("s", "g", "a"))
    start(second, writer, 2, *group_read("s", "g", "b"))
    start(other, writer, 3, *group_read("s", "h", "a"))
    writer.call("XADD", "s", "1-0", "f", "v")
    assert entries(first.reply()) == {b"s": [b"1-0"]}
    assert entries(other.reply()) == {b"s": [b"1-0"]}
    wait_for_blocked(writer, 1)
    writer.call("XADD", "s", "2-0", "f", "v")
    assert entries(second.reply()) == {b"s": [b"2-0"]}
    summary = [2, b"1-0", b"2-0", [[b"a", b"1"], [b"b", b"1"]]]
    assert values(writer.call("XPENDING", "s", "g")) == summary


def test_count_leaves_the_rest_to_the_next(clients):
    writer, first, second = clients(), clients(), clients()
    writer.call("XGROUP", "CREATE", "s", "g", 0, "MKSTREAM")
    start(first, writer, 1, *group_read("s", "g", "a", "COUNT", 1))
    start(second, writer, 2, *group_read("s", "g", "b", "NOACK"))
    for command in (
        ("MULTI",),
        *(("XADD", "s", "%d-0" % number, "f", "v") for number in (1, 2, 3)),
        ("EXEC",),
    ):
        writer.call(*command)
    assert entries(first.reply()) == {b"s": [b"1-0"]}
    assert entries(second.reply()) == {b"s": [b"2-0", b"3-0"]}


@pytest.mark.parametrize("way", ["RENAME", "COPY", "RESTORE"])
def test_what_makes_a_stream_ready(clients, way):
    writer, reader = clients(), clients()
    writer.call("XADD", "other", "3-0", "f", "v")
    payload = writer.call("DUMP", "other").value
    ways = {
        "RENAME": ("RENAME", "other", "s"),
        "COPY": ("COPY", "other", "s"),
        "RESTORE": ("RESTORE", "s", 0, payload),
    }
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "s", "2-0")
    assert writer.call(*ways[way]).kind != "error"
    assert entries(reader.reply()) == {b"s": [b"3-0"]}


LOSSES = {
    "XGROUP DESTROY": ([("XGROUP", "DESTROY", "s", "g")], NOGROUP % (b"s", b"g")),
    "DEL": ([("DEL", "s")], NOGROUP % (b"s", b"g")),
    "UNLINK": ([("UNLINK", "s")], NOGROUP % (b"s", b"g")),
    "RENAME": ([("RENAME", "s", "t")], NOGROUP % (b"s", b"g")),
    "FLUSHALL": ([("FLUSHALL",)], NOGROUP % (b"s", b"g")),
    "FLUSHDB": ([("FLUSHDB",)], NOGROUP % (b"s", b"g")),
    "SWAPDB": ([("SWAPDB", 0, 1)], NOGROUP % (b"s", b"g")),
    "MOVE": ([("MOVE", "s", 1)], NOGROUP % (b"s", b"g")),
    "EXPIRE": ([("PEXPIRE", "s", 20)], NOGROUP % (b"s", b"g")),
    "EXPIREAT of the past": ([("EXPIREAT", "s", 1)], NOGROUP % (b"s", b"g")),
    "SET": ([("SET", "s", "text")], WRONGTYPE),
    "DEL and RPUSH": ([("MULTI",), ("DEL", "s"), ("RPUSH", "s", "x"), ("EXEC",)], WRONGTYPE),
    "another stream": (
        [("XADD", "t", "1-0", "f", "v"), ("RENAME", "t", "s")],
        NOGROUP % (b"s", b"g"),
    ),
}


@pytest.mark.parametrize("way", LOSSES)
def test_a_reader_of_a_group_is_told_that_it_is_gone(clients, server, way):
    commands, error = LOSSES[way]
    writer, reader = clients(), clients()
    writer.call("SELECT", 1)
    writer.call("FLUSHDB")
    writer.call("SELECT", 0)
    writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    start(reader, writer, 1, *group_read())
    for command in commands:
        assert writer.call(*command).kind != "error"
    reply = reader.reply()
    assert reply.kind == "error"
    if server.version >= (7, 2):  # Redis 7.0 has other texts.
        assert reply.value == error
    wait_for_blocked(writer, 0)


def test_other_changes_do_not_end_the_wait_of_a_group(clients):
    writer, reader = clients(), clients()
    writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    writer.call("XGROUP", "CREATE", "s", "h", "$")
    start(reader, writer, 1, *group_read())
    writer.call("XGROUP", "DESTROY", "s", "h")
    writer.call("XGROUP", "CREATECONSUMER", "s", "g", "new")
    writer.call("PEXPIRE", "s", 100000)
    wait_for_blocked(writer, 1)
    writer.call("XADD", "s", "1-0", "f", "v")
    assert entries(reader.reply()) == {b"s": [b"1-0"]}


def test_a_wait_ends_at_its_time(clients):
    reader = clients()
    reader.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    begin = time.monotonic()
    assert reader.call("XREAD", "BLOCK", 50, "STREAMS", "s", "$").value is None
    assert time.monotonic() - begin >= 0.05
    command = ("XREADGROUP", "GROUP", "g", "c", "BLOCK", 50, "STREAMS", "s", ">")
    assert reader.call(*command).value is None
    assert time.monotonic() - begin >= 0.1
    reader.call("HELLO", 3)
    assert reader.call("XREAD", "BLOCK", 10, "STREAMS", "s", "$").value is None


def test_a_map_is_what_a_reader_of_resp3_waits_for(clients):
    writer, reader = clients(), clients()
    reader.call("HELLO", 3)
    start(reader, writer, 1, "XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    writer.call("XADD", "s", "1-0", "f", "v")
    reply = reader.reply()
    assert reply.kind == "map"


def test_client_unblock(clients):
    writer, reader = clients(), clients()
    number = reader.call("CLIENT", "ID").value
    writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    start(reader, writer, 1, *group_read())
    assert writer.call("CLIENT", "UNBLOCK", number).value == 1
    assert reader.reply().value is None
    start(reader, writer, 1, *group_read())
    assert writer.call("CLIENT", "UNBLOCK", number, "ERROR").value == 1
    assert reader.reply().value == b"UNBLOCKED client unblocked via CLIENT UNBLOCK"


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_what_a_group_was_given_is_there_after_a_restart(kind):
    """The log has the deliveries behind the entries, whoever waited for them."""
    with servers.server(kind, "--appendonly", "yes") as running:
        with running.client() as writer, running.client() as reader:
            writer.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
            start(reader, writer, 1, *group_read("s", "g", "a"))
            writer.call("XADD", "s", "1-0", "f", "v")
            reader.reply()
            start(reader, writer, 1, *group_read("s", "g", "b", "NOACK"))
            writer.call("XADD", "s", "2-0", "f", "v")
            reader.reply()
            writer.call("XADD", "s", "MAXLEN", 2, "3-0", "f", "v")
            before = values(writer.call("XINFO", "GROUPS", "s"))
        running.kill()
        running.start()
        with running.client() as client:
            assert values(client.call("XINFO", "GROUPS", "s")) == before
            assert values(client.call("XPENDING", "s", "g"))[:3] == [1, b"1-0", b"1-0"]
            assert entries(client.call(*group_read("s", "g", "c"))) == {b"s": [b"3-0"]}


LOOPS = 4
CLIENTS = 5
ENTRIES = 1000


@pytest.mark.threads
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_every_entry_is_delivered_once_and_in_order(kind):
    """Writers and the consumers of one group on all loops; the consumers wait for all streams."""
    keys = ["s%d" % number for number in range(3)]
    received = [[] for _ in range(CLIENTS)]
    failures = []

    def write(number):
        choose = random.Random(number)
        with running.client(timeout=60) as client:
            for entry in range(ENTRIES):
                key = choose.choice(keys)
                client.call("XADD", key, "*", "from", "%d:%d" % (number, entry))

    def consume(number):
        command = ["XREADGROUP", "GROUP", "g", number, "COUNT", 3, "BLOCK", 0]
        with running.client(timeout=60) as client:
            while True:
                reply = client.call(*command, "STREAMS", *keys, "stop", *[">"] * (len(keys) + 1))
                for key, stream in values(reply):
                    if key == b"stop":
                        return
                    received[number] += [(key, fields[1]) for _, fields in stream]

    def guarded(work, number):
        try:
            work(number)
        except BaseException as error:  # Reported below.
            failures.append(error)

    with servers.server(kind, "--io-threads", str(LOOPS)) as running:
        with running.client() as client:
            for key in [*keys, "stop"]:
                client.call("XGROUP", "CREATE", key, "g", "$", "MKSTREAM")
        writers = [threading.Thread(target=guarded, args=(write, n)) for n in range(CLIENTS)]
        consumers = [threading.Thread(target=guarded, args=(consume, n)) for n in range(CLIENTS)]
        for thread in writers + consumers:
            thread.start()
        for thread in writers:
            thread.join()
        with running.client() as client:
            left = [1]
            while any(left):  # All is delivered before the consumers are told to stop.
                groups = [values(client.call("XINFO", "GROUPS", key))[0] for key in keys]
                left = [group[-1] for group in groups]
            pending = sum(group[5] for group in groups)
            for _ in range(CLIENTS):
                for _ in range(3):
                    client.call("XADD", "stop", "*", "f", "v")
        for thread in consumers:
            thread.join()
    assert not failures, failures
    expected = [b"%d:%d" % (w, e) for w in range(CLIENTS) for e in range(ENTRIES)]
    assert sorted(origin for one in received for _, origin in one) == sorted(expected)
    assert pending == len(expected)
    for one in received:
        latest = {}
        for key, origin in one:
            writer, number = origin.split(b":")
            assert latest.get((key, writer), -1) < int(number)
            latest[key, writer] = int(number)
