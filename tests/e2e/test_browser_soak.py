"""Ten thousand sockets that come, join, leave, publish and go, and memory that stays flat."""

import os
import random
import resource
import selectors
import time

import pytest

from support import info, servers, web_socket

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
    ),
]

SOCKETS = 10_000
CHANNELS = 500
ROUND = 1000  # actions between two looks at the memory
# How much more memory than after the first tenth of the time may be used at the end.
GROWTH_MAX = 1.10


class Visitor:
    def __init__(self, server, selector):
        self.socket = web_socket.WebSocket(server.http_port, "/rt")
        self.channels = set()
        self.commands = 1
        self.socket.send_json({"id": 1, "connect": {}})
        assert "connect" in self.socket.receive_json()[0]
        selector.register(self.socket, selectors.EVENT_READ, self)

    def ask(self, method, **request):
        self.commands += 1
        self.socket.send_json({"id": self.commands, method: request})

    def act(self, chosen):
        channel = "room:%d" % chosen.randrange(CHANNELS)
        if channel in self.channels and chosen.random() < 0.5:
            self.channels.remove(channel)
            self.ask("unsubscribe", channel=channel)
        elif channel in self.channels:
            self.ask("publish", channel=channel, data={"text": "x" * chosen.randrange(200)})
        elif len(self.channels) < 5:
            self.channels.add(channel)
            self.ask("subscribe", channel=channel)

    def leave(self, selector):
        selector.unregister(self.socket)
        self.socket.close()


def read_all(selector):
    """Takes what has come for anybody; a socket that the server has closed fails the test."""
    while ready := selector.select(timeout=0):
        for key, _ in ready:
            for opcode, payload in key.data.socket.receive_some():
                assert opcode == web_socket.TEXT, payload
                assert b'"error"' not in payload or b'"code":111' in payload, payload
                if payload == b"{}":
                    key.data.socket.send("{}")


def used_memory(server):
    with server.client() as client:
        return int(info.info(client, "used_memory"))


def test_memory_stays_flat():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = float(os.environ.get("SOAK_SECONDS", "60"))
    chosen = random.Random(7)
    rules = ["--channel", "room:*", "sub=anon", "pub=anon"]
    limits = ["--http-maxclients", 20_000, "--maxclients", 20_000]
    running = servers.server("duplex", *rules, *limits)
    with running as server, selectors.DefaultSelector() as selector:
        visitors = [Visitor(server, selector) for _ in range(SOCKETS)]
        begin, first = time.monotonic(), None
        while time.monotonic() - begin < seconds:
            for _ in range(ROUND):
                number = chosen.randrange(SOCKETS)
                if chosen.random() < 0.05:
                    visitors[number].leave(selector)
                    visitors[number] = Visitor(server, selector)
                else:
                    visitors[number].act(chosen)
            read_all(selector)
            if first is None and time.monotonic() - begin > seconds / 10:
                first = used_memory(server)
        last = used_memory(server)
        assert last < first * GROWTH_MAX, "%d bytes became %d" % (first, last)
        with server.client() as client:
            for visitor in visitors:
                visitor.leave(selector)
            deadline = time.monotonic() + 60
            while client.call("PUBSUB", "CHANNELS").value:
                assert time.monotonic() < deadline, "subscriptions outlive their sockets"
