"""TLS for Redis clients: what plain text can do, on both back ends, with the tools of others."""

import os
import socket
import ssl
import subprocess

import pytest
import redis

from support import resp, waiting
from support.tls import KINDS, Certificates, run


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def server(kind, certificates):
    with run(kind, certificates) as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture
def client(server):
    with server.client() as connection:
        connection.call("FLUSHALL")
        yield connection


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_values_of_every_size_and_long_pipelines(server, certificates, version):
    with server.client(tls=certificates.context(version=version)) as client:
        for size in (0, 1, 16383, 16384, 16385, 10_000_000):
            value = os.urandom(size)
            assert client.call("SET", "key", value).value == b"OK"
            assert client.call("GET", "key").value == value
        client.call("SET", "n", 0)
        client.send_raw(resp.encode("INCR", "n") * 20_000)
        assert [client.reply().value for _ in range(20_000)] == list(range(1, 20_001))


def test_a_request_that_trickles_in(client):
    for byte in resp.encode("ECHO", "slowly"):
        client.send_raw(bytes([byte]))
    assert client.reply().value == b"slowly"


def test_a_reader_that_is_late_gets_everything(server, client):
    client.call("SET", "key", b"v" * 5_000_000)
    with server.client(timeout=60) as late:
        for _ in range(8):
            late.send("GET", "key")
        # Others are served meanwhile.
        for i in range(100):
            assert client.call("ECHO", i).value == b"%d" % i
        for _ in range(8):
            assert len(late.reply().value) == 5_000_000


def test_a_reader_that_never_comes_is_closed(server, client):
    client.call("CONFIG", "SET", "client-output-buffer-limit", "normal 3000000 0 0")
    client.call("SET", "key", b"v" * 1_000_000)
    try:
        with server.client() as greedy:
            number = greedy.call("CLIENT", "ID").value
            for _ in range(60):
                greedy.send("GET", "key")
            waiting.until(
                lambda: b"id=%d " % number not in client.call("CLIENT", "LIST").value
            )
    finally:
        client.call("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")


def test_waiting_pushes_and_transactions(server, client):
    with server.client() as waiter, server.client() as subscriber:
        waiting.start(waiter, client, 1, "BLPOP", "list", 0)
        client.call("RPUSH", "list", "item")
        assert waiting.values(waiter.reply()) == [b"list", b"item"]
        subscriber.call("HELLO", "3")
        subscriber.send("SUBSCRIBE", "news")
        assert subscriber.read().value[0].value == b"subscribe"
        for i in range(100):
            client.call("PUBLISH", "news", b"x" * 5000 + b"%d" % i)
        for i in range(100):
            assert subscriber.read().value[2].value.endswith(b"x%d" % i)
    client.call("MULTI")
    client.call("SET", "a", 1)
    client.call("INCR", "a")
    assert waiting.values(client.call("EXEC")) == [b"OK", 2]


def test_client_kill_ends_the_connection(server, client):
    with server.client() as victim:
        number = victim.call("CLIENT", "ID").value
        assert client.call("CLIENT", "KILL", "ID", number).value == 1
        with pytest.raises(resp.ConnectionClosed):
            victim.read()


def test_quit_is_answered_before_goodbye(server, certificates):
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        sealed = certificates.context().wrap_socket(
            plain, server_hostname="localhost", suppress_ragged_eofs=False
        )
        sealed.sendall(b"QUIT\r\n")
        assert sealed.recv(100) == b"+OK\r\n"
        try:
            assert sealed.recv(100) == b""
        except ssl.SSLEOFError:
            assert server.kind == "redis"


def test_hostile_bytes_end_their_connection_only(server, client, certificates):
    hello = ssl.MemoryBIO()
    machine = certificates.context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        machine.do_handshake()
    hello = hello.read()
    samples = [b"PING\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"h" * 70_000]
    samples += [hello[:cut] for cut in range(1, len(hello), 37)]
    samples += [hello + b"\x17\x03\x03\x00\x20" + b"x" * 32, os.urandom(5000)]
    for sample in samples:
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.settimeout(10)
            try:
                plain.sendall(sample)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(65536):
                    pass
            except OSError:
                pass
    assert client.call("PING").value == b"PONG"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_s_client(server, certificates, version):
    done = subprocess.run(
        ["openssl", "s_client", version, "-quiet", "-CAfile", certificates.path("ca.crt")]
        + ["-verify_return_error", "-connect", "127.0.0.1:%d" % server.port],
        input=b"ECHO hello\r\nQUIT\r\n",
        capture_output=True,
        timeout=30,
    )
    assert done.stdout == b"$5\r\nhello\r\n+OK\r\n", done.stderr


def test_redis_cli_and_benchmark(server, certificates):
    def tool(name, *args, secure=True):
        trust = ["--cacert", certificates.path("ca.crt")] if secure else ["--insecure"]
        line = [name, "-p", str(server.port), "--tls", *trust, *args]
        return subprocess.run(line, capture_output=True, timeout=60, text=True)

    assert tool("redis-cli", "ping").stdout == "PONG\n"
    assert tool("redis-cli", "--sni", "localhost", "echo", "hi").stdout == "hi\n"
    assert tool("redis-cli", "ping", secure=False).stdout == "PONG\n"
    pair = ["--cert", certificates.path("client.crt"), "--key", certificates.path("client.key")]
    assert tool("redis-cli", *pair, "ping").stdout == "PONG\n"
    benchmark = tool("redis-benchmark", "-n", "2000", "-P", "4", "-t", "set,get", "--csv")
    assert '"GET"' in benchmark.stdout, benchmark.stderr


def test_python_redis(server, certificates):
    options = {"port": server.port, "host": "localhost", "ssl": True, "decode_responses": True}
    with redis.Redis(ssl_ca_certs=certificates.path("ca.crt"), **options) as connection:
        assert connection.set("k", "v") and connection.get("k") == "v"
        with connection.pipeline() as pipeline:
            assert pipeline.set("a", 1).incr("a").execute() == [True, 2]
        pubsub = connection.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe("c")
        waiting.until(lambda: connection.publish("c", "m") == 1)
        waiting.until(lambda: (pubsub.get_message() or {}).get("data") == "m")
        pubsub.close()
