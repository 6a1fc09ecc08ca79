"""duplex-check on files of Duplex and of redis-server: whole, cut, with flipped bytes."""

import pathlib
import re
import subprocess

import pytest

from support import resp, servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

OK, BROKEN, NOT_CHECKED = 0, 1, 2


def check(*args):
    program = pathlib.Path(servers.duplex_path()).parent.parent / "check" / "duplex-check"
    done = subprocess.run(
        [program, *map(str, args)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (OK, BROKEN, NOT_CHECKED), (done.returncode, done.stderr)
    return done.returncode, done.stdout + done.stderr


def fill(client):
    """A key of each type, small, and a transaction."""
    for command in (
        ("SET", "string", "some text", "PXAT", 4102444800000),
        ("SET", "number", 17),
        ("RPUSH", "list", "a", "b", 3),
        ("SADD", "set", "x", "y"),
        ("SADD", "integers", 1, 2, 70000),
        ("HSET", "hash", "f", "v"),
        ("ZADD", "zset", 1.5, "m"),
        ("XADD", "stream", "1-1", "f", "v"),
        ("XGROUP", "CREATE", "stream", "g", 0),
        ("MULTI",),
        ("INCR", "number"),
        ("DEL", "integers"),
        ("EXEC",),
    ):
        assert client.call(*command).kind != "error", command


def increment_of(folder):
    return next((folder / "appendonlydir").glob("*.incr.aof"))


@pytest.fixture(params=["duplex", "redis"])
def log_folder(request, tmp_path):
    """The folder of a server that wrote a log and was stopped."""
    with servers.server(request.param, "--appendonly", "yes", directory=tmp_path) as server:
        with server.client() as client:
            fill(client)
    return request.param, tmp_path


@pytest.fixture
def snapshot(tmp_path):
    """A dump.rdb of redis-server."""
    with servers.server("redis", directory=tmp_path) as server, server.client() as client:
        fill(client)
        client.call("SAVE")
    return tmp_path / "dump.rdb"


def test_a_snapshot_is_described(snapshot):
    status, text = check(snapshot)

    assert status == OK, text
    assert "RDB version 10" in text and "the checksum is right" in text
    assert "db 0: 7 keys, 1 expiring" in text
    for form in ("list as quicklist of listpacks: 1", "hash as listpack: 1", "stream, second form"):
        assert form in text


def test_a_log_is_described(log_folder):
    kind, folder = log_folder

    status, text = check(folder / "appendonlydir")

    assert status == OK, text
    assert "1 transaction" in text and "DEL 1" in text and "INCR" in text
    if kind == "duplex":
        assert "vouch for" in text and "have no checksum" not in text
    else:
        assert "have no checksum: damage inside of their arguments cannot be seen" in text


def test_every_cut_of_a_snapshot_is_found(snapshot):
    whole = snapshot.read_bytes()
    for size in range(1, len(whole), 3):
        snapshot.write_bytes(whole[:size])
        status, text = check(snapshot)
        assert status == BROKEN and re.search(r"offset \d+", text), (size, text)


def test_every_flipped_byte_of_a_snapshot_is_found(snapshot):
    whole = snapshot.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 0x41
        snapshot.write_bytes(flipped)
        status, text = check(snapshot)
        assert status == BROKEN, (place, text)


def argument_places(log):
    """The offsets of the bytes of arguments: nothing says what they should be."""
    places = set()
    at = 0
    while at < len(log):
        end = log.index(b"\r\n", at)
        if log[at : at + 1] == b"$":
            size = int(log[at + 1 : end])
            places.update(range(end + 2, end + 2 + size))
            at = end + 2 + size + 2
        else:
            at = end + 2
    return places


def test_every_flipped_byte_of_a_log_is_found(log_folder):
    kind, folder = log_folder
    path = increment_of(folder)
    whole = path.read_bytes()
    unprotected = argument_places(whole) if kind == "redis" else set()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 0x41
        path.write_bytes(flipped)
        status, text = check(folder / "appendonlydir")
        if place in unprotected:
            assert status == BROKEN or "cannot be seen" in text
        else:
            assert status == BROKEN, (place, text)


def test_every_cut_of_a_log_is_repaired_as_the_server_would(log_folder):
    _, folder = log_folder
    path = increment_of(folder)
    whole = path.read_bytes()
    for size in range(1, len(whole), 5):
        path.write_bytes(whole[:size])
        status, text = check(folder / "appendonlydir")
        if status == OK:
            continue
        assert "the file is torn" in text and path.read_bytes() == whole[:size]
        status, text = check("--fix", folder / "appendonlydir")
        assert status == OK and "REPAIRED" in text, (size, text)
        kept = path.read_bytes()
        assert whole.startswith(kept) and len(kept) < size
        assert check(folder / "appendonlydir")[0] == OK


def test_a_repaired_log_is_read_by_both_servers(log_folder):
    _, folder = log_folder
    path = increment_of(folder)
    path.write_bytes(path.read_bytes() + resp.encode("SET", "lost", "value")[:-4])

    status, text = check("--fix", folder / "appendonlydir")

    assert status == OK and "lost, incomplete: SET lost" in text
    for kind in ("redis", "duplex"):
        with servers.server(kind, "--appendonly", "yes", directory=folder) as server:
            with server.client() as client:
                assert client.call("GET", "number").value == b"18"
                assert client.call("EXISTS", "lost").value == 0


def test_what_cannot_be_checked(tmp_path):
    assert check(tmp_path / "missing")[0] == NOT_CHECKED
    assert check(tmp_path)[0] == NOT_CHECKED
    assert check()[0] == NOT_CHECKED
    assert check("--nonsense", tmp_path)[0] == NOT_CHECKED
    assert "Exit status" in check("--help")[1]
    assert re.match(r"Duplex check v=\d", check("--version")[1])
