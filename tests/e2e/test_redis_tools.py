"""redis-cli against the server: in a terminal, and in the modes that are used most."""

import re
import subprocess

import pytest

from support import resp, servers
from support.redis_cli import Terminal, cli

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex") as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture(autouse=True)
def empty(server):
    with server.client() as client:
        client.call("FLUSHALL")


def test_interactive_mode_with_hints(server):
    terminal = Terminal("-p", str(server.port))
    prompt = r"%d(\(TX\))?> " % server.port
    try:
        # Typed before the prompt it would be thrown away.
        terminal.read_until(prompt)
        terminal.type("SET ")
        # The grey hint comes from COMMAND DOCS.
        terminal.read_until(r"key value \[NX")
        terminal.type("greeting hello\r")
        terminal.read_until(r"OK\r\n.*" + prompt)
        terminal.type("GET greeting\r")
        terminal.read_until(r'"hello"\r\n.*' + prompt)
        terminal.type("MULTI\r")
        terminal.read_until(r"OK\r\n.*\(TX\)> ")
        terminal.type("INCR n\r")
        terminal.read_until(r"QUEUED\r\n.*\(TX\)> ")
        terminal.type("EXEC\r")
        terminal.read_until(r"1\) \(integer\) 1\r\n.*" + prompt)
    finally:
        terminal.close()


def test_pipe_takes_a_mass_of_commands(server):
    commands = b"".join(resp.encode("SET", f"key:{i}", f"value {i}") for i in range(10_000))

    output = cli(server, "--pipe", stdin=commands)

    assert "errors: 0, replies: 10000" in output
    assert cli(server, "DBSIZE").strip() == "10000"


def test_scan_lists_the_keys_of_a_pattern(server):
    with server.client() as client:
        for i in range(1000):
            client.call("SET", f"user:{i}", "x")
            client.call("SET", f"other:{i}", "x")

    found = cli(server, "--scan", "--pattern", "user:*").split()

    assert sorted(found) == sorted(f"user:{i}" for i in range(1000))


def test_bigkeys_finds_the_biggest(server):
    with server.client() as client:
        for i in range(100):
            client.call("SET", f"small:{i}", "x")
        client.call("SET", "the big one", "x" * 10_000)

    output = cli(server, "--bigkeys")

    assert "Sampled 101 keys" in output
    assert re.search(r'Biggest string found .*"the big one"\'? has 10000 bytes', output)


def read_some(server, *args, lines):
    process = subprocess.Popen(
        ["redis-cli", "-p", str(server.port), *args], stdout=subprocess.PIPE, text=True
    )
    try:
        return [process.stdout.readline() for _ in range(lines)]
    finally:
        process.kill()
        process.wait()


def test_stat_prints_lines(server):
    lines = read_some(server, "--stat", "-i", "0.1", lines=4)

    assert "keys" in lines[1] and re.match(r"\d+ +[\d.]+[BKMG] +\d+ ", lines[2])


def test_latency_prints_numbers(server):
    result = subprocess.run(
        ["redis-cli", "-p", str(server.port), "--latency", "--raw", "-i", "1"],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )

    assert re.match(r"\d+ \d+ [\d.]+ \d+", result.stdout)


def test_resp3(server):
    assert cli(server, "-3", "--no-raw", "HELLO").startswith('1# "server" => "redis"')


def test_subscribe_prints_messages(server):
    process = subprocess.Popen(
        ["redis-cli", "-p", str(server.port), "SUBSCRIBE", "news"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert [process.stdout.readline().strip() for _ in range(3)] == ["subscribe", "news", "1"]
        with server.client() as client:
            assert client.call("PUBLISH", "news", "hello").value == 1
        lines = [process.stdout.readline().strip() for _ in range(3)]
        assert lines == ["message", "news", "hello"]
    finally:
        process.kill()
        process.wait()
