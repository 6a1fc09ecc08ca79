"""Browsers with tokens: keys from a secret and from a file, what they may do, and revoking them."""

import base64
import json
import os
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support import servers, waiting, web_socket
from support.browser import Browser

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

SECRET = "a secret of at least 32 bytes for tests"
RULES = [
    *["--channel", "open:*", "sub=anon", "pub=anon"],
    *["--channel", "known:*", "sub=jwt", "pub=sub"],
]


@pytest.fixture(scope="module")
def duplex():
    with servers.server("duplex", *RULES, "--rt-token-hmac-secret", SECRET) as running:
        yield running


def token(secret=SECRET, algorithm="HS256", headers=None, **claims):
    return jwt.encode(claims, secret, algorithm=algorithm, headers=headers)


def answer(server, text):
    """What connecting with this token is answered: the reply, or a code."""
    with Browser(server, text) as browser:
        return browser.connected


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size):
    return b64(value.to_bytes(size, "big"))


def jwk_of(key, **more):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3), **more}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = public.public_numbers()
        point = {"x": number(numbers.x, 32), "y": number(numbers.y, 32)}
        return {"kty": "EC", "crv": "P-256", **point, **more}
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw), **more}


def write_keys(path, *keys):
    """In one step, as whoever renews keys should."""
    path.with_suffix(".new").write_text(json.dumps({"keys": keys}))
    os.replace(path.with_suffix(".new"), path)


def test_who_is_let_in(duplex):
    now = int(time.time())
    assert "client" in answer(duplex, None)
    for algorithm in ("HS256", "HS384", "HS512"):
        assert "client" in answer(duplex, token(algorithm=algorithm, sub="ann", exp=now + 60))
    assert answer(duplex, token(sub="ann", exp=now - 60)) == 109
    assert answer(duplex, token(sub="ann", nbf=now + 600)) == 3500
    assert answer(duplex, token("another secret of at least 32 bytes!", sub="ann")) == 3500
    assert answer(duplex, token(None, "none", sub="ann")) == 3500
    assert answer(duplex, "x") == 3500
    assert answer(duplex, "a" * 20000) == 3500


def test_what_they_may_do(duplex):
    caps = [
        {"channels": ["user:{sub}:*"], "match": "wildcard", "allow": ["sub"]},
        {"channels": ["user:{sub}:out"], "allow": ["pub"]},
    ]
    with Browser(duplex) as nobody, Browser(duplex, token(sub="a*", caps=caps)) as somebody:
        assert nobody.ask("subscribe", channel="open:1") == {}
        assert nobody.ask("subscribe", channel="known:1") == 103
        assert somebody.ask("publish", channel="user:a*:out", data=1) == {}
        assert somebody.ask("publish", channel="user:a*:in", data=1) == 103
        assert somebody.ask("subscribe", channel="user:a*:in") == {}
        assert somebody.ask("subscribe", channel="user:ab:in") == 103
        assert somebody.ask("subscribe", channel="known:1") == {}


def test_keys_from_a_file(tmp_path):
    rsa_key = rsa.generate_private_key(65537, 2048)
    p256_key = ec.generate_private_key(ec.SECP256R1())
    ed_key = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "keys.json"
    write_keys(path, jwk_of(rsa_key, kid="r"), jwk_of(p256_key), jwk_of(ed_key, alg="EdDSA"))
    with servers.server("duplex", "--rt-jwks-file", path, "--rt-token-issuer", "me") as server:
        assert answer(server, None) == 101
        for key, algorithm in ((rsa_key, "RS256"), (p256_key, "ES256"), (ed_key, "EdDSA")):
            assert "client" in answer(server, token(key, algorithm, sub="ann", iss="me"))
            assert answer(server, token(key, algorithm, sub="ann", iss="you")) == 3500
        by_id = token(rsa_key, "RS256", {"kid": "r"}, iss="me")
        assert "client" in answer(server, by_id)
        assert answer(server, token(rsa_key, "RS256", {"kid": "s"}, iss="me")) == 3500
        # A new file is noticed by itself, and by CONFIG SET at once.
        write_keys(path, jwk_of(ed_key))
        with server.client() as client:
            assert client.call("CONFIG", "SET", "rt-jwks-file", path) .value == b"OK"
            assert answer(server, by_id) == 3500
            write_keys(path, jwk_of(rsa_key, kid="r"))
            waiting.until(lambda: isinstance(answer(server, by_id), dict))
            path.write_text("nonsense")
            assert client.call("CONFIG", "SET", "rt-jwks-file", path).kind == "error"
            assert "client" in answer(server, by_id)


def test_private_channels(duplex):
    with Browser(duplex, token(sub="ann")) as ann:
        assert ann.ask("subscribe", channel="$open:1") == 103
        good = token(sub="ann", channel="$open:1")
        assert isinstance(ann.ask("subscribe", channel="$open:1", token=good), dict)
        old = token(sub="ann", channel="$open:2", exp=5)
        assert ann.ask("subscribe", channel="$open:2", token=old) == 109


def test_revoking():
    now = int(time.time())
    args = ["--rt-token-hmac-secret", SECRET, "--appendonly", "yes"]
    with servers.server("duplex", *args) as server:
        by_id = token(sub="bob", jti="t1")
        with server.client() as client, Browser(server, token(sub="ann")) as ann:
            with Browser(server, by_id) as bob, Browser(server, token(sub="bob")) as other:
                assert client.call("RT.REVOKE", "USER", "ann").value == 1
                assert ann.end() == 3500
                assert client.call("RT.REVOKE", "TOKEN", "t1").value == 1
                assert bob.end() == 3500
                assert client.call("RT.DISCONNECT", "USER", "bob", 3000, "bye").value == 1
                assert other.end() == 3000
            assert client.call("RT.REVOKE", "USER", "eve", "EX", 1000).value == 0
            assert 0 < client.call("TTL", "rt:revoked:user:eve").value <= 1000
        server.stop()
        server.start()
        assert answer(server, token(sub="ann")) == 3500
        assert answer(server, token(sub="ann", iat=now - 100)) == 3500
        assert answer(server, by_id) == 3500
        assert "client" in answer(server, token(sub="bob"))


def test_programs_choose_channels(duplex):
    with duplex.client() as client, Browser(duplex, token(sub="zoe")) as zoe:
        assert client.call("RT.SUBSCRIBE", "zoe", "secret").value == 1
        assert zoe.next_push()["channel"] == "secret"
        assert client.call("PUBLISH", "secret", '"psst"').value == 1
        assert zoe.next_push()["pub"]["data"] == "psst"
        assert client.call("RT.UNSUBSCRIBE", "zoe", "secret").value == 1
        assert "unsubscribe" in zoe.next_push()
        assert client.call("PUBLISH", "secret", '"psst"').value == 0
        assert client.call("RT.DISCONNECT", "USER", "zoe", 5, "x").kind == "error"
        assert client.call("RT.DISCONNECT", "CLIENT", zoe.connected["client"]).value == 1
        assert zoe.end() == 3503


def socket_io(server, text):
    """A client of Socket.IO and what connecting is answered."""
    socket = web_socket.WebSocket(server.http_port, "/socket.io/?EIO=4&transport=websocket")
    assert socket.receive().startswith("0")
    socket.send("40" + json.dumps({"token": text}))
    return socket, socket.receive()


def test_socket_io():
    with servers.server("duplex", "--rt-token-hmac-secret", SECRET) as server:
        with server.client() as client:
            socket, reply = socket_io(server, token(sub="ann"))
            with socket:
                assert reply.startswith('40{"sid"')
                assert client.call("RT.SUBSCRIBE", "ann", "news").value == 1
                waiting.until(lambda: client.call("PUBLISH", "news", "1").value == 1)
                assert socket.receive() == '42["news",1]'
                assert client.call("RT.REVOKE", "USER", "ann").value == 1
                with pytest.raises(ConnectionError):
                    while True:
                        socket.receive()
            socket, reply = socket_io(server, token(sub="ann"))
            with socket:
                assert reply == '44{"message":"invalid token","data":{"code":3500}}'


def test_a_short_secret_is_refused(duplex):
    with duplex.client() as client:
        reply = client.call("CONFIG", "SET", "rt-token-hmac-secret", "short")
        assert "at least 32 bytes" in str(reply)
        assert "short" not in str(reply)
