"""The tls-* directives: read at the start, set while the server runs, wrong in every way."""

import http.client
import shutil
import socket
import ssl

import pytest

from support import resp, servers, waiting
from support.tls import DUPLEX_KINDS, KINDS, Certificates, can_talk, run


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


def config_set(client, *arguments):
    return client.call("CONFIG", "SET", *arguments).value


REFUSED = (
    b"ERR CONFIG SET failed (possibly related to argument '%s') - "
    b"Unable to update TLS configuration. Check server logs."
)


def subject_of(port, certificates):
    """The name in the certificate that the server shows."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with certificates.context().wrap_socket(plain, server_hostname="localhost") as sealed:
            return sealed.getpeercert()["subject"][0][0][1]


def test_info_names_the_only_port(server, client):
    assert b"tcp_port:%d\r\n" % server.port in client.call("INFO", "server").value


def test_clients_must_show_certificates_if_asked(server, client, certificates):
    without, with_one = certificates.context(), certificates.context(client="client")
    folder = certificates.folder / ("strangers-of-%d" % server.port)
    folder.mkdir()
    strangers = Certificates(folder)
    stranger = certificates.context()
    stranger.load_cert_chain(strangers.path("client.crt"), strangers.path("client.key"))
    assert config_set(client, "tls-auth-clients", "yes") == b"OK"
    try:
        assert can_talk(server.port, with_one)
        assert not can_talk(server.port, without)
        assert not can_talk(server.port, stranger)
        assert config_set(client, "tls-auth-clients", "optional") == b"OK"
        assert can_talk(server.port, with_one)
        assert can_talk(server.port, without)
        assert not can_talk(server.port, stranger)
    finally:
        assert config_set(client, "tls-auth-clients", "no") == b"OK"
    assert can_talk(server.port, stranger)


def test_a_bad_certificate_is_refused_and_the_old_one_stays(server, client, certificates):
    before = client.call("CONFIG", "GET", "tls-*").value
    for name, value in (
        (b"tls-cert-file", "/nonexistent"),
        (b"tls-cert-file", certificates.path("other.crt")),
        (b"tls-key-file", certificates.path("other.key")),
        (b"tls-key-file", certificates.path("ca.crt")),
        (b"tls-cert-file", ""),
        (b"tls-ca-cert-file", "/nonexistent"),
        (b"tls-protocols", "SSLv3"),
        (b"tls-ciphers", "NOPE"),
        (b"tls-ciphersuites", "NOPE"),
        (b"tls-dh-params-file", "/nonexistent"),
    ):
        assert config_set(client, name, value) == REFUSED % name, value
    assert config_set(client, "tls-ca-cert-file", "", "tls-auth-clients", "yes") == (
        REFUSED % b"tls-ca-cert-file"
    )
    assert client.call("CONFIG", "GET", "tls-*").value == before
    assert subject_of(server.port, certificates) == "server"


def test_a_new_certificate_is_for_new_connections(server, client, certificates):
    names = ("tls-cert-file", "tls-key-file")
    other = [certificates.path("other.crt"), certificates.path("other.key")]
    assert config_set(client, names[0], other[0], names[1], other[1]) == b"OK"
    assert subject_of(server.port, certificates) == "other"
    assert client.call("PING").value == b"PONG"
    own = [certificates.path("server.crt"), certificates.path("server.key")]
    assert config_set(client, names[0], own[0], names[1], own[1]) == b"OK"
    assert subject_of(server.port, certificates) == "server"


def test_a_file_that_was_replaced_is_read_when_it_is_set_again(server, client, certificates):
    paths = {part: certificates.path("renewed." + part) for part in ("crt", "key")}

    def put(name):
        for part, path in paths.items():
            shutil.copy(certificates.path("%s.%s" % (name, part)), path)

    def set_again():
        return config_set(client, "tls-cert-file", paths["crt"], "tls-key-file", paths["key"])

    put("server")
    assert set_again() == b"OK"
    put("other")
    assert subject_of(server.port, certificates) == "server"
    assert set_again() == b"OK"
    assert subject_of(server.port, certificates) == "other"
    put("server")
    assert set_again() == b"OK"


def test_protocols_and_ciphers_can_be_chosen(server, client, certificates):
    def version_of(context):
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as sealed:
                return sealed.version(), sealed.cipher()[0]

    old = certificates.context(version=ssl.TLSVersion.TLSv1_2)
    try:
        assert config_set(client, "tls-protocols", "TLSv1.3") == b"OK"
        assert version_of(certificates.context())[0] == "TLSv1.3"
        assert not can_talk(server.port, old)
        assert config_set(client, "tls-protocols", "TLSv1.2") == b"OK"
        assert version_of(certificates.context())[0] == "TLSv1.2"
        assert config_set(client, "tls-ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384") == b"OK"
        assert version_of(old) == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
        assert config_set(client, "tls-protocols", "") == b"OK"
        assert config_set(client, "tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256") == b"OK"
        assert version_of(certificates.context()) == ("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256")
    finally:
        for name in ("tls-protocols", "tls-ciphers", "tls-ciphersuites"):
            assert config_set(client, name, "") == b"OK"


def test_the_servers_order_of_ciphers_counts_if_preferred(server, client, certificates):
    names = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
    context = certificates.context(version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(":".join(names))

    def chosen():
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as sealed:
                return sealed.cipher()[0]

    try:
        assert config_set(client, "tls-ciphers", ":".join(reversed(names))) == b"OK"
        assert chosen() == names[0]
        assert config_set(client, "tls-prefer-server-ciphers", "yes") == b"OK"
        assert chosen() == names[1]
    finally:
        config_set(client, "tls-prefer-server-ciphers", "no", "tls-ciphers", "")


def test_authorities_in_a_folder(server, client, certificates):
    folder = certificates.authorities()
    trusted = certificates.path("ca.crt")
    only_folder = ["tls-ca-cert-file", "", "tls-ca-cert-dir", folder, "tls-auth-clients", "yes"]
    try:
        assert config_set(client, *only_folder) == b"OK"
        assert can_talk(server.port, certificates.context(client="client"))
        assert not can_talk(server.port, certificates.context())
    finally:
        undo = ["tls-ca-cert-file", trusted, "tls-ca-cert-dir", "", "tls-auth-clients", "no"]
        assert config_set(client, *undo) == b"OK"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(server, certificates, version):
    context = certificates.context(version=version)
    session = None
    for expected in (False, True):
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            sealed = context.wrap_socket(plain, server_hostname="localhost", session=session)
            sealed.sendall(b"PING\r\n")
            assert sealed.recv(100) == b"+PONG\r\n"
            assert sealed.session_reused == expected
            session = sealed.session
            sealed.unwrap()


def test_the_port_can_be_opened_moved_and_closed(kind, certificates):
    first, second, third = servers.free_port(), servers.free_port(), servers.free_port()
    with run(kind, certificates, tls=None) as server, server.client() as client:
        assert config_set(client, "tls-port", first) == b"OK"
        assert can_talk(first, certificates.context())
        with resp.Client(first, tls=certificates.context()) as old:
            assert config_set(client, "tls-port", second) == b"OK"
            assert can_talk(second, certificates.context())
            assert not can_talk(first, certificates.context())
            assert old.call("PING").value == b"PONG"
        with socket.create_server(("127.0.0.1", third)):
            assert config_set(client, "tls-port", third) == (
                b"ERR CONFIG SET failed (possibly related to argument 'tls-port') - "
                b"Unable to listen on this port. Check server logs."
            )
        assert can_talk(second, certificates.context())
        assert config_set(client, "tls-port", 0) == b"OK"
        assert not can_talk(second, certificates.context())
        # Without a port nobody looks into the files. Redis goes on with what it read before.
        assert config_set(client, "tls-cert-file", "/nonexistent") == b"OK"
        if kind != "redis":
            assert config_set(client, "tls-port", second) == REFUSED % b"tls-port"


def test_a_key_with_a_password(kind, certificates):
    certificates.lock("server", "sesame")
    locked = ["--tls-key-file", certificates.path("server.locked")]
    with run(kind, certificates, *locked, "--tls-key-file-pass", "sesame") as server:
        assert can_talk(server.port, server.tls)


def test_rewrite_keeps_the_directives(kind, certificates):
    words = certificates.directives()
    config = "".join("%s %s\n" % (name[2:], path) for name, path in zip(words[::2], words[1::2]))
    config += "tls-auth-clients optional\n"
    with run(kind, certificates, tls=None, config=config) as server, server.client() as client:
        port = servers.free_port()
        assert config_set(client, "tls-port", port, "tls-protocols", "TLSv1.2 TLSv1.3") == b"OK"
        assert config_set(client, "tls-session-cache-size", 77) == b"OK"
        assert client.call("CONFIG", "REWRITE").value == b"OK"
        lines = server.config_file.read_text().splitlines()
    assert "tls-port %d" % port in lines
    assert 'tls-protocols "TLSv1.2 TLSv1.3"' in lines
    assert "tls-session-cache-size 77" in lines
    assert 'tls-cert-file "%s"' % certificates.path("server.crt") in lines or (
        "tls-cert-file %s" % certificates.path("server.crt") in lines
    )


def test_what_is_wrong_stops_the_start_with_a_sentence(kind, certificates):
    good = {name[2:]: path for name, path in zip(*[iter(certificates.directives())] * 2)}
    for changes, sentence in (
        ({"tls-cert-file": ""}, "No tls-cert-file configured!"),
        ({"tls-key-file": ""}, "No tls-key-file configured!"),
        ({"tls-cert-file": "/nonexistent"}, "Failed to load certificate: /nonexistent: "),
        ({"tls-key-file": certificates.path("other.key")}, "key values mismatch"),
        ({"tls-ca-cert-file": ""}, "Either tls-ca-cert-file or tls-ca-cert-dir must be specified"),
        ({"tls-protocols": "TLSv9"}, "Invalid tls-protocols specified."),
    ):
        config = "".join('%s "%s"\n' % item for item in {**good, **changes}.items())
        failing = servers.Server(
            "redis" if kind == "redis" else "duplex", config=config, tls=certificates.context()
        )
        with pytest.raises(servers.ServerFailed) as failure:
            failing.start()
        assert sentence in str(failure.value)
        failing.remove_dir()


def test_a_stop_ends_connections_and_keeps_what_was_answered(kind, certificates):
    args = ["--appendonly", "yes", "--appendfsync", "always"]
    with run(kind, certificates, *args) as server:
        client = server.client()
        for i in range(200):
            client.send("RPUSH", "list", i)
        assert [client.reply().value for _ in range(200)] == list(range(1, 201))
        server.stop()
        with pytest.raises(resp.ConnectionClosed):
            client.read()
        server.start()
        with server.client() as again:
            assert again.call("LLEN", "list").value == 200


# What only Duplex has.


@pytest.mark.parametrize("backend", DUPLEX_KINDS)
def test_silent_clients_are_ended_and_counted(backend, certificates):
    with run(backend, certificates, "--tls-handshake-timeout", "1", tls=None) as server:
        with server.client() as client:
            port = servers.free_port()
            assert config_set(client, "tls-port", port) == b"OK"
            with socket.create_connection(("127.0.0.1", port), timeout=20) as silent:
                assert silent.recv(1) == b""
            assert client.call("PING").value == b"PONG"
        assert b"the handshake took too long" in server.log.read_bytes()


@pytest.mark.parametrize("backend", DUPLEX_KINDS)
def test_too_many_clients_get_no_handshake(backend, certificates):
    with run(backend, certificates, "--maxclients", "2", tls=None) as server:
        with server.client() as first:
            only = b"connected_clients:1\r\n"
            waiting.until(lambda: only in first.call("INFO", "clients").value)
            port = servers.free_port()
            assert config_set(first, "tls-port", port) == b"OK"
            with server.client() as second:
                assert second.call("PING").value == b"PONG"
                assert not can_talk(port, certificates.context())
        waiting.until(lambda: can_talk(port, certificates.context()))


@pytest.mark.parametrize("backend", DUPLEX_KINDS)
def test_https_and_metrics(backend, certificates):
    port = servers.free_port()
    with run(backend, certificates, "--http-tls-port", str(port)) as server:
        assert not can_talk(server.port, ssl.create_default_context())

        web = http.client.HTTPSConnection(
            "localhost", port, context=certificates.context(), timeout=20
        )

        def get(path):
            web.request("GET", path)
            answer = web.getresponse()
            assert answer.status == 200
            return answer.read().decode()

        # Several requests on one connection.
        for _ in range(3):
            assert '"status":"ok"' in get("/health")
        metrics = get("/metrics")
        failed = metrics.split("\nduplex_tls_handshakes_failed_total ")[1].split("\n")[0]
        assert int(failed) >= 1
        web.close()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert not plain.recv(1000).startswith(b"HTTP")
        # The plain port is there as before.
        with socket.create_connection(("127.0.0.1", server.http_port), timeout=20) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert plain.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("backend", DUPLEX_KINDS)
def test_browsers_are_asked_for_certificates_only_if_told(backend, certificates):
    port = servers.free_port()
    args = ["--http-tls-port", str(port), "--http-tls-auth-clients", "yes"]
    with run(backend, certificates, *args) as server, server.client() as client:

        def is_served(context):
            web = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
            try:
                web.request("GET", "/health")
                return web.getresponse().status == 200
            except OSError:
                return False
            finally:
                web.close()

        assert not is_served(certificates.context())
        assert is_served(certificates.context(client="client"))
        assert config_set(client, "http-tls-auth-clients", "no") == b"OK"
        assert is_served(certificates.context())


def test_the_addresses_can_be_changed(server, client, certificates):
    here = certificates.context()
    assert config_set(client, "bind", "127.0.0.2") == b"OK"
    waiting.until(lambda: not can_talk(server.port, here))
    assert client.call("PING").value == b"PONG"
    assert config_set(client, "bind", "127.0.0.1 127.0.0.2") == b"OK"
    assert can_talk(server.port, here)
