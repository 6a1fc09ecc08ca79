"""prometheus-redis-exporter from Debian: what it shows of Duplex beside what it shows of Redis."""

import contextlib
import re
import subprocess
import urllib.request

import pytest

from support import servers, waiting

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

OPTIONS = [
    "-check-keys=db0=*",
    "-check-streams=db0=stream",
    "-count-keys=db0=h*,db0=*",
    "-check-key-groups=^(.)",
    "-export-client-list",
    "-include-system-metrics",
    "-redis-only-metrics",
]

# What Redis counts and Duplex need not show.
MISSING = {
    # Every loop reads and writes for its own clients: there is no main thread.
    "redis_cpu_sys_main_thread_seconds_total",
    "redis_cpu_user_main_thread_seconds_total",
    "redis_io_threaded_reads_processed",
    "redis_io_threaded_writes_processed",
    "redis_total_reads_processed",
    "redis_total_writes_processed",
    # Keys end when their time comes, not when a cycle finds them by chance.
    "redis_expired_stale_percentage",
    "redis_expired_time_cap_reached_total",
}


@contextlib.contextmanager
def exporter(server, *options):
    """Runs the exporter for the length of a with block; gives a function that scrapes it."""
    port = servers.free_port()
    process = subprocess.Popen(
        [
            "prometheus-redis-exporter",
            f"-redis.addr=redis://127.0.0.1:{server.port}",
            f"-web.listen-address=127.0.0.1:{port}",
            *options,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )

    def scrape():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            return page.read().decode()

    def answers():
        assert process.poll() is None, process.stderr.read()
        try:
            return scrape()
        except OSError:
            return None

    try:
        waiting.until(answers)
        yield scrape
    finally:
        process.terminate()
        process.communicate(timeout=15)


def fill(server):
    with server.client() as client:
        for command in (
            "SET string abc",
            "SET number 42",
            "SET ending x EX 1000",
            "RPUSH list a b c",
            "HSET hash f v g w",
            "SADD set a b",
            "ZADD zset 1 a",
            "XADD stream 1-1 f v",
            "XGROUP CREATE stream workers 0",
            "XREADGROUP GROUP workers one STREAMS stream >",
            "PFADD hll a",
            "GET none",
            "GET string",
            "SELECT 3",
            "SET elsewhere x",
            "CONFIG SET maxmemory 100mb",
            "SCRIPT LOAD return",
        ):
            assert client.call(*command.split()).kind != "error", command
        assert client.call("LPUSH", "elsewhere", "x").kind == "error"


def samples(text):
    """Returns {name: {labels: value}} of a scraped page."""
    found = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE):
        found.setdefault(name, {})[labels] = float(value)
    return found


@pytest.fixture(scope="module")
def pages():
    """What is shown of both servers after the same commands."""
    shown = {}
    for kind in ("redis", "duplex"):
        with servers.server(kind) as server:
            fill(server)
            with exporter(server, *OPTIONS) as scrape:
                # The first one counts the exporter's own connection in different ways.
                scrape()
                shown[kind] = samples(scrape())
    return shown


def test_the_server_is_up_and_nothing_failed(pages):
    shown = pages["duplex"]
    assert shown["redis_up"] == {"": 1}
    assert shown["redis_exporter_last_scrape_error"] == {'err=""': 0}
    [labels] = shown["redis_instance_info"]
    assert 'redis_version="7.2.4"' in labels and 'role="master"' in labels


def test_whatever_redis_shows_is_shown(pages):
    assert set(pages["redis"]) - set(pages["duplex"]) <= MISSING


def test_what_is_shown_of_the_data_is_the_same(pages):
    redis, duplex = pages["redis"], pages["duplex"]
    for name in (
        "redis_db_keys",
        "redis_db_keys_expiring",
        "redis_key_size",
        "redis_key_value",
        "redis_key_value_as_string",
        "redis_keys_count",
        "redis_key_group_count",
        "redis_stream_length",
        "redis_stream_groups",
        "redis_stream_group_consumers",
        "redis_stream_group_messages_pending",
        "redis_stream_group_consumer_messages_pending",
        "redis_keyspace_misses_total",
        "redis_memory_max_bytes",
        "redis_config_maxmemory",
        "redis_config_maxclients",
        "redis_connected_clients",
        "redis_blocked_clients",
        "redis_evicted_keys_total",
        "redis_rdb_last_bgsave_status",
        "redis_aof_enabled",
        "redis_number_of_cached_scripts",
    ):
        assert duplex.get(name) == redis.get(name), name


def test_the_numbers_make_sense(pages):
    shown = pages["duplex"]

    def one(name):
        [value] = shown[name].values()
        return value

    assert 0 < one("redis_memory_used_bytes") <= one("redis_memory_used_peak_bytes")
    assert one("redis_memory_used_bytes") < one("redis_memory_used_rss_bytes")
    assert one("redis_memory_used_lua_bytes") > 10_000
    assert one("redis_total_system_memory_bytes") > 1 << 26
    assert one("redis_commands_processed_total") > 20
    assert one("redis_connections_received_total") >= 3
    assert one("redis_net_input_bytes_total") > 500
    assert one("redis_net_output_bytes_total") > 5000
    assert one("redis_cpu_user_seconds_total") + one("redis_cpu_sys_seconds_total") > 0
    assert one("redis_uptime_in_seconds") >= 0
    assert one("redis_start_time_seconds") > 1_700_000_000
    assert shown["redis_commands_total"]['cmd="set"'] == 4
    assert shown["redis_commands_failed_calls_total"]['cmd="lpush"'] == 1
    assert shown["redis_commands_rejected_calls_total"]['cmd="lpush"'] == 0
    assert shown["redis_commands_duration_seconds_total"]['cmd="set"'] > 0
    # The exporter asks for the text of each key.
    wrong = 'err="WRONGTYPE"'
    assert shown["redis_errors_total"][wrong] == pages["redis"]["redis_errors_total"][wrong]
    assert any('name="redis_exporter"' in each for each in shown["redis_connected_clients_details"])


def test_directives_are_shown():
    with servers.server("duplex") as server, exporter(server, "-include-config-metrics") as scrape:
        shown = samples(scrape())
    assert shown["redis_config_value"]['key="maxclients"'] == 10_000
    policy = 'key="maxmemory-policy",value="noeviction"'
    assert shown["redis_config_key_value"][policy] == 1


def test_a_server_that_is_gone_is_shown_as_down():
    with servers.server("duplex") as server, exporter(server) as scrape:
        assert samples(scrape())["redis_up"] == {"": 1}
        server.stop()
        shown = samples(scrape())
        assert shown["redis_up"] == {"": 0}
