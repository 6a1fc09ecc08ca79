"""The configuration file: read at the start, written by CONFIG REWRITE."""

import pytest

from support import servers

CONFIG = """\
# A comment that stays.
maxmemory 100mb
maxmemory-policy allkeys-lru

timeout 10
save 900 1
save 300 10
"""


def config_get(client, name):
    return client.call("CONFIG", "GET", name).value[1].value


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_the_file_is_read_and_arguments_count_more(kind):
    with servers.server(kind, "--timeout", "20", config=CONFIG) as server:
        with server.client() as client:
            assert config_get(client, "maxmemory") == b"104857600"
            assert config_get(client, "maxmemory-policy") == b"allkeys-lru"
            assert config_get(client, "timeout") == b"20"


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_rewrite_keeps_comments_and_writes_what_was_set(kind):
    with servers.server(kind, config=CONFIG) as server:
        with server.client() as client:
            assert client.call("CONFIG", "SET", "timeout", "30", "maxclients", "77").value == b"OK"
            assert client.call("CONFIG", "SET", "maxmemory", "0").value == b"OK"
            assert client.call("CONFIG", "REWRITE").value == b"OK"
        written = server.config_file.read_text()

        assert "# A comment that stays.\n" in written
        assert "\nmaxmemory-policy allkeys-lru\n" in written
        names = [line.split()[0] for line in written.split("\n") if line and line[0] != "#"]
        assert names.count("timeout") == 1
        # The first server still runs, because its directory is in the file.
        with servers.server(kind, config=written) as another, another.client() as client:
            assert config_get(client, "timeout") == b"30"
            assert config_get(client, "maxclients") == b"77"
            assert config_get(client, "maxmemory") == b"0"


WRONG = {
    "unknown name": "no-such-directive yes\n",
    "wrong value": "maxmemory-policy sometimes\n",
    "no value": "timeout\n",
    "open quote": 'dir "/tmp\n',
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_a_wrong_file_stops_the_start_and_is_named(kind, name):
    with pytest.raises(servers.ServerFailed) as failure:
        with servers.server(kind, config="maxmemory 1mb\n" + WRONG[name]):
            pass

    assert WRONG[name].split()[0] in str(failure.value)
