"""Keyspace events of every command that writes, on both servers, in the same order."""

import pytest

from e2e import keyspace_event_cases
from support import notation, servers
from support.waiting import start, until

CLASSES = "g$lszhxetdmn"
FLAGS = ["KEA", "KA", "EA", "KEAmn", "K", "E"] + ["KE" + letter for letter in CLASSES]
END = b"end-of-case"


class Case:
    def __init__(self, line):
        self.text = line
        line, _, expected = line.partition("==>")
        # For what redis-server 7.0 does not know.
        self.expected = expected.split() if "==>" in self.text else None
        before, _, command = line.rpartition(" => ")
        self.set_up = [notation.split_arguments(text) for text in before.split(" | ") if text]
        self.command = notation.split_arguments(command)

    def __repr__(self):
        return self.text


def _cases(text):
    return [Case(line) for line in text.strip().split("\n")]


WRITES = _cases(keyspace_event_cases.WRITES)
READS = _cases(keyspace_event_cases.READS)


@pytest.fixture(scope="module")
def running():
    args = "--enable-debug-command", "yes"
    kind = servers.available_kinds()[-1]
    with servers.server(kind, *args) as under_test, servers.server("redis", *args) as redis:
        for server in (under_test, redis):
            with server.client() as client:
                client.call("DEBUG", "SET-ACTIVE-EXPIRE", 0)
        yield {"under test": under_test, "redis": redis}


@pytest.fixture
def events(running):
    """Returns a function that runs a case on a server and returns its events, as they came."""
    clients = {name: (server.client(), server.client()) for name, server in running.items()}
    for _, listener in clients.values():
        for pattern in ("__key*__:*", END):
            listener.call("PSUBSCRIBE", pattern)

    def run(name, case, flags):
        client, listener = clients[name]
        client.call("FUNCTION", "FLUSH")
        client.call("FLUSHALL")
        for command in case.set_up:
            assert client.call(*command).kind != "error", command
        if b"PX" in [word.upper() for line in case.set_up for word in line]:
            _wait_for_the_end(client)
        client.call("CONFIG", "SET", "notify-keyspace-events", flags)
        reply = client.call(*case.command)
        client.call("CONFIG", "SET", "notify-keyspace-events", "")
        client.call("PUBLISH", END, "")
        assert reply.kind != "error", (case, reply)
        return list(_heard(listener))

    yield run
    for pair in clients.values():
        for client in pair:
            client.close()


def _heard(listener):
    """The messages that came before the end of the case."""
    while (message := listener.read().value)[2].value != END:
        yield b"%s %s" % (message[2].value, message[3].value)


def _wait_for_the_end(client):
    """Of a key that had a millisecond left."""

    def now_us():
        seconds, us = client.call("TIME").value
        return int(seconds.value) * 1000000 + int(us.value)

    began = now_us()
    while now_us() < began + 2000:
        pass


def _events_of(case):
    """Those that a case expects, as both kinds of channels have them."""
    for event in case.expected:
        name, key = event.encode().split(b":", 1)
        yield b"__keyspace@0__:%s %s" % (key, name)
        yield b"__keyevent@0__:%s %s" % (name, key)


@pytest.mark.parametrize("flags", FLAGS)
def test_the_events_are_those_of_redis(events, flags):
    for case in WRITES + READS:
        heard = events("under test", case, flags)
        if case.expected is None:
            assert heard == events("redis", case, flags), (case, flags)


def test_commands_of_newer_versions_have_the_events_that_those_have(running, events):
    if running["under test"].kind == "redis":
        return
    for case in WRITES:
        if case.expected is not None:
            assert events("under test", case, "KEA") == list(_events_of(case)), case


SERVED = [
    (("BLPOP", "q", 0), ("RPUSH", "q", "x", "y")),
    (("BLPOP", "q", 0), ("RPUSH", "q", "x")),
    (("BLMOVE", "q", "d", "LEFT", "RIGHT", 0), ("LPUSH", "q", "x")),
    (("BZPOPMIN", "q", 0), ("ZADD", "q", 1, "x")),
    (("BLPOP", "q", 0), ("EVAL", "redis.call('RPUSH', 'q', 1) redis.call('SET', 'k', 2)", 0)),
]


@pytest.mark.parametrize("waiting, serving", SERVED)
def test_a_client_that_waited_has_its_events_behind_those_that_serve_it(
    running, waiting, serving
):
    heard = {}
    for name, server in running.items():
        with server.client() as waiter, server.client() as other, server.client() as listener:
            other.call("FLUSHALL")
            other.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
            for pattern in ("__key*__:*", END):
                listener.call("PSUBSCRIBE", pattern)
            start(waiter, other, 1, *waiting)
            other.call(*serving)
            waiter.reply()
            other.call("PUBLISH", END, "")
            other.call("CONFIG", "SET", "notify-keyspace-events", "")
            heard[name] = list(_heard(listener))
    assert heard["under test"] == heard["redis"]


def test_evicted_keys_are_events(running):
    for server in running.values():
        with server.client() as client, server.client() as listener:
            client.call("FLUSHALL")
            for number in range(100):
                client.call("SET", "k%d" % number, "x" * 10000)
            client.call("CONFIG", "SET", "notify-keyspace-events", "KEe")
            for pattern in ("__key*__:*", END):
                listener.call("PSUBSCRIBE", pattern)
            client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
            client.call("CONFIG", "SET", "maxmemory", 1)
            until(lambda: client.call("DBSIZE").value == 0)
            client.call("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction")
            client.call("CONFIG", "SET", "notify-keyspace-events", "")
            client.call("PUBLISH", END, "")
            heard = list(_heard(listener))
            assert len(heard) == 200
            for of_key, of_event in zip(heard[::2], heard[1::2]):
                key = of_event.split(b" ")[1]
                assert of_event == b"__keyevent@0__:evicted " + key
                assert of_key == b"__keyspace@0__:%s evicted" % key


def test_every_command_that_writes_has_a_case(running):
    with running["under test"].client() as client:
        writing = {
            name.decode().replace("|", " ").upper()
            for name in _names_of(client.call("COMMAND").value)
        }
    tried = set()
    for case in WRITES:
        words = [word.decode("latin-1").upper() for word in case.command[:2]]
        tried |= {words[0], " ".join(words)}
    # MIGRATE needs a second server: test_migrate.py. Redis has no commands for browsers.
    ours = {name for name in writing if name.startswith("RT.")}
    assert writing - tried - ours - {"MIGRATE"} == set()


def _names_of(commands):
    """The names of commands that write, of subcommands where there are some."""
    for command in commands:
        fields = [field.value for field in command.value]
        if len(fields) > 9 and fields[9]:
            yield from _names_of(fields[9])
        elif b"write" in [flag.value for flag in fields[2]]:
            yield fields[0]
