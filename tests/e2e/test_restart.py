"""What was acknowledged is there after a restart, whether the server was stopped or killed."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

import pytest

from support import resp, servers

WORKERS = 4
PIPELINE = 20


class Ledger:
    """What one worker was told about its own counter, and what it may have set beyond that."""

    def __init__(self, number):
        self.key = "counter:%d" % number
        self.acknowledged = 0
        self.sent = 0

    def work(self, client):
        """Increments until the server goes away."""
        request = resp.encode("INCR", self.key) * PIPELINE
        request += resp.encode("SET", self.key + ":copy", "x" * 100, "EX", "1000")
        try:
            while True:
                self.sent = self.acknowledged + PIPELINE
                client.send_raw(request)
                for _ in range(PIPELINE):
                    self.acknowledged = client.reply().value
                client.reply()
        except resp.ConnectionClosed:
            pass

    def check(self, client):
        found = int(client.call("GET", self.key).value or 0)
        assert self.acknowledged <= found <= max(self.sent, self.acknowledged)
        self.acknowledged = self.sent = found


def run_for(server, ledgers, seconds, killed):
    clients = [server.client(timeout=60) for _ in ledgers]
    threads = [
        threading.Thread(target=ledger.work, args=(client,))
        for ledger, client in zip(ledgers, clients)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    if killed:
        server.kill()
    else:
        assert server.stop() == 0, server.log_end()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()


def can_rewrite(kind):
    return "bgrewriteaof" in servers.known_commands(kind)


def rounds(kind, fsync, go_on):
    ledgers = [Ledger(number) for number in range(WORKERS)]
    count = 0
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        while go_on(count):
            arguments = ["--appendonly", "yes", "--appendfsync", fsync]
            server = servers.Server(kind, arguments, directory).start()
            try:
                with server.client() as client:
                    for ledger in ledgers:
                        ledger.check(client)
                    assert client.call("DBSIZE").value <= 2 * WORKERS
                    if count % 3 == 1 and can_rewrite(kind):
                        assert client.call("BGREWRITEAOF").kind == "status"
                run_for(server, ledgers, 0.5, killed=count % 2 == 0)
            finally:
                server.stop()
            count += 1


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_nothing_that_was_acknowledged_is_lost(kind, fsync):
    rounds(kind, fsync, lambda count: count < 5)


needs_both = pytest.mark.skipif(
    set(servers.available_kinds()) != {"redis", "duplex"}, reason="needs both servers"
)


@needs_both
def test_killed_servers_take_turns_in_a_file_with_padding():
    """Wherever the padding is met that a log under `always` ends with, it reads as comments."""
    options = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        increment = pathlib.Path(directory) / "appendonlydir" / "appendonly.aof.1.incr.aof"
        written = {}
        for turn in range(24):
            kind = "redis" if turn % 2 else "duplex"
            with servers.server(kind, *options, directory=directory) as server:
                with server.client(timeout=60) as client:
                    for key, value in written.items():
                        assert client.call("GET", key).value == value.encode(), (turn, key)
                    for number in range(4):
                        key = "key:%d:%d" % (turn, number)
                        written[key] = "v" * (turn * 5 + number)
                        assert client.call("SET", key, written[key]).value == b"OK"
                server.kill()
            if kind == "duplex":
                assert increment.read_bytes().endswith(b"##\n")
                check = ["redis-check-aof", str(increment.parent / "appendonly.aof.manifest")]
                assert b"are valid" in subprocess.run(check, capture_output=True).stdout


@pytest.mark.soak
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_restarts_for_a_long_time(kind):
    end = time.monotonic() + float(os.environ.get("SOAK_SECONDS", "60"))
    rounds(kind, "everysec", lambda _: time.monotonic() < end)


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_everything_about_a_key_survives(kind):
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        with servers.server(kind, "--appendonly", "yes", directory=directory) as server:
            with server.client() as client:
                client.call("SET", "text", "hello")
                client.call("SET", b"\x00\xff\r\n", bytes(range(256)))
                client.call("SET", "number", 12)
                client.call("SET", "", "nameless")
                client.call("SETRANGE", "big", 3_000_000, "x")
                client.call("SET", "far", "v", "PXAT", 4102444800123)
                client.call("SET", "short", "v", "PX", 1)
                client.call("SET", "deleted", "v")
                client.call("DEL", "deleted")
                client.call("SELECT", 5)
                client.call("SET", "text", "in five")
                client.call("MULTI")
                client.call("SET", "a", 1)
                client.call("SELECT", 6)
                client.call("SET", "b", 2)
                client.call("EXEC")
                client.call("SWAPDB", 6, 7)
            server.kill()

        with servers.server(kind, "--appendonly", "yes", directory=directory) as server:
            with server.client() as client:
                assert client.call("GET", "text").value == b"hello"
                assert client.call("GET", b"\x00\xff\r\n").value == bytes(range(256))
                assert client.call("OBJECT", "ENCODING", "number").value == b"int"
                assert client.call("GET", "").value == b"nameless"
                assert client.call("STRLEN", "big").value == 3_000_001
                assert client.call("PEXPIRETIME", "far").value == 4102444800123
                assert client.call("EXISTS", "short", "deleted").value == 0
                client.call("SELECT", 5)
                assert client.call("GET", "text").value == b"in five"
                assert client.call("GET", "a").value == b"1"
                client.call("SELECT", 7)
                assert client.call("GET", "b").value == b"2"
                client.call("SELECT", 6)
                assert client.call("DBSIZE").value == 0


def rewrite(client):
    assert client.call("BGREWRITEAOF").kind == "status"
    deadline = time.monotonic() + 20
    while b"aof_rewrite_in_progress:1" in client.call("INFO", "persistence").value:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("writer", servers.available_kinds())
@pytest.mark.parametrize("reader", servers.available_kinds())
def test_each_server_starts_from_the_files_of_the_other(writer, reader):
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        arguments = ["--appendonly", "yes"]
        with servers.server(writer, *arguments, directory=directory) as server:
            with server.client() as client:
                for number in range(1000):
                    client.send("SET", "key:%d" % number, number)
                    client.send("EXPIREAT", "key:%d" % number, 4102444800 + number)
                assert {client.reply().value for _ in range(2000)} == {b"OK", 1}
                if can_rewrite(writer):
                    rewrite(client)
                client.call("APPEND", "key:7", "after")

        with servers.server(reader, *arguments, directory=directory) as server:
            with server.client() as client:
                assert client.call("DBSIZE").value == 1000
                assert client.call("GET", "key:7").value == b"7after"
                assert client.call("GET", "key:999").value == b"999"
                assert client.call("EXPIRETIME", "key:999").value == 4102444800 + 999
