"""A small RESP2/RESP3 client of our own, so that every byte of a reply can be looked at.

A library would hide what these tests are about: which of the several nulls was sent, whether a
number came as text or as a double, and what arrived without having been asked for.
"""

import collections
import socket
import ssl
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """One value of the protocol: `kind` names its type on the wire, `value` is its content.

    status, error, bulk, blob_error, double, big_number   bytes as they were sent
    integer, boolean                                      int, bool
    nil ($-1), nil_array (*-1), null (_)                  None
    array, set, push                                      list of Reply
    map                                                   list of (Reply, Reply)
    verbatim                                              (format, bytes)
    attribute                                             (list of pairs, the Reply it describes)
    """

    kind: str
    value: Any


class Incomplete(Exception):
    """The buffer ends inside a value."""


class BadReply(Exception):
    """The bytes are no RESP."""


class ConnectionClosed(Exception):
    """The server closed the connection."""


class NoReply(Exception):
    """Nothing arrived within the time that was given."""


_LINES = {
    b"+": "status",
    b"-": "error",
    b",": "double",
    b"(": "big_number",
}
_BULKS = {b"$": "bulk", b"!": "blob_error", b"=": "verbatim"}
_LISTS = {b"*": "array", b"~": "set", b">": "push"}
_PAIRS = {b"%": "map", b"|": "attribute"}


class Parser:
    """Turns bytes into replies, in whatever pieces they arrive."""

    def __init__(self):
        self._buffer = bytearray()
        self._start = 0  # Of the first value that was not handed out.
        self.last_bytes = b""  # The bytes of the value that next() returned last.

    def feed(self, data):
        self._buffer += data

    def has_bytes(self):
        return self._start < len(self._buffer)

    def next(self):
        """Returns the next whole value; raises Incomplete if there is none."""
        reply, end = self._value(self._start)
        self.last_bytes = bytes(self._buffer[self._start : end])
        self._start = end
        if self._start > 1 << 16:
            del self._buffer[: self._start]
            self._start = 0
        return reply

    def _line(self, at):
        end = self._buffer.find(b"\r\n", at)
        if end < 0:
            raise Incomplete
        return bytes(self._buffer[at:end]), end + 2

    def _value(self, at):
        line, at = self._line(at)
        mark, rest = line[:1], line[1:]
        if mark in _LINES:
            return Reply(_LINES[mark], rest), at
        if mark == b":":
            return Reply("integer", int(rest)), at
        if mark == b"_" and rest == b"":
            return Reply("null", None), at
        if mark == b"#" and rest in (b"t", b"f"):
            return Reply("boolean", rest == b"t"), at
        if mark in _BULKS:
            return self._bulk(_BULKS[mark], int(rest), at)
        if mark in _LISTS:
            if int(rest) < 0:
                return Reply("nil_array", None), at
            return self._list(_LISTS[mark], int(rest), at)
        if mark in _PAIRS:
            return self._pairs(_PAIRS[mark], int(rest), at)
        raise BadReply(line)

    def _bulk(self, kind, size, at):
        if size < 0:
            return Reply("nil", None), at
        end = at + size
        if len(self._buffer) < end + 2:
            raise Incomplete
        if self._buffer[end : end + 2] != b"\r\n":
            raise BadReply("a bulk string of another length than it says")
        content = bytes(self._buffer[at:end])
        if kind == "verbatim":
            return Reply(kind, (content[:3], content[4:])), end + 2
        return Reply(kind, content), end + 2

    def _list(self, kind, count, at):
        items = []
        for _ in range(count):
            item, at = self._value(at)
            items.append(item)
        return Reply(kind, items), at

    def _pairs(self, kind, count, at):
        pairs = []
        for _ in range(count):
            key, at = self._value(at)
            value, at = self._value(at)
            pairs.append((key, value))
        if kind == "map":
            return Reply(kind, pairs), at
        described, at = self._value(at)
        return Reply(kind, (pairs, described)), at


def argument(value):
    """Returns the bytes that stand for a str, an int or bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


def encode(*arguments):
    """Returns a request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for item in map(argument, arguments):
        parts.append(b"$%d\r\n%s\r\n" % (len(item), item))
    return b"".join(parts)


class Client:
    """One connection. Pushes that come before the reply to a call wait in `pushes`.

    `tls`: an ssl.SSLContext; without one it is in plain text.
    """

    def __init__(self, port, host="127.0.0.1", timeout=10.0, tls=None):
        self.timeout = timeout
        self.pushes = collections.deque()
        self._parser = Parser()
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    @property
    def local_address(self):
        return "%s:%d" % self._socket.getsockname()

    @property
    def last_bytes(self):
        """The bytes of the last reply that was read."""
        return self._parser.last_bytes

    def send(self, *arguments):
        self.send_raw(encode(*arguments))

    def send_raw(self, data):
        self._socket.settimeout(self.timeout)
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            raise ConnectionClosed from None

    def end_of_requests(self):
        """Closes our half of the connection."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, timeout=None):
        """Returns the next value of any kind; raises NoReply or ConnectionClosed."""
        self._socket.settimeout(self.timeout if timeout is None else timeout)
        while True:
            try:
                return self._parser.next()
            except Incomplete:
                self._receive()

    def _receive(self):
        try:
            data = self._socket.recv(1 << 16)
        except (TimeoutError, BlockingIOError):
            raise NoReply from None
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if not data:
            raise ConnectionClosed
        self._parser.feed(data)

    def fileno(self):
        return self._socket.fileno()

    def arrived(self):
        """Takes what the connection has for us, waiting if that is nothing; returns the whole
        values."""
        self._receive()
        values = []
        try:
            while True:
                values.append(self._parser.next())
        except Incomplete:
            return values

    def reply(self, timeout=None):
        """Returns the next value that is no push; pushes before it are kept."""
        while True:
            value = self.read(timeout)
            if value.kind != "push":
                return value
            self.pushes.append((value, self._parser.last_bytes))

    def call(self, *arguments):
        self.send(*arguments)
        return self.reply()
