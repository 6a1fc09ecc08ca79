"""Requests as bytes: every protocol error, inline commands, long pipelines, every split."""

import time

import pytest

from support import resp, servers

INLINE_BYTES_MAX = 64 * 1024
ARGUMENTS_MAX = 2**31 - 1
BULK_BYTES_MAX = 512 * 1024 * 1024


def read_until_closed(client):
    """Returns the bytes of all replies that come before the server closes the connection."""
    received = b""
    while True:
        try:
            client.read()
        except resp.ConnectionClosed:
            return received
        received += client.last_bytes


def exchange(client, request, replies):
    """Sends bytes and returns the bytes of that many replies."""
    client.send_raw(request)
    received = b""
    for _ in range(replies):
        client.read()
        received += client.last_bytes
    return received


ERRORS = {
    "count that is no number": (b"*x\r\n", b"invalid multibulk length"),
    "count that is empty": (b"*\r\n", b"invalid multibulk length"),
    "count with a space": (b"* 1\r\n", b"invalid multibulk length"),
    "count with a plus": (b"*+1\r\n", b"invalid multibulk length"),
    "count with a fraction": (b"*1.5\r\n", b"invalid multibulk length"),
    "count that is too large": (b"*%d\r\n" % (ARGUMENTS_MAX + 1), b"invalid multibulk length"),
    "count beyond 64 bits": (b"*9223372036854775808\r\n", b"invalid multibulk length"),
    "count without an end": (b"*" + b"1" * (INLINE_BYTES_MAX + 16), b"too big mbulk count string"),
    "no bulk string": (b"*1\r\nPING\r\n", b"expected '$', got 'P'"),
    "integer as argument": (b"*1\r\n:1\r\n", b"expected '$', got ':'"),
    "array as argument": (b"*1\r\n*1\r\n$4\r\nPING\r\n", b"expected '$', got '*'"),
    "second argument no bulk string": (b"*2\r\n$3\r\nGET\r\nk\r\n", b"expected '$', got 'k'"),
    "length that is no number": (b"*1\r\n$x\r\n", b"invalid bulk length"),
    "length that is empty": (b"*1\r\n$\r\n", b"invalid bulk length"),
    "length that is negative": (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    "length with a plus": (b"*1\r\n$+4\r\nPING\r\n", b"invalid bulk length"),
    "length that is too large": (b"*1\r\n$%d\r\n" % (BULK_BYTES_MAX + 1), b"invalid bulk length"),
    "length beyond 64 bits": (b"*1\r\n$9223372036854775808\r\n", b"invalid bulk length"),
    "length without an end": (
        b"*1\r\n$" + b"1" * (INLINE_BYTES_MAX + 16),
        b"too big bulk count string",
    ),
    "inline without an end": (b"x" * (INLINE_BYTES_MAX + 16), b"too big inline request"),
    "inline with an open quote": (b'GET "k\r\n', b"unbalanced quotes in request"),
    "inline with an open single quote": (b"GET 'k\r\n", b"unbalanced quotes in request"),
    "inline with a quote inside a word": (b'GET "k"x\r\n', b"unbalanced quotes in request"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_protocol_error_is_answered_and_closes(server, name):
    request, text = ERRORS[name]

    with server.client() as client:
        client.send_raw(request)
        received = read_until_closed(client)

    assert received == b"-ERR Protocol error: " + text + b"\r\n"


def test_what_comes_before_a_protocol_error_is_answered_first(server):
    with server.client() as client:
        client.send_raw(b"PING\r\n" + resp.encode("ECHO", "x") + b"*1\r\n!\r\nPING\r\n")
        received = read_until_closed(client)

    assert received == b"+PONG\r\n$1\r\nx\r\n-ERR Protocol error: expected '$', got '!'\r\n"


UNAUTHENTICATED = {
    "eleven arguments": (b"*11\r\n", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
    "16385 bytes": (b"*1\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n"),
}


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_a_stranger_may_send_little(kind):
    with servers.server(kind, "--requirepass", "secret") as server:
        for name, (request, reply) in UNAUTHENTICATED.items():
            with server.client() as client:
                client.send_raw(request)
                assert read_until_closed(client) == reply, name
        with server.client() as client:
            ten = resp.encode("DEL", *["k"] * 9)
            assert exchange(client, ten, 1) == b"-NOAUTH Authentication required.\r\n"
            assert exchange(client, resp.encode("AUTH", "x" * 16384), 1).startswith(b"-WRONGPASS")
            assert exchange(client, resp.encode("AUTH", "secret"), 1) == b"+OK\r\n"
            assert exchange(client, resp.encode("DEL", *["k"] * 100), 1) == b":0\r\n"
            assert exchange(client, resp.encode("STRLEN", "k" * 100000), 1) == b":0\r\n"


IGNORED = {
    "empty array": b"*0\r\n",
    "null array": b"*-1\r\n",
    "negative array": b"*-5\r\n",
    "empty line": b"\r\n",
    "bare newline": b"\n",
    "spaces": b"   \r\n",
    "tabs": b"\t\t\r\n",
    "several": b"*0\r\n\r\n\n*-1\r\n  \r\n",
}


@pytest.mark.parametrize("name", IGNORED)
def test_empty_requests_are_not_answered(client, name):
    assert exchange(client, IGNORED[name] + b"PING\r\n", 1) == b"+PONG\r\n"


INLINE = {
    "plain": (b"PING\r\n", b"+PONG\r\n"),
    "lower case": (b"ping\r\n", b"+PONG\r\n"),
    "newline alone": (b"PING\n", b"+PONG\r\n"),
    "argument": (b"ECHO hello\r\n", b"$5\r\nhello\r\n"),
    "many spaces": (b"  ECHO   hello  \r\n", b"$5\r\nhello\r\n"),
    "tab": (b"ECHO\thello\r\n", b"$5\r\nhello\r\n"),
    "double quotes": (b'ECHO "a b"\r\n', b"$3\r\na b\r\n"),
    "empty quotes": (b'ECHO ""\r\n', b"$0\r\n\r\n"),
    "escapes": (
        b'ECHO "\\x00\\xfF\\n\\r\\t\\a\\b\\q\\\\\\""\r\n',
        b'$10\r\n\0\xff\n\r\t\a\bq\\"\r\n',
    ),
    "half an escape": (b'ECHO "\\x0g\\x"\r\n', b"$4\r\nx0gx\r\n"),
    "single quotes": (b"ECHO 'a\\n\"b'\r\n", b"$5\r\na\\n\"b\r\n"),
    "escaped single quote": (b"ECHO 'it\\'s'\r\n", b"$4\r\nit's\r\n"),
    "quote in a word": (b'ECHO a"b c"\r\n', b"$4\r\nab c\r\n"),
    "bytes above 127": (b"ECHO \xc3\xa9\xff\r\n", b"$3\r\n\xc3\xa9\xff\r\n"),
    "wrong arity": (b"ECHO\r\n", b"-ERR wrong number of arguments for 'echo' command\r\n"),
    "unknown": (b"FOO a\r\n", b"-ERR unknown command 'FOO', with args beginning with: 'a' \r\n"),
    "long": (b"ECHO " + b"x" * 60000 + b"\r\n", b"$60000\r\n" + b"x" * 60000 + b"\r\n"),
    "a dollar first": (b"$4\r\n", b"-ERR unknown command '$4', with args beginning with: \r\n"),
}


@pytest.mark.parametrize("name", INLINE)
def test_inline_command(client, name):
    request, reply = INLINE[name]

    assert exchange(client, request, 1) == reply
    assert exchange(client, b"PING\r\n", 1) == b"+PONG\r\n"


def test_inline_and_arrays_can_be_mixed(client):
    request = b"SET k v\r\n" + resp.encode("GET", "k") + b"GET k\r\n" + resp.encode("DEL", "k")

    assert exchange(client, request, 4) == b"+OK\r\n$1\r\nv\r\n$1\r\nv\r\n:1\r\n"


HTTP = {
    "POST": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nFLUSHALL\r\n",
    "GET": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nFLUSHALL\r\n",
    "lower case": b"post / HTTP/1.1\r\nhost: localhost\r\n\r\nFLUSHALL\r\n",
    "as an array": resp.encode("POST", "/") + resp.encode("FLUSHALL"),
    "header alone": resp.encode("Host:", "localhost") + resp.encode("FLUSHALL"),
}


@pytest.mark.parametrize("name", HTTP)
def test_http_is_cut_before_it_does_harm(server, client, name):
    client.call("SET", "k", "v")

    with server.client() as browser:
        browser.send_raw(HTTP[name])
        received = read_until_closed(browser)

    # A GET line is a command with too many arguments, and its answer may have left already; the
    # header after it ends the connection.
    assert received in (b"", b"-ERR wrong number of arguments for 'get' command\r\n")
    assert name == "GET" or not received
    assert client.call("GET", "k").value == b"v"


def test_a_hundred_thousand_commands_in_one_pipeline(client):
    count = 100_000
    request = b"".join(resp.encode("INCR", "n") for _ in range(count))

    client.send_raw(request)

    for expected in range(1, count + 1):
        assert client.read().value == expected
    assert client.call("GET", "n").value == b"%d" % count


def test_a_pipeline_whose_replies_are_larger_than_its_requests(client):
    value = b"x" * 1000
    client.call("SET", "k", value)

    client.send_raw(resp.encode("GET", "k") * 100_000)

    for _ in range(100_000):
        assert client.read().value == value


def test_a_pipeline_of_inline_commands(client):
    client.send_raw(b"INCR n\r\n" * 20_000)

    for expected in range(1, 20_001):
        assert client.read().value == expected


CONVERSATION = [
    (resp.encode("SET", "k", "\r\n$5\r\n"), b"+OK\r\n"),
    (resp.encode("GET", "k"), b"$6\r\n\r\n$5\r\n\r\n"),
    (b"*0\r\n", b""),
    (b'SET "a b" \'c\'\r\n', b"+OK\r\n"),
    (resp.encode("MGET", "a b", "none", ""), b"*3\r\n$1\r\nc\r\n$-1\r\n$-1\r\n"),
    (b"\r\n", b""),
    (resp.encode("FOO", ""), b"-ERR unknown command 'FOO', with args beginning with: '' \r\n"),
    (resp.encode("INCR", "n"), b":1\r\n"),
    (resp.encode("MULTI"), b"+OK\r\n"),
    (resp.encode("GET", "n"), b"+QUEUED\r\n"),
    (resp.encode("EXEC"), b"*1\r\n$1\r\n1\r\n"),
    (resp.encode("FLUSHDB"), b"+OK\r\n"),
]
REQUEST = b"".join(request for request, _ in CONVERSATION)
REPLIES = [reply for _, reply in CONVERSATION if reply]


@pytest.mark.parametrize("cut", range(1, len(REQUEST)))
def test_a_cut_at_any_byte_makes_no_difference(server, client, cut):
    with server.client() as other:
        client.send_raw(REQUEST[:cut])
        # Gives the server the time to have seen the first part alone.
        other.call("PING")
        client.send_raw(REQUEST[cut:])

        received = exchange(client, b"", len(REPLIES))

    assert received == b"".join(REPLIES)


def test_byte_after_byte(client):
    for at in range(len(REQUEST)):
        client.send_raw(REQUEST[at : at + 1])

    assert exchange(client, b"", len(REPLIES)) == b"".join(REPLIES)


@pytest.mark.parametrize("size", [0, 1, 1023, 16 * 1024, 65535, 65536, 1 << 20, 20_000_000])
def test_values_of_any_size(client, size):
    value = bytes(at * 7 % 256 for at in range(251)) * (size // 251 + 1)
    value = value[:size]

    client.send("SET", "k", value)
    client.send("GET", "k")
    client.send("STRLEN", "k")

    assert [client.read().value for _ in range(3)] == [b"OK", value, size]


def test_a_command_with_very_many_arguments(client):
    count = 50_000
    arguments = [b"%d" % number for number in range(count)]

    pairs = [item for number in arguments for item in (number, number)]
    assert client.call("MSET", *pairs).value == b"OK"
    reply = client.call("MGET", *arguments)

    assert [item.value for item in reply.value] == arguments
    assert client.call("DEL", *arguments).value == count


def test_every_byte_can_be_key_and_value(client):
    every_byte = bytes(range(256))

    for byte in every_byte:
        assert client.call("SET", bytes([byte]), bytes([byte])).value == b"OK"
    assert client.call("SET", every_byte, every_byte).value == b"OK"

    for byte in every_byte:
        assert client.call("GET", bytes([byte])).value == bytes([byte])
    assert client.call("GET", every_byte).value == every_byte
    assert client.call("DBSIZE").value == 257


def test_a_connection_that_goes_in_the_middle_of_a_request_does_nothing(server, client):
    for request in (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhal", b"SET k half", b"*3\r\n$3"):
        with server.client() as other:
            other.send_raw(request)

    assert client.call("EXISTS", "k").value == 0


def is_admitted(server):
    time.sleep(0.01)
    with server.client() as late:
        try:
            return late.call("PING").value == b"PONG"
        except resp.ConnectionClosed:
            return False


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_one_connection_too_many_is_told_so(kind):
    with servers.server(kind, "--maxclients", "3") as server:
        time.sleep(0.2)  # Until the connection that asked whether the server is ready has gone.
        clients = [server.client() for _ in range(3)]
        for client in clients:
            assert client.call("PING").value == b"PONG"

        with server.client() as rejected:
            received = read_until_closed(rejected)
        assert received == b"-ERR max number of clients reached\r\n"

        clients.pop().close()
        assert any(is_admitted(server) for _ in range(200)), "its place was not given to another"
        for client in clients:
            client.close()
