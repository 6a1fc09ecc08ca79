"""redis-cli: reports about keys, ways to print and to pass arguments, scripts, messages."""

import json
import re
import subprocess

import pytest

from support import resp, servers, waiting
from support.redis_cli import Terminal, cli

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex", "--io-threads", "2") as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture(autouse=True)
def client(server):
    with server.client() as connection:
        connection.call("FLUSHALL")
        yield connection


def test_memkeys_finds_what_takes_most(server, client):
    client.call("RPUSH", "long", *range(2000))
    client.call("HSET", "wide", *range(2000))
    for number in range(100):
        client.call("SET", f"small:{number}", "x")

    output = cli(server, "--memkeys")

    assert "Sampled 102 keys in the keyspace" in output
    assert re.search(r'Biggest   list found \'?"long"\'? has \d{4,} bytes', output)
    assert re.search(r'Biggest   hash found \'?"wide"\'? has \d{4,} bytes', output)
    assert cli(server, "--memkeys", "--memkeys-samples", "0").count("Biggest") >= 3


def test_bigkeys_knows_every_type(server, client):
    for command in (
        "SET string abcdef",
        "RPUSH list a b c d",
        "HSET hash f v g w",
        "SADD set a b c",
        "ZADD zset 1 a 2 b",
        "XADD stream * f v",
    ):
        client.call(*command.split())

    output = cli(server, "--bigkeys")

    for found in (
        'string found .*"string"\'? has 6 bytes',
        'list found .*"list"\'? has 4 items',
        'hash found .*"hash"\'? has 2 fields',
        'set found .*"set"\'? has 3 members',
        'zset found .*"zset"\'? has 2 members',
        'stream found .*"stream"\'? has 1 entries',
    ):
        assert re.search(found, output), found


def test_hotkeys_finds_what_is_used_most(server, client):
    client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    try:
        for number in range(50):
            client.call("SET", f"cold:{number}", "x")
        client.call("SET", "hot", "x")
        for _ in range(2000):
            client.call("GET", "hot")

        output = cli(server, "--hotkeys")
    finally:
        client.call("CONFIG", "SET", "maxmemory-policy", "noeviction")

    assert "Sampled 51 keys in the keyspace" in output
    first = re.search(r"hot key found with counter: (\d+)\s+keyname: \"(.*)\"", output)
    assert first[2] == "hot" and int(first[1]) > 6


def test_hotkeys_needs_a_policy_that_counts(server, client):
    client.call("SET", "k", "v")
    process = subprocess.run(
        ["redis-cli", "-p", str(server.port), "--hotkeys"],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert process.returncode == 1
    assert "ERR An LFU maxmemory policy is not selected" in process.stdout + process.stderr


def test_ways_to_print(server, client):
    client.call("RPUSH", "list", "a", 'say "b"', "c,d")
    client.call("HSET", "hash", "f", "1", "g", "2")
    client.call("ZADD", "zset", "1.5", "m")

    assert cli(server, "--csv", "LRANGE", "list", "0", "-1") == '"a","say \\"b\\"","c,d"\n'
    assert cli(server, "--csv", "-3", "HGETALL", "hash") == '"f","1","g","2"\n'
    assert json.loads(cli(server, "--json", "LRANGE", "list", 0, -1)) == ["a", 'say "b"', "c,d"]
    assert json.loads(cli(server, "--json", "HGETALL", "hash")) == {"f": "1", "g": "2"}
    assert json.loads(cli(server, "--json", "ZRANGE", "zset", 0, -1, "WITHSCORES")) == [["m", 1.5]]
    assert json.loads(cli(server, "--json", "GET", "none")) is None
    assert json.loads(cli(server, "--json", "CONFIG", "GET", "maxmemory")) == {"maxmemory": "0"}
    assert cli(server, "--raw", "LINDEX", "list", 1) == 'say "b"\n'
    assert cli(server, "--no-raw", "LINDEX", "list", 1) == '"say \\"b\\""\n'
    assert cli(server, "-d", "|", "LRANGE", "list", 0, -1) == 'a|say "b"|c,d\n'
    assert json.loads(cli(server, "--json", "COMMAND", "DOCS", "GET"))["get"]["since"] == "1.0.0"


def test_ways_to_pass_arguments(server, client):
    assert cli(server, "-x", "SET", "from stdin", stdin=b"a\x00b\r\nlast") == "OK\n"
    assert client.call("GET", "from stdin").value == b"a\x00b\r\nlast"
    assert cli(server, "-X", "TAG", "SET", "tagged", "TAG", "EX", 100, stdin=b"value") == "OK\n"
    assert client.call("GET", "tagged").value == b"value"
    assert cli(server, "--quoted-input", "SET", r'"\x00key"', r'"\xff"') == "OK\n"
    assert client.call("GET", b"\x00key").value == b"\xff"
    assert cli(server, "-r", 5, "-i", "0.001", "INCR", "n").split() == list("12345")
    assert cli(server, "-n", 3, "SET", "k", "v") == "OK\n"
    assert cli(server, "-u", f"redis://127.0.0.1:{server.port}/3", "DBSIZE") == "1\n"
    assert cli(server, stdin=b"SET a 1\nINCR a\n\nGET a\n").split() == ["OK", "2", "2"]
    assert cli(server, "-e", "GET", status=1) == ""
    assert cli(server, "--verbose", "PING").endswith("PONG\n")


def test_a_user_logs_in(server, client):
    client.call("ACL", "SETUSER", "alice", "on", ">secret", "~a:*", "+get", "+set", "+acl|whoami")
    login = ["--user", "alice", "-a", "secret", "--no-auth-warning"]
    assert cli(server, *login, "ACL", "WHOAMI") == "alice\n"
    assert cli(server, *login, "SET", "a:1", "x") == "OK\n"
    assert "NOPERM" in cli(server, *login, "SET", "b:1", "x")
    client.call("ACL", "DELUSER", "alice")


def test_eval_runs_a_file(server, tmp_path):
    script = tmp_path / "script.lua"
    script.write_text(
        "redis.call('SET', KEYS[1], ARGV[1])\nreturn {KEYS, ARGV, redis.call('GET', KEYS[1])}"
    )
    output = cli(server, "--json", "--eval", script, "k1", "k2", ",", "a 1", "a2")
    assert json.loads(output) == [["k1", "k2"], ["a 1", "a2"], "a 1"]
    script.write_text("return redis.call('NOSUCH')")
    assert "ERR Unknown Redis command called from script" in cli(server, "--eval", script)


def test_a_file_of_functions_is_loaded(server, tmp_path):
    library = b"#!lua name=lib\nredis.register_function('hello', function() return 'hi' end)"
    assert cli(server, "-x", "FUNCTION", "LOAD", "REPLACE", stdin=library) == "lib\n"
    assert cli(server, "FCALL", "hello", 0) == "hi\n"
    assert "library_name" in cli(server, "FUNCTION", "LIST")
    assert cli(server, "FUNCTION", "DELETE", "lib") == "OK\n"


def test_pipe_counts_errors(server):
    commands = resp.encode("SET", "k", "v") + resp.encode("INCR", "k") + resp.encode("GET", "k")
    assert "errors: 1, replies: 3" in cli(server, "--pipe", stdin=commands, status=1)
    inline = b"".join(b"SET inline:%d x\r\n" % number for number in range(5000))
    assert "errors: 0, replies: 5000" in cli(server, "--pipe", stdin=inline)


def test_scan_prints_every_key_of_a_type(server, client):
    for number in range(500):
        client.call("SET", f"key {number}", "x")
    client.call("SADD", "members", "a")
    assert len(cli(server, "--scan").splitlines()) == 501
    assert cli(server, "--scan", "--pattern", "mem*") == "members\n"
    quoted = cli(server, "--scan", "--quoted-pattern", r'"key 49\x39"', "--no-raw")
    assert quoted == '"key 499"\n'


def test_latency_modes(server):
    lines = []
    for options in (["--latency-history", "-i", "0.2"], ["--latency-dist", "-i", "0.2"]):
        process = subprocess.Popen(
            ["redis-cli", "-p", str(server.port), "--raw", *options],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            lines.append(process.stdout.readline())
        finally:
            process.kill()
            process.communicate()
    assert re.match(r"\d+ \d+ [\d.]+ \d+$", lines[0])
    assert lines[1].startswith("-----")


def test_messages_in_a_terminal(server, client):
    terminal = Terminal("-p", str(server.port))
    prompt = r"%d> " % server.port
    try:
        terminal.read_until(prompt)
        terminal.type("SUBSCRIBE news other\r")
        terminal.read_until(r'2\) "other"\r\n3\) \(integer\) 2')
        assert client.call("PUBLISH", "news", "hello").value == 1
        terminal.read_until(r'1\) "message"\r\n2\) "news"\r\n3\) "hello"')
        # ^C leaves the messages, and the connection is made anew.
        terminal.type("\x03")
        terminal.read_until(prompt)
        terminal.type("PING\r")
        terminal.read_until(r"PONG\r\n.*" + prompt)
        waiting.until(lambda: client.call("PUBLISH", "news", "nobody").value == 0)
    finally:
        terminal.close()


def test_messages_between_commands_in_resp3(server, client):
    terminal = Terminal("-3", "-p", str(server.port))
    prompt = r"%d> " % server.port
    try:
        terminal.read_until(prompt)
        terminal.type("PSUBSCRIBE n*\r")
        terminal.read_until("psubscribe")
        assert client.call("PUBLISH", "news", "hello").value == 1
        terminal.read_until(r'"pmessage"(.|\n|\r)*"hello"')
    finally:
        terminal.type("\x03")
        terminal.close()


def test_a_lost_server_is_found_again():
    with servers.server("duplex", "--port", servers.free_port()) as server:
        terminal = Terminal("-p", str(server.port))
        prompt = r"%d> " % server.port
        try:
            terminal.read_until(prompt)
            server.stop()
            server.start()
            terminal.type("PING\r")
            terminal.read_until("not connected> ")
            terminal.type("PING\r")
            terminal.read_until(r"PONG\r\n.*" + prompt)
        finally:
            terminal.close()
