"""Browsers among the server's clients: lists and kills, limits, and the ACL user `browser`."""

import urllib.request

import pytest

from support import info, servers
from support.browser import Browser

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

RULES = ["--channel", "*", "sub=anon", "pub=anon"]


def denials(server, reason):
    url = "http://127.0.0.1:%d/metrics" % server.http_port
    text = urllib.request.urlopen(url, timeout=20).read().decode()
    name = 'duplex_realtime_denials_total{reason="%s"} ' % reason
    return next(int(line[len(name) :]) for line in text.split("\n") if line.startswith(name))


def listed(client):
    """The WebSockets of CLIENT LIST, each as a dictionary."""
    lines = client.call("CLIENT", "LIST").value
    text = lines[1] if isinstance(lines, tuple) else lines
    every = [
        dict(item.split("=", 1) for item in line.split()) for line in text.decode().split("\n")
    ]
    return [one for one in every if one.get("fd") and one["lib-name"] == "centrifuge-json"]


def test_they_are_listed_and_killed():
    with servers.server("duplex", *RULES) as server, server.client() as client:
        before = int(info.info(client, "connected_clients"))
        with Browser(server) as one, Browser(server) as other:
            assert int(info.info(client, "connected_clients")) == before + 2
            first = listed(client)[0]
            assert first["addr"].startswith("127.0.0.1:")
            assert first["laddr"] == "127.0.0.1:%d" % server.http_port
            assert client.call("CLIENT", "KILL", "ID", first["id"]).value == 1
            assert one.end() == 3503
            assert isinstance(other.ask("subscribe", channel="a"), dict)
            assert [one["sub"] for one in listed(client) if one["flags"] == "P"] == ["1"]


def test_maxclients_counts_them():
    with servers.server("duplex", *RULES, "--maxclients", "2") as server:
        with server.client(), Browser(server):
            with pytest.raises(ConnectionError, match="503"):
                Browser(server)


def test_an_address_has_so_many():
    limits = ["--rt-limit-loopback", "yes", "--rt-connections-per-address", "2"]
    with servers.server("duplex", *RULES, *limits) as server:
        with Browser(server), Browser(server):
            with pytest.raises(ConnectionError, match="429"):
                Browser(server)
        assert denials(server, "address_connections") == 1
        assert denials(server, "address_rate") == 0


def test_an_address_may_come_so_fast():
    limits = ["--rt-limit-loopback", "yes", "--rt-connects-per-second", "1"]
    with servers.server("duplex", *RULES, *limits) as server:
        with pytest.raises(ConnectionError, match="429"):
            for _ in range(100):
                Browser(server).socket.close()
        assert denials(server, "address_rate") == 1


def test_the_user_browser_is_a_fence():
    with servers.server("duplex", *RULES) as server, server.client() as client:
        with Browser(server) as browser:
            rules = ["on", "resetpass", "resetchannels", "&room:*", "+publish", "+rt.publish"]
            assert client.call("ACL", "SETUSER", "browser", *rules).value == b"OK"
            assert isinstance(browser.ask("subscribe", channel="room:1"), dict)
            assert browser.ask("subscribe", channel="news") == 103
            assert browser.ask("publish", channel="news", data=1) == 103
            assert browser.ask("publish", channel="room:1", data=1) == {}
            assert denials(server, "permission_denied") == 2
            # What the user may not run is in the log of denials.
            client.call("ACL", "SETUSER", "browser", "-rt.publish")
            assert browser.ask("publish", channel="room:1", data=1) == 103
            assert client.call("ACL", "LOG", "1").value
            client.call("ACL", "SETUSER", "browser", "off")
            assert browser.ask("publish", channel="room:1", data=1) == 103
            client.call("ACL", "DELUSER", "browser")
            assert isinstance(browser.ask("subscribe", channel="news"), dict)
