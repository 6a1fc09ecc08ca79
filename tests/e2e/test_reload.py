"""DEBUG RELOAD through the file, with its options; and the log agrees with the data afterwards."""

import pytest

from support import servers

ARGUMENTS = ["--enable-debug-command", "yes", "--save", ""]


def get(client, *keys):
    return [item.value for item in client.call("MGET", *keys).value]


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_options_decide_what_is_saved_emptied_and_replaced(kind):
    with servers.server(kind, *ARGUMENTS) as server, server.client(timeout=60) as client:
        client.call("SET", "a", "saved")
        client.call("SET", "b", "saved")
        client.call("SELECT", 3)
        client.call("RPUSH", "l", 1, 2, 3)
        client.call("SELECT", 0)
        assert client.call("DEBUG", "RELOAD").value == b"OK"
        assert (server.dir / "dump.rdb").exists()
        assert get(client, "a", "b") == [b"saved", b"saved"]

        client.call("SET", "a", "later")
        client.call("SET", "c", "later")
        assert client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE").value == b"OK"
        assert get(client, "a", "b", "c") == [b"saved", b"saved", b"later"]

        assert client.call("DEBUG", "RELOAD", "nosave").value == b"OK"
        assert get(client, "a", "b", "c") == [b"saved", b"saved", None]
        client.call("SELECT", 3)
        assert client.call("LLEN", "l").value == 3
        assert client.call("DEBUG", "RELOAD", "NOW").value == (
            b"ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."
        )


def library(name, answer):
    return f"#!lua name={name}\nredis.register_function('{name}', function() return {answer} end)"


def answers(client):
    return [client.call("FCALL", name, 0).value for name in ("one", "two")]


NOT_THERE = b"ERR Function not found"


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_libraries_of_functions_are_in_the_file_like_keys(kind):
    with servers.server(kind, *ARGUMENTS) as server, server.client(timeout=60) as client:
        client.call("FUNCTION", "LOAD", library("one", 1))
        assert client.call("DEBUG", "RELOAD").value == b"OK"
        assert answers(client) == [1, NOT_THERE]

        client.call("FUNCTION", "LOAD", "REPLACE", library("one", 11))
        client.call("FUNCTION", "LOAD", library("two", 2))
        refusal = client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").value
        assert refusal.startswith(b"ERR Error trying to load the RDB dump")
        assert client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE").value == b"OK"
        assert answers(client) == [1, 2]

        assert client.call("DEBUG", "RELOAD", "NOSAVE").value == b"OK"
        assert answers(client) == [1, NOT_THERE]


needs_duplex = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


@needs_duplex
def test_a_reload_that_cannot_be_changes_nothing():
    with servers.server("duplex", *ARGUMENTS) as server, server.client(timeout=60) as client:
        client.call("SET", "a", "there")
        refusal = b"ERR Error trying to load the RDB dump, check server logs"
        assert client.call("DEBUG", "RELOAD", "NOSAVE").value == refusal
        client.call("SAVE")
        assert client.call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").value == refusal
        dump = server.dir / "dump.rdb"
        dump.write_bytes(dump.read_bytes()[:-3])
        assert client.call("DEBUG", "RELOAD", "NOSAVE").value == refusal
        assert client.call("GET", "a").value == b"there"


@needs_duplex
def test_the_log_has_what_was_loaded():
    arguments = [*ARGUMENTS, "--appendonly", "yes"]
    with servers.server("duplex", *arguments) as server:
        with server.client(timeout=60) as client:
            client.call("SET", "a", "saved", "PXAT", 4102444800000)
            client.call("HSET", "h", "f", "v")
            client.call("FUNCTION", "LOAD", library("one", 1))
            client.call("SAVE")
            client.call("SET", "a", "later")
            client.call("SET", "gone", "later")
            client.call("FUNCTION", "LOAD", "REPLACE", library("one", 11))
            client.call("FUNCTION", "LOAD", library("two", 2))
            assert client.call("DEBUG", "RELOAD", "NOSAVE").value == b"OK"
            digest = client.call("DEBUG", "DIGEST").value
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert client.call("DEBUG", "DIGEST").value == digest
            assert get(client, "a", "gone") == [b"saved", None]
            assert client.call("PEXPIRETIME", "a").value == 4102444800000
            assert answers(client) == [1, NOT_THERE]
