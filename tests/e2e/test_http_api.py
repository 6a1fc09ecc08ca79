"""The doors for programs on the HTTP port: /api and the REST commands, over real connections."""

import http.client
import json

import pytest

from support import servers

KEY = "secret-key"


class Http:
    """One connection to the HTTP port of a server."""

    def __init__(self, server, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=20)
        self.token = token

    def ask(self, method, path, body=None, **fields):
        """Returns the status and the body, read as JSON."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        self.connection.request(method, path, data, headers)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    def api(self, method, **parameters):
        return self.ask("POST", "/api/" + method, parameters)

    def run(self, *words, **fields):
        return self.ask("POST", "/", list(words), **fields)


@pytest.fixture(name="server")
def running_server():
    with servers.server(
        "duplex",
        *["--http-api-key", KEY],
        *["--http-rest", "yes"],
        *["--appendonly", "yes"],
        *["--appendfsync", "always"],
        config="rest-token token-of-reader reader\n"
        "user reader on nopass ~r:* +@read\n"
        "user writer on >pass ~* &* +@all\n",
    ) as running:
        yield running


def test_publish_reaches_subscribers(server):
    api = Http(server, KEY)
    with server.client() as subscriber:
        subscriber.call("SUBSCRIBE", "news")
        status, answer = api.api("publish", channel="news", data={"n": 1})
        assert status == 200 and "result" in answer
        message = subscriber.read()
        assert [item.value for item in message.value] == [b"message", b"news", b'{"n": 1}']


def test_broadcast_and_idempotency(server):
    api = Http(server, KEY)
    with server.client() as subscriber:
        subscriber.call("SUBSCRIBE", "a")
        for _ in range(3):
            status, answer = api.api(
                "broadcast", channels=["a", "b"], data=7, idempotency_key="once"
            )
            assert status == 200 and len(answer["result"]["responses"]) == 2
        api.api("publish", channel="a", data="last")
        values = [subscriber.read().value[2].value for _ in range(2)]
        assert values == [b"7", b'"last"']


def test_history_presence_and_channels():
    with servers.server(
        "duplex", "--http-api-key", KEY, config="channel kept:* history=2 ttl=300s\n"
    ) as running:
        api = Http(running, KEY)
        positions = [api.api("publish", channel="kept:a", data=n)[1]["result"] for n in (1, 2, 3)]
        assert [position["offset"] for position in positions] == [1, 2, 3]
        history = api.api("history", channel="kept:a", limit=-1)[1]["result"]
        assert [item["data"] for item in history["publications"]] == [2, 3]
        assert history["offset"] == 3 and history["epoch"] == positions[0]["epoch"]
        since = {"epoch": history["epoch"], "offset": 2}
        later = api.api("history", channel="kept:a", limit=10, since=since)[1]["result"]
        assert [item["offset"] for item in later["publications"]] == [3]
        assert api.api("history", channel="other")[1]["error"]["code"] == 108
        assert api.api("presence", channel="kept:a")[1] == {"result": {"presence": {}}}
        stats = api.api("presence_stats", channel="kept:a")[1]["result"]
        assert stats == {"num_clients": 0, "num_users": 0}
        with running.client() as subscriber:
            subscriber.call("SUBSCRIBE", "kept:a")
            channels = api.api("channels", pattern="kept:*")[1]["result"]["channels"]
            assert channels == {"kept:a": {"num_clients": 1}}
        for method in ("disconnect", "subscribe", "unsubscribe"):
            answer = api.api(method, user="42", channel="kept:a")
            assert answer == (200, {"result": {}}), method


def test_keys_are_needed(server):
    for token in (None, "wrong"):
        status, answer = Http(server, token).api("publish", channel="a", data=1)
        assert status == 401 and answer["code"] == 401
    status, answer = Http(server).ask("POST", "/api/info", {}, X_API_Key=KEY)
    assert status == 200 and answer["result"]["nodes"][0]["version"]


def test_too_long_bodies_are_refused(server):
    status, answer = Http(server, KEY).api("publish", channel="a", data="x" * (1 << 20))
    assert status == 413 and answer["code"] == 413


def test_commands_run_as_the_user_of_the_token(server):
    writer = Http(server, "writer:pass")
    assert writer.run("SET", "r:1", "v") == (200, {"result": "OK"})
    assert writer.run("INCRBY", "n", 41) == (200, {"result": 41})
    assert writer.run("HSET", "h", "f", 1, "g", 2.5) == (200, {"result": 2})
    assert writer.run("HGETALL", "h") == (200, {"result": ["f", "1", "g", "2.5"]})
    assert writer.run("GET", "nothing") == (200, {"result": None})
    status, answer = writer.run("LPUSH", "r:1", "x")
    assert status == 400 and answer["error"].startswith("WRONGTYPE")
    reader = Http(server, "token-of-reader")
    assert reader.run("GET", "r:1") == (200, {"result": "v"})
    for words in (("GET", "n"), ("SET", "r:1", "w")):
        status, answer = reader.run(*words)
        assert status == 400 and answer["error"].startswith("NOPERM")
    for token in (None, "writer:wrong", "nobody:pass"):
        assert Http(server, token).run("GET", "r:1")[0] == 401


def test_addresses_are_commands_too(server):
    writer = Http(server, "writer:pass")
    assert writer.ask("GET", "/set/a%20b/c%2Fd?EX=100") == (200, {"result": "OK"})
    assert writer.ask("GET", "/get/a%20b") == (200, {"result": "c/d"})
    assert writer.ask("POST", "/set/body?EX=100", "from the body") == (200, {"result": "OK"})
    assert writer.ask("GET", "/get/body") == (200, {"result": "from the body"})
    assert writer.ask("GET", "/ttl/body")[1]["result"] in (99, 100)
    assert writer.ask("GET", "/get/%zz")[0] == 400
    assert writer.ask("GET", "/nothing")[0] == 400


def test_bytes_come_as_base64_if_asked(server):
    writer = Http(server, "writer:pass")
    with server.client() as client:
        client.call("SET", "bytes", b"\xff\x00")
    assert writer.run("GET", "bytes") == (200, {"result": "\ufffd\x00"})
    assert writer.run("GET", "bytes", Upstash_Encoding="base64") == (200, {"result": "/wA="})
    assert writer.run("SET", "k", "v", Upstash_Encoding="base64") == (200, {"result": "OK"})


def test_pipelines_and_transactions(server):
    writer = Http(server, "writer:pass")
    commands = [["SET", "k", "1"], ["INCR", "k"], ["LPOP", "k"]]
    status, answer = writer.ask("POST", "/pipeline", commands)
    assert status == 200
    assert answer[:2] == [{"result": "OK"}, {"result": 2}]
    assert answer[2]["error"].startswith("WRONGTYPE")
    commands = [["INCR", "k"], ["LPOP", "k"], ["GET", "k"]]
    status, answer = writer.ask("POST", "/multi-exec", commands)
    assert status == 200 and answer[0] == {"result": 3} and answer[2] == {"result": "3"}
    assert answer[1]["error"].startswith("WRONGTYPE")
    status, answer = writer.ask("POST", "/multi-exec", [["INCR", "k"], ["NOSUCH"]])
    assert status == 400 and answer["error"].startswith("EXECABORT")
    assert writer.run("GET", "k") == (200, {"result": "3"})
    many = [["INCR", "many"]] * 5000
    assert writer.ask("POST", "/pipeline", many)[1][-1] == {"result": 5000}


def test_nothing_waits_and_nothing_subscribes(server):
    writer = Http(server, "writer:pass")
    assert writer.run("BLPOP", "nothing", 0) == (200, {"result": None})
    assert writer.run("XREAD", "BLOCK", 0, "STREAMS", "nothing", "$") == (200, {"result": None})
    for words in (["SUBSCRIBE", "a"], ["MONITOR"], ["CLIENT", "REPLY", "OFF"], ["HELLO", "3"]):
        assert writer.run(*words)[0] == 400
    assert writer.run("PING") == (200, {"result": "PONG"})


def test_scripts_may_take_their_time(server):
    writer = Http(server, "writer:pass")
    slow = "local n = 0 for i = 1, 5000000 do n = n + i end redis.call('SET', KEYS[1], n) return n"
    assert writer.run("EVAL", slow, 1, "sum") == (200, {"result": 12500002500000})
    assert writer.run("GET", "sum") == (200, {"result": "12500002500000"})


def test_what_was_answered_survives_a_kill(server):
    writer = Http(server, "writer:pass")
    for i in range(50):
        assert writer.run("SET", f"k{i}", i) == (200, {"result": "OK"})
    server.kill()
    server.start()
    with server.client() as client:
        assert client.call("MGET", *[f"k{i}" for i in range(50)]).value[49].value == b"49"


def test_doors_are_closed_by_default():
    with servers.server("duplex") as plain:
        assert Http(plain, KEY).api("publish", channel="a", data=1)[0] == 403
        assert Http(plain, "a:b").run("GET", "k")[0] == 404
        assert Http(plain, "a:b").ask("GET", "/get/k")[0] == 404
