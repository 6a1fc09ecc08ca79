"""The notation of the transcripts is redis-cli's own: both format the same replies."""

import subprocess

import pytest

from support import notation, servers


@pytest.fixture(scope="module")
def redis():
    with servers.server("redis", "--enable-debug-command", "yes") as server:
        yield server


def _redis_cli(server, protocol, *arguments):
    line = ["redis-cli", "-p", str(server.port), "-%d" % protocol, "--no-raw", *arguments]
    return subprocess.run(line, capture_output=True, check=True).stdout.decode().rstrip("\n")


COMMANDS = [
    ("DEBUG", "PROTOCOL", name)
    for name in ("string", "integer", "double", "null", "array", "set", "map", "true", "false")
] + [
    ("EVAL", "return {1,'two',{3,{},{'four'}},redis.status_reply('FINE')}", "0"),
    ("EVAL", "local t = {} for i = 1, 12 do t[i] = {i, {'x', 'y'}} end return t", "0"),
    ("EVAL", "redis.setresp(3) return {map={a={b=1}}}", "0"),
    ("EVAL", "return {map={a={1,{2,3}}}}", "0"),
    ("EVAL", "redis.setresp(3) return {map={a={}, b={map={}}}}", "0"),
    ("ECHO", 'a"b\\c\n\r\t\a\b é'),
    ("NOTHING",),
    ("PING",),
    ("COMMAND", "INFO", "get", "nothing"),
]


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command)[:40])
def test_prints_what_redis_cli_prints(redis, protocol, command):
    with redis.client() as client:
        client.call("HELLO", protocol)
        ours = "\n".join(notation.format_reply(client.call(*command)))

    assert ours == _redis_cli(redis, protocol, *command)


def test_reads_arguments_as_redis_cli_writes_them():
    line = r'''SET "a\x00\xff\n\"b" 'it\'s' plain"" '''

    with pytest.raises(ValueError):
        notation.split_arguments('"unbalanced')
    with pytest.raises(ValueError):
        notation.split_arguments('"closed"early')
    assert notation.split_arguments(line) == [b"SET", b'a\x00\xff\n"b', b"it's", b"plain"]
    every_byte = bytes(range(256))
    assert notation.split_arguments(notation.quote(every_byte)) == [every_byte]
