"""What scripts leave on disk, and what other servers make of it."""

import tempfile
import threading
import time

import pytest

from support import resp, servers, waiting
from support.waiting import values

LIBRARY = (
    "#!lua name=%s\n"
    "redis.register_function('%s_set', function(keys, args)\n"
    "  redis.call('SET', keys[1], args[1]) return redis.call('INCR', keys[2]) end)\n"
    "redis.register_function{function_name='%s_get', flags={'no-writes'},\n"
    "  callback=function(keys) return redis.call('GET', keys[1]) end}\n"
)


def library(name):
    return LIBRARY % (name, name, name)


needs_duplex = pytest.mark.skipif(
    not servers.duplex_path(), reason="DUPLEX_SERVER names no server"
)


@needs_duplex
@pytest.mark.parametrize("writer, reader", [("duplex", "redis"), ("redis", "duplex")])
def test_libraries_and_effects_are_understood_by_the_other(writer, reader):
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        with servers.server(writer, "--appendonly", "yes", directory=directory) as server:
            with server.client() as client:
                assert client.call("FUNCTION", "LOAD", library("kept")).value == b"kept"
                client.call("FUNCTION", "LOAD", library("gone"))
                client.call("FUNCTION", "LOAD", "REPLACE", library("kept") + "-- second\n")
                assert client.call("FCALL", "kept_set", 2, "k", "n", "v").value == 1
                client.call("FUNCTION", "DELETE", "gone")
                script = (
                    "redis.call('SELECT', 3) redis.call('SET', 'three', 1) "
                    "redis.call('SET', 'ending', 1, 'PX', 100000000) "
                    "redis.call('RPUSH', 'l', 1, 2, 3) redis.call('LPOP', 'l')"
                )
                client.call("EVAL", script, 0)
                client.call("EVAL", "redis.call('SET', 'four', 1) error('x')", 0)
        with servers.server(reader, "--appendonly", "yes", directory=directory) as server:
            with server.client() as client:
                listed = values(client.call("FUNCTION", "LIST", "WITHCODE"))
                assert [item[1] for item in listed] == [b"kept"]
                assert listed[0][-1].endswith(b"-- second\n")
                assert client.call("FCALL_RO", "kept_get", 1, "k").value == b"v"
                assert client.call("GET", "four").value == b"1"
                client.call("SELECT", 3)
                assert values(client.call("LRANGE", "l", 0, -1)) == [b"2", b"3"]
                assert client.call("TTL", "ending").value > 1000


@needs_duplex
@pytest.mark.parametrize("reader", ["duplex", "redis"])
def test_libraries_stand_in_a_snapshot_and_in_a_new_base(reader):
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        with servers.server("duplex", "--appendonly", "yes", directory=directory) as server:
            with server.client() as client:
                client.call("FUNCTION", "LOAD", library("one"))
                client.call("FUNCTION", "LOAD", library("two"))
                assert client.call("SAVE").value == b"OK"
                assert client.call("BGREWRITEAOF").kind == "status"
                waiting.until(
                    lambda: b"aof_rewrites:1\r\n" in client.call("INFO", "persistence").value
                )
        for appendonly in ("yes", "no"):
            arguments = ["--appendonly", appendonly]
            with servers.server(reader, *arguments, directory=directory) as server:
                with server.client() as client:
                    names = {item[1] for item in values(client.call("FUNCTION", "LIST"))}
                    assert names == {b"one", b"two"}
                    assert client.call("FCALL", "two_set", 2, "k", "n", "v").value == 1


@needs_duplex
@pytest.mark.parametrize("writer, reader", [("duplex", "redis"), ("redis", "duplex")])
def test_dumped_functions_are_restored_by_the_other(writer, reader):
    with servers.server(writer) as from_server, servers.server(reader) as to_server:
        with from_server.client() as source, to_server.client() as target:
            for name in ("one", "two"):
                source.call("FUNCTION", "LOAD", library(name) + "-- long " + "x" * 500)
            dump = source.call("FUNCTION", "DUMP").value
            assert target.call("FUNCTION", "RESTORE", dump).value == b"OK"
            again = target.call("FUNCTION", "RESTORE", dump)
            assert again.value.startswith(b"ERR Library ")
            assert target.call("FUNCTION", "RESTORE", dump, "REPLACE").value == b"OK"
            assert target.call("FUNCTION", "RESTORE", dump, "FLUSH").value == b"OK"
            assert target.call("FCALL", "one_set", 2, "k", "n", "v").value == 1
            names = {item[1] for item in values(target.call("FUNCTION", "LIST"))}
            assert names == {b"one", b"two"}
            # One cut or changed byte is noticed.
            for broken in (dump[:-1], dump[1:], dump[:9] + b"?" + dump[10:]):
                reply = target.call("FUNCTION", "RESTORE", broken, "FLUSH")
                assert reply.value == b"ERR DUMP payload version or checksum are wrong"
            assert target.call("FCALL_RO", "two_get", 1, "k").value == b"v"


SCRIPT = (
    "redis.call('INCR', KEYS[1]) redis.call('SET', KEYS[2], redis.call('GET', KEYS[1])) "
    "return redis.call('INCR', ARGV[1])"
)


@needs_duplex
@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_a_script_is_in_the_log_as_a_whole_or_not_at_all(fsync):
    """kill -9 in the middle of many scripts, several times."""
    arguments = ["--appendonly", "yes", "--appendfsync", fsync, "--io-threads", "2"]
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        acknowledged = [0] * 3

        def work(number, client):
            try:
                while True:
                    keys = ["a%d" % number, "b%d" % number]
                    reply = client.call("EVAL", SCRIPT, 2, *keys, "c%d" % number)
                    acknowledged[number] = reply.value
            except (resp.ConnectionClosed, OSError):
                pass

        for _ in range(3):
            server = servers.Server("duplex", arguments, directory).start()
            clients = [server.client() for _ in acknowledged]
            threads = [
                threading.Thread(target=work, args=item) for item in enumerate(clients)
            ]
            for thread in threads:
                thread.start()
            enough = [count + 200 for count in acknowledged]
            deadline = time.monotonic() + 30
            while any(have < want for have, want in zip(acknowledged, enough)):
                assert time.monotonic() < deadline
            server.kill()
            for thread in threads:
                thread.join()
            server = servers.Server("duplex", arguments, directory).start()
            with server.client() as client:
                for number, count in enumerate(acknowledged):
                    keys = ["%s%d" % (name, number) for name in "abc"]
                    found = [int(value) for value in values(client.call("MGET", *keys))]
                    assert found[0] == found[1] == found[2]
                    assert found[0] in (count, count + 1)
                    acknowledged[number] = found[0]
            server.stop()


@needs_duplex
def test_a_script_that_is_stopped_with_the_server_leaves_nothing():
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        arguments = ["--appendonly", "yes", "--busy-reply-threshold", "50"]
        server = servers.Server("duplex", arguments, directory).start()
        runner, client = server.client(), server.client(timeout=30)
        runner.send("EVAL", "redis.call('SET', KEYS[1], 1) while true do end", 1, "half")
        deadline = time.monotonic() + 30
        while client.call("GET", "half").kind != "error":
            assert time.monotonic() < deadline
        client.send("SHUTDOWN", "NOSAVE")
        assert server.stop() == 0
        runner.close()
        client.close()
        with servers.server("duplex", *arguments, directory=directory) as again:
            with again.client() as client:
                assert client.call("EXISTS", "half").value == 0


HALVES = """
redis.call('SET', KEYS[1], ARGV[1])
local sum = 0
for i = 1, tonumber(ARGV[2]) do sum = sum + i end
redis.call('SET', KEYS[2], ARGV[1])
return sum
"""


def wait_for_write(client, key):
    """Returns when a script that has written `key` is in the way of who reads it."""
    deadline = time.monotonic() + 30
    while client.call("GET", key).kind != "error":
        assert time.monotonic() < deadline


@needs_duplex
@pytest.mark.parametrize("appendonly", ["yes", "no"])
def test_a_script_that_is_writing_is_let_finish_when_the_server_stops(appendonly):
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        arguments = ["--appendonly", appendonly, "--save", "3600 1"]
        arguments += ["--busy-reply-threshold", "20"]
        server = servers.Server("duplex", arguments, directory).start()
        with server.client() as runner, server.client(timeout=30) as client:
            client.call("SET", "other", 1)
            runner.send("EVAL", HALVES, 2, "{x}one", "{x}two", "whole", 200000000)
            wait_for_write(client, "{x}one")
            assert server.stop() == 0
        with servers.server("duplex", *arguments, directory=directory) as again:
            with again.client() as client:
                found = values(client.call("MGET", "{x}one", "{x}two", "other"))
                assert found == [b"whole", b"whole", b"1"]


@needs_duplex
def test_a_script_that_does_not_end_leaves_no_half_in_the_last_snapshot():
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        arguments = ["--save", "3600 1", "--shutdown-timeout", "1"]
        arguments += ["--busy-reply-threshold", "20"]
        server = servers.Server("duplex", arguments, directory).start()
        with server.client() as runner, server.client(timeout=30) as client:
            client.call("SET", "saved", 1)
            assert client.call("SAVE").value == b"OK"
            runner.send("EVAL", "redis.call('SET', KEYS[1], 1) while true do end", 1, "half")
            wait_for_write(client, "half")
            assert server.stop() == 1
        assert "has not ended in 1 seconds" in server.log_end()
        with servers.server("duplex", *arguments, directory=directory) as again:
            with again.client() as client:
                assert values(client.call("MGET", "saved", "half")) == [b"1", None]


@needs_duplex
def test_a_script_that_only_reads_does_not_keep_the_server_from_stopping():
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        arguments = ["--save", "3600 1", "--busy-reply-threshold", "20"]
        arguments += ["--shutdown-timeout", "1000"]
        server = servers.Server("duplex", arguments, directory).start()
        with server.client() as runner, server.client(timeout=30) as client:
            client.call("SET", "saved", 1)
            runner.send("EVAL", "redis.call('GET', KEYS[1]) while true do end", 1, "read")
            wait_for_write(client, "read")
            assert server.stop() == 0
        with servers.server("duplex", *arguments, directory=directory) as again:
            with again.client() as client:
                assert client.call("GET", "saved").value == b"1"
