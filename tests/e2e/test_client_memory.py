"""maxmemory-clients: the clients that take up most have to go, and only those."""

import pytest

from support import resp
from support.waiting import until

MIB = 1 << 20


def _info(client, field):
    for line in client.call("INFO").value.decode().splitlines():
        if line.startswith(field + ":"):
            return int(line.split(":")[1])
    raise KeyError(field)


def _set_limit(client, value):
    assert client.call("CONFIG", "SET", "maxmemory-clients", value).value == b"OK"


@pytest.fixture
def operator(clients):
    """A connection that is spared; the limit is gone when the test is over."""
    client = clients()
    assert client.call("CLIENT", "NO-EVICT", "ON").value == b"OK"
    client.call("CONFIG", "RESETSTAT")
    yield client
    _set_limit(client, 0)
    client.call("CONFIG", "SET", "maxmemory", 0)


def _fill(client, size):
    """Sends all but the last byte of a request of this size, or what the server takes of it."""
    try:
        client.send_raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % size + b"x" * (size - 1))
    except resp.ConnectionClosed:
        pass  # It had to go before it was done.


def _finish(client, size):
    client.send_raw(b"x\r\n")
    assert len(client.read().value) == size


def _is_closed(client):
    """Waits for the end of the connection or for a reply to PING."""
    try:
        client.call("PING")
    except (resp.ConnectionClosed, ConnectionError):
        return True
    return False


def _memory_of(operator, name):
    for line in operator.call("CLIENT", "LIST").value.decode().splitlines():
        fields = dict(field.split("=", 1) for field in line.split(" "))
        if fields["name"] == name:
            return int(fields["tot-mem"])
    return 0


def test_the_heaviest_goes_and_the_others_stay(clients, operator):
    sizes = {"light": MIB, "middle": 3 * MIB, "heavy": 9 * MIB}
    made = {name: clients() for name in sizes}
    for name, client in made.items():
        client.call("CLIENT", "SETNAME", name)
        _fill(client, sizes[name])
    for name, size in sizes.items():
        until(lambda: _memory_of(operator, name) >= size - MIB // 4)
    until(lambda: _info(operator, "mem_clients_normal") > 12 * MIB)
    _set_limit(operator, 8 * MIB)
    until(lambda: _memory_of(operator, "heavy") == 0)
    assert _is_closed(made["heavy"])
    assert _info(operator, "evicted_clients") == 1
    for name in ("light", "middle"):
        _finish(made[name], sizes[name])


def test_a_client_that_does_not_read_goes(clients, operator):
    reader = clients()
    reader.call("CLIENT", "SETNAME", "reader")
    operator.call("SET", "large", "x" * MIB)
    _set_limit(operator, 10 * MIB)
    for _ in range(100):
        reader.send("GET", "large")
    until(lambda: _info(operator, "evicted_clients") == 1)
    until(lambda: _memory_of(operator, "reader") == 0)
    assert operator.call("PING").value == b"PONG"


def test_what_multi_has_queued_counts(clients, operator):
    client = clients()
    client.call("CLIENT", "SETNAME", "queuer")
    client.call("MULTI")
    for _ in range(40):
        client.call("SET", "k", "x" * 100000)
    until(lambda: _memory_of(operator, "queuer") > 4000000)
    _set_limit(operator, MIB)
    until(lambda: _info(operator, "evicted_clients") == 1)
    assert _is_closed(client)
    assert operator.call("EXISTS", "k").value == 0


def test_those_who_ask_are_spared(clients, operator):
    spared = clients()
    spared.call("CLIENT", "NO-EVICT", "ON")
    spared.call("CLIENT", "SETNAME", "spared")
    other = clients()
    other.call("CLIENT", "SETNAME", "other")
    _fill(spared, 6 * MIB)
    until(lambda: _memory_of(operator, "spared") > 5 * MIB)
    _set_limit(operator, 2 * MIB)
    _fill(other, 4 * MIB)
    until(lambda: _info(operator, "evicted_clients") == 1)
    until(lambda: _memory_of(operator, "other") == 0)
    _finish(spared, 6 * MIB)


def test_a_percentage_is_of_maxmemory(clients, operator):
    operator.call("CONFIG", "SET", "maxmemory", 100 * MIB)
    _set_limit(operator, "2%")
    assert operator.call("CONFIG", "GET", "maxmemory-clients").value[1].value == b"2%"
    client = clients()
    client.call("CLIENT", "SETNAME", "small")
    _fill(client, MIB)
    until(lambda: _memory_of(operator, "small") > MIB // 2)
    _finish(client, MIB)
    _fill(client, 4 * MIB)
    until(lambda: _info(operator, "evicted_clients") == 1)
    assert _is_closed(client)
