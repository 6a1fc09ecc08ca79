"""MONITOR, SLOWLOG, LATENCY and HOTKEYS while clients work: nothing is lost, nobody is stopped."""

import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from support import resp, servers
from support.waiting import until, values

needs_duplex = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)
LINE = re.compile(rb"(\d+)\.(\d{6}) \[(\d+) ([^\]]+)\] (.*)")


def monitoring(client):
    assert client.call("MONITOR").value == b"OK"
    return client


def shown(monitor, asker, marker=b"the end"):
    """Returns what was shown up to now, without times: (database and source, command)."""
    asker.call("ECHO", marker)
    lines = []
    while True:
        match = LINE.fullmatch(monitor.read().value)
        assert match, monitor.last_bytes
        if marker in match[5]:
            return lines
        lines.append((match[3] + b" " + match[4], match[5]))


def test_a_monitor_sees_commands_in_the_order_of_their_execution(clients):
    monitor, client = monitoring(clients()), clients()
    me = b"0 " + client.local_address.encode()
    client.call("set", "k", b'a"b\\c\r\n\x00\xff')
    client.call("MULTI")
    client.call("INCR", "n")
    client.call("GET", "n")
    client.call("EXEC")
    client.call("EVAL", "return redis.call('GET', KEYS[1])", 1, "k")
    client.call("HELLO", 3, "AUTH", "default", "secret")
    client.call("CONFIG", "GET", "port")
    client.call("GET")
    assert shown(monitor, client) == [
        (me, rb'"set" "k" "a\"b\\c\r\n\x00\xff"'),
        (me, b'"MULTI"'),
        (me, b'"INCR" "n"'),
        (me, b'"GET" "n"'),
        (me, b'"EXEC"'),
        (me, b'"EVAL" "return redis.call(\'GET\', KEYS[1])" "1" "k"'),
        (b"0 lua", b'"GET" "k"'),
        (me, b'"HELLO" "3" "AUTH" "(redacted)" "(redacted)"'),
    ]


def test_a_command_that_waits_is_shown_when_it_comes(clients):
    monitor, waiter, pusher = monitoring(clients()), clients(), clients()
    waiter.send("BLPOP", "q", 0)
    assert LINE.fullmatch(monitor.read().value)[5] == b'"BLPOP" "q" "0"'
    pusher.call("RPUSH", "q", "x")
    waiter.reply()
    assert [command for _, command in shown(monitor, pusher)] == [b'"RPUSH" "q" "x"']


def test_a_monitor_is_listed_killed_and_reset(clients):
    monitor, client = monitoring(clients()), clients()
    address = monitor.local_address.encode()

    def flags():
        for line in client.call("CLIENT", "LIST", "TYPE", "normal").value.splitlines():
            if b"addr=" + address in line:
                return re.search(rb"flags=(\w+)", line)[1]
        return None

    assert flags() == b"O"
    refusal = b"ERR Replica can't interact with the keyspace"
    assert monitor.call("GET", "k").value == refusal
    assert monitor.call("RESET").value == b"RESET"
    assert flags() == b"N"
    assert monitor.call("GET", "k").value is None
    client.call("ECHO", "not shown")
    with pytest.raises(resp.NoReply):
        monitor.read(timeout=0.05)
    monitoring(monitor)
    assert client.call("CLIENT", "KILL", "ADDR", address).value == 1
    with pytest.raises(resp.ConnectionClosed):
        while True:
            monitor.read()


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_clients_of_a_unix_socket_are_shown_with_its_path(kind, tmp_path):
    path = str(tmp_path / "s.sock")
    with servers.server(kind, "--unixsocket", path) as server:
        with server.client() as client, server.client() as asker:
            monitor = monitoring(client)
            with socket.socket(socket.AF_UNIX) as unix:
                unix.connect(path)
                unix.sendall(resp.encode("PING"))
                assert unix.recv(100) == b"+PONG\r\n"
            assert shown(monitor, asker) == [(b"0 unix:" + path.encode(), b'"PING"')]


class Load:
    """Clients that write to a few keys until it is stopped, each with values of its own."""

    def __init__(self, server, clients=8, keys=3, padding=b""):
        self.sent = [0] * clients
        self.keys = keys
        self._padding = padding
        self._stop = threading.Event()
        self._failures = []
        self._threads = [
            threading.Thread(target=self._run, args=(server, number)) for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, server, number):
        try:
            with server.client() as client:
                while not self._stop.is_set():
                    batch = 20
                    for _ in range(batch):
                        self.sent[number] += 1
                        count = self.sent[number]
                        value = b"%d.%d%s" % (number, count, self._padding)
                        client.send("SET", "key%d" % (count % self.keys), value)
                    for _ in range(batch):
                        assert client.reply().value == b"OK"
        except Exception as failure:  # pylint: disable=broad-except
            self._failures.append(failure)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self._failures


@pytest.fixture(name="four_loops")
def four_loops_fixture():
    with servers.server("duplex", "--io-threads", "4") as server:
        yield server
        assert server.is_running(), server.log_end()


@needs_duplex
def test_under_load_monitors_see_every_write_in_the_order_of_each_key(four_loops):
    with four_loops.client() as one, four_loops.client() as two, four_loops.client() as asker:
        monitors = [monitoring(one), monitoring(two)]
        seen = [[], []]

        def read(monitor, lines):
            while True:
                line = monitor.read(timeout=30).value
                if b'"ECHO"' in line:
                    return
                lines.append(LINE.fullmatch(line)[5])

        readers = [
            threading.Thread(target=read, args=(monitor, lines))
            for monitor, lines in zip(monitors, seen)
        ]
        for reader in readers:
            reader.start()
        load = Load(four_loops)
        until(lambda: min(load.sent) > 1000)
        load.stop()
        asker.call("ECHO", "the end")
        for reader in readers:
            reader.join()
        assert len(seen[0]) == sum(load.sent)
        assert sorted(seen[0]) == sorted(seen[1])
        for key in range(load.keys):
            name = b'"SET" "key%d"' % key
            of_key = [[line for line in lines if line.startswith(name)] for lines in seen]
            assert of_key[0] == of_key[1]
            last = asker.call("GET", "key%d" % key).value
            assert of_key[0][-1] == b'%s "%s"' % (name, last)


@needs_duplex
def test_a_monitor_that_does_not_read_is_cut_off_and_nobody_else(four_loops):
    with four_loops.client() as slow, four_loops.client() as asker:
        asker.call("CONFIG", "SET", "client-output-buffer-limit", "normal 262144 0 0")
        monitoring(slow)
        # More than the kernel keeps for a connection is soon shown.
        load = Load(four_loops, padding=b"x" * 10_000)
        until(lambda: b"flags=O" not in asker.call("CLIENT", "LIST").value)
        sent = list(load.sent)
        until(lambda: all(now > before for now, before in zip(load.sent, sent)))
        load.stop()
        with pytest.raises(resp.ConnectionClosed):
            while True:
                slow.read()
        assert asker.call("PING").value == b"PONG"


@needs_duplex
def test_under_load_the_slow_log_is_whole(four_loops):
    with four_loops.client() as asker:
        asker.call("CONFIG", "SET", "slowlog-log-slower-than", 0, "slowlog-max-len", 50)
        load = Load(four_loops)
        try:
            for _ in range(200):
                ids = [entry[0] for entry in values(asker.call("SLOWLOG", "GET", -1))]
                assert ids == sorted(ids, reverse=True)
                assert len(ids) == len(set(ids)) <= 50
                asker.call("SLOWLOG", "RESET")
        finally:
            load.stop()
        commands = sum(load.sent)
        histogram = values(asker.call("LATENCY", "HISTOGRAM", "set"))
        assert histogram[0] == b"set"
        assert histogram[1][1] == commands
        assert histogram[1][3][-1] == commands


@needs_duplex
def test_under_load_the_busiest_keys_are_found(four_loops):
    with four_loops.client() as asker:
        assert asker.call("HOTKEYS", "START", "METRICS", 2, "CPU", "NET", "COUNT", 3).value == b"OK"
        load = Load(four_loops)
        until(lambda: min(load.sent) > 500)
        load.stop()
        assert asker.call("HOTKEYS", "STOP").value == b"OK"
        flat = values(asker.call("HOTKEYS", "GET"))[0]
        profile = dict(zip(flat[::2], flat[1::2]))
        ranking = dict(zip(profile[b"by-accesses"][::2], profile[b"by-accesses"][1::2]))
        assert set(ranking) == {b"key0", b"key1", b"key2"}
        assert sum(ranking.values()) == sum(load.sent)
        assert set(profile[b"by-cpu-time-us"][::2]) <= set(ranking)
        assert set(profile[b"by-net-bytes"][::2]) == set(ranking)
        shards = [dict(zip(shard[::2], shard[1::2])) for shard in profile[b"busiest-shards"]]
        assert sum(shard[b"accesses"] for shard in shards) == sum(load.sent)


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_redis_cli_finds_hot_keys(kind):
    with servers.server(kind, "--maxmemory-policy", "allkeys-lfu") as server:
        with server.client() as client:
            for number in range(100):
                client.call("SET", "cold%d" % number, "v")
            for _ in range(3000):
                client.call("GET", "cold7")
        output = subprocess.run(
            [shutil.which("redis-cli"), "-p", str(server.port), "--hotkeys"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout
        assert re.search(r"hot key found with counter: \d+\s+keyname: \"?cold7\"?", output), output


@needs_duplex
def test_delays_have_their_events():
    with servers.server(
        "duplex",
        *("--latency-monitor-threshold", "1", "--enable-debug-command", "yes"),
        *("--appendonly", "yes", "--appendfsync", "always"),
    ) as server:
        with server.client() as client:
            client.call("DEBUG", "SLEEP", "0.02")
            latest = {event[0]: event for event in values(client.call("LATENCY", "LATEST"))}
            assert latest[b"command"][2] >= 20
            assert client.call("LATENCY", "DOCTOR").value.startswith(b"Delays that reached")
            graph = client.call("LATENCY", "GRAPH", "command").value
            assert graph.startswith(b"command - high ")
            assert client.call("LATENCY", "RESET", "command").value == 1
            assert values(client.call("LATENCY", "HISTORY", "command")) == []
