"""redis-benchmark: every test of its list, scripts and functions, without an error reply."""

import hashlib
import subprocess

import pytest

from support import servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

ALL = [
    "PING_INLINE",
    "PING_MBULK",
    "SET",
    "GET",
    "INCR",
    "LPUSH",
    "RPUSH",
    "LPOP",
    "RPOP",
    "SADD",
    "HSET",
    "SPOP",
    "ZADD",
    "ZPOPMIN",
    "LPUSH (needed to benchmark LRANGE)",
    "LRANGE_100 (first 100 elements)",
    "LRANGE_300 (first 300 elements)",
    "LRANGE_500 (first 500 elements)",
    "LRANGE_600 (first 600 elements)",
    "MSET (10 keys)",
]
SCRIPT = "redis.call('INCRBY', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])"


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex", "--io-threads", "2") as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture
def client(server):
    """Looks afterwards whether any reply was an error."""
    with server.client() as connection:
        connection.call("FLUSHALL")
        connection.call("CONFIG", "RESETSTAT")
        yield connection
        assert b"total_error_replies:0\r\n" in connection.call("INFO", "stats").value


def benchmark(server, *args):
    """Returns the names of the tests that were run."""
    result = subprocess.run(
        ["redis-benchmark", "-p", str(server.port), "--csv", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "rror" not in result.stdout + result.stderr
    assert "Could not fetch server CONFIG" not in result.stderr
    return [line.split('","')[0].strip('"') for line in result.stdout.splitlines()[1:]]


@pytest.mark.parametrize(
    "options",
    [
        ["-n", 2000],
        ["-n", 2000, "-r", 500, "--threads", 2],
        ["-n", 2000, "-r", 500, "-P", 16, "-3", "-d", 200],
        ["-n", 1000, "-c", 200, "-k", 0, "-t", "set,get,incr"],
    ],
    ids=["defaults", "threads", "pipelines", "new connections"],
)
def test_the_list(server, client, options):
    tests = benchmark(server, *options)

    assert tests == (["SET", "GET", "INCR"] if "-t" in options else ALL)
    assert client.call("DBSIZE").value > 0


@pytest.mark.parametrize("threads", [1, 2])
def test_scripts(server, client, threads):
    options = ["-n", 5000, "-r", 10, "-P", 4, "--threads", threads]
    benchmark(server, *options, "EVAL", SCRIPT, 1, "n:__rand_int__", 1)
    sha = hashlib.sha1(SCRIPT.encode()).hexdigest()
    benchmark(server, *options, "EVALSHA", sha, 1, "n:__rand_int__", 1)

    total = sum(int(client.call("GET", "n:%012d" % n).value or 0) for n in range(10))
    assert total == 10_000


def test_functions_and_other_commands(server, client):
    library = (
        "#!lua name=bench\n"
        "redis.register_function('bump', function(keys) return redis.call('INCR', keys[1]) end)"
    )
    client.call("FUNCTION", "LOAD", "REPLACE", library)
    benchmark(server, "-n", 5000, "-r", 10, "FCALL", "bump", 1, "n:__rand_int__")
    benchmark(server, "-n", 5000, "-r", 1000, "-P", 8, "XADD", "stream", "*", "f", "__rand_int__")
    client.call("FUNCTION", "FLUSH")

    assert client.call("XLEN", "stream").value == 5000
