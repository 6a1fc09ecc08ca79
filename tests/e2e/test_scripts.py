"""Scripts that do harm, that take long, and that run side by side."""

import threading
import time

import pytest

from support import resp, servers
from support.waiting import start, values

LOOP = "while true do end"
SECONDS_MAX = 30


@pytest.fixture(scope="module", params=[1, 3] if servers.duplex_path() else [])
def busy_server(request):
    """A Duplex with one loop or three, on which a script is long after 100 ms."""
    arguments = ["--io-threads", request.param, "--busy-reply-threshold", "100"]
    with servers.server("duplex", *arguments) as running:
        yield running


@pytest.fixture
def busy_clients(busy_server):
    made = []

    def connect():
        made.append(busy_server.client(timeout=SECONDS_MAX))
        return made[-1]

    connect().call("FLUSHALL")
    yield connect
    for connection in made:
        connection.close()


def wait_until_busy(client, *command):
    """Sends a command until a script that runs for long refuses it, and returns the error."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        reply = client.call(*command)
        if reply.kind == "error":
            return reply.value
        assert time.monotonic() < deadline


HOSTILE = {
    "deep recursion": "local function f() return 1 + f() end return f()",
    "deep recursion in C": "local function f(s) return (string.gsub(s, '.', f)) end return f('x')",
    "recursion of metamethods": (
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end "
        "return t.x"
    ),
    "huge string": "return #string.rep('x', 2^40)",
    "doubled string": "local s = 'x' while true do s = s .. s end",
    "doubled string that is caught": (
        "local s = 'x' for i = 1, 100 do pcall(function() s = s .. s end) end return #s"
    ),
    "huge table": "local t = {} for i = 1, 1e9 do t[i] = {} end",
    "many arguments": "return unpack({}, 1, 1e8)",
    "long pattern": "return string.find(string.rep('a', 1e5), string.rep('a?', 1e6))",
    "bytecode": "return loadstring(string.dump(function() return 1 end))()",
    "bytecode in pieces": (
        "local s = string.dump(function() end) local i = 0 "
        "return load(function() i = i + 1 return s:sub(i, i) end)()"
    ),
    "deep JSON": "return cjson.decode(string.rep('[', 1e5))",
    "deep JSON that is allowed": (
        "cjson.decode_max_depth(1e6) return cjson.decode(string.rep('[', 1e6))"
    ),
    "JSON that grows": (
        "local s = string.rep('x', 1e7) local t = {} for i = 1, 100 do t[i] = s end "
        "return #cjson.encode(t)"
    ),
    "JSON with a circle": "local t = {} t[1] = t return cjson.encode(t)",
    "deep MessagePack": "return cmsgpack.unpack(string.rep('\\145', 1e6))",
    "MessagePack that lies": "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
    "struct that lies": "return struct.unpack('c4294967295', 'x')",
    "error that is no text": "error({1})",
    "error in an error": "error(setmetatable({}, {__index = function() error('x') end}))",
    "deep reply": "local t = {} for i = 1, 1e5 do t = {t} end return #t",
    "a protected table": "for k in pairs(redis) do rawset(redis, k, nil) end",
    "the globals": "_G.redis = nil",
    "the strings": "getmetatable('').__index = function() end",
    "a handler of errors that goes on": (
        "return xpcall(function() while true do end end, function() while true do end end)"
    ),
    "loops in coroutines that are caught": (
        "while true do pcall(function() coroutine.wrap(function() while true do end end)() end) end"
    ),
    "a pattern that goes back": (
        "return string.rep('a', 40):find(string.rep('a?', 40) .. string.rep('a', 40))"
    ),
    "a pattern that goes back in gsub": (
        "return (string.gsub(string.rep('a', 20000), '.-.-.-.-b', ''))"
    ),
    "a pattern that goes back in gmatch": (
        "for a in string.gmatch(string.rep('a', 20000), '(.-)(.-)(.-)%2%3b') do end"
    ),
    "a pattern that is as deep as it may be": (
        "return string.find(string.rep('a', 1e4), string.rep('a?', 8000) .. 'b')"
    ),
    "a long text in a long text": (
        "return string.find(string.rep('a', 2e7), string.rep('a', 1e7) .. 'b', 1, true)"
    ),
    "nothing, very often": "return #string.rep('', 2^31 - 1)",
    "a hole in an array": (
        "cjson.encode_sparse_array(true, 0, 0) return #cjson.encode({[2^31 - 1] = 1})"
    ),
    "a large hole in an array": (
        "cjson.encode_sparse_array(false, 2^31 - 1, 2^31 - 1) return #cjson.encode({[2^30] = 1})"
    ),
    "an insertion far away": "local t = {} table.insert(t, -2147483648, 1) return 1",
    "a huge concatenation": (
        "local t, s = {}, string.rep('x', 1e6) for i = 1, 1e5 do t[i] = s end "
        "return #table.concat(t)"
    ),
    "metamethods that do not end": (
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x"
    ),
    "a comparison that lies": (
        "local t = {} for i = 1, 1e5 do t[i] = i end "
        "table.sort(t, function() return true end) return 1"
    ),
    "coroutines": "local function f() return coroutine.wrap(f)() end return f()",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_harmful_scripts_do_no_harm(busy_clients, name):
    client, killer = busy_clients(), busy_clients()
    client.send("EVAL", HOSTILE[name], 0)
    reply = None
    deadline = time.monotonic() + SECONDS_MAX
    while reply is None:
        # Those that take too long are stopped.
        killer.call("SCRIPT", "KILL")
        try:
            reply = client.reply(timeout=0.3)
        except resp.NoReply:
            assert time.monotonic() < deadline
    assert reply.kind in ("error", "integer", "array", "nil"), reply
    # Everything is as it was for those who come later.
    check = "return {type(redis.call), ('x'):rep(2), string.format('%d', 7), cjson.encode({1})}"
    assert values(client.call("EVAL", check, 0)) == [b"function", b"xx", b"7", b"[1]"]


def test_a_long_script_stops_only_who_needs_its_keys(busy_clients):
    runner, client, killer = busy_clients(), busy_clients(), busy_clients()
    client.call("SET", "other", "1")
    runner.send("EVAL", LOOP, 1, "held")
    refusal = wait_until_busy(client, "GET", "held")
    assert refusal == (
        b"BUSY Redis is busy running a script. "
        b"You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
    )
    assert client.call("INCR", "other").value == 2
    assert client.call("PING").value == b"PONG"
    for command in (
        ("SET", "held", 1),
        ("MSET", "other", 1, "held", 1),
        ("FLUSHALL",),
        ("KEYS", "*"),
        ("EVAL", "return 1", 0),
        ("FUNCTION", "FLUSH"),
    ):
        assert client.call(*command).value.startswith(b"BUSY "), command
    assert client.call("FUNCTION", "KILL").value.startswith(b"BUSY ")
    assert killer.call("SCRIPT", "KILL").value == b"OK"
    assert runner.reply().value.startswith(b"ERR Script killed by user with SCRIPT KILL")
    assert client.call("GET", "held").value is None
    assert client.call("GET", "other").value == b"2"
    assert killer.call("SCRIPT", "KILL").value.startswith(b"NOTBUSY ")


def test_who_comes_before_the_threshold_waits_for_the_end(busy_clients):
    runner, observer = busy_clients(), busy_clients()
    waiting = [busy_clients() for _ in range(3)]
    observer.call("CONFIG", "SET", "busy-reply-threshold", "60000")
    try:
        runner.send("EVAL", "for i = 1, 2e7 do end return redis.call('INCR', KEYS[1])", 1, "n")
        for client in waiting:
            client.send("INCR", "n")
        assert runner.reply().value in (1, 2, 3, 4)
        assert sorted(client.reply().value for client in waiting)[-1] in (3, 4)
        assert observer.call("GET", "n").value == b"4"
    finally:
        observer.call("CONFIG", "SET", "busy-reply-threshold", "100")


def test_a_script_that_has_written_is_not_killed(busy_clients):
    runner, client = busy_clients(), busy_clients()
    script = (
        "redis.call('SET', KEYS[1], 1) "
        "for i = 1, 1e9 do if redis.call('GET', KEYS[2]) then break end "
        "if redis.call('INCR', KEYS[1]) > 400000 then break end end return 'end'"
    )
    runner.send("EVAL", script, 2, "k", "never")
    wait_until_busy(client, "GET", "k")
    assert client.call("SCRIPT", "KILL").value.startswith(b"UNKILLABLE ")
    assert runner.reply().value == b"end"
    assert client.call("GET", "k").value == b"400001"


def test_functions_are_shown_and_killed(busy_clients):
    runner, client = busy_clients(), busy_clients()
    client.call(
        "FUNCTION",
        "LOAD",
        "#!lua name=l\nredis.register_function('loop', function() %s end)" % LOOP,
    )
    runner.send("FCALL", "loop", 1, "k", "a")
    wait_until_busy(client, "GET", "k")
    running = values(client.call("FUNCTION", "STATS"))[1]
    assert running[:4] == [b"name", b"loop", b"command", [b"FCALL", b"loop", b"1", b"k", b"a"]]
    assert running[5] >= 100
    assert client.call("SCRIPT", "KILL").value.startswith(b"BUSY ")
    assert client.call("FUNCTION", "KILL").value == b"OK"
    assert runner.reply().kind == "error"
    assert values(client.call("FUNCTION", "STATS"))[1] is None


def test_scripts_that_touch_what_they_did_not_name_stay_whole(busy_clients):
    """Each moves one from an account to another; the sum must never be seen to be wrong."""
    accounts = 20
    setup = busy_clients()
    for number in range(accounts):
        setup.call("SET", "account:%d" % number, 100)
    move = (
        "local a, b = 'account:' .. ARGV[1], 'account:' .. ARGV[2] "
        "redis.call('DECR', a) redis.call('INCR', b) return redis.status_reply('OK')"
    )
    total = (
        "local sum = 0 for i = 0, 19 do sum = sum + redis.call('GET', 'account:' .. i) end "
        "return sum"
    )
    declared = "#!lua\nredis.call('DECR', KEYS[1]) redis.call('INCR', KEYS[2])"
    keys = ["account:%d" % number for number in range(accounts)]
    clients = [busy_clients() for _ in range(6)]
    wrong = []

    def work(index):
        client = clients[index]
        for step in range(300):
            first = (index * 7 + step) % accounts
            second = (first + 1 + step % (accounts - 1)) % accounts
            if index % 3 == 0:
                client.call("EVAL", move, 0, first, second)
            elif index % 3 == 1:
                client.call("EVAL", declared, 2, keys[first], keys[second])
            elif step % 2 == 0:
                seen = client.call("EVAL", total, 0).value
                if seen != 100 * accounts:
                    wrong.append(seen)
            else:
                seen = sum(int(item.value) for item in client.call("MGET", *keys).value)
                if seen != 100 * accounts:
                    wrong.append(seen)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert setup.call("EVAL", total, 0).value == 100 * accounts


def test_who_waits_is_served_when_the_script_is_over(clients):
    pusher, first, second = clients(), clients(), clients()
    start(first, pusher, 1, "BLPOP", "q", 0)
    start(second, pusher, 2, "BLMOVE", "q", "elsewhere", "LEFT", "RIGHT", 0)
    script = "redis.call('RPUSH', 'q', 'a', 'b', 'c') return redis.call('LLEN', 'q')"
    assert pusher.call("EVAL", script, 0).value == 3
    assert values(first.reply()) == [b"q", b"a"]
    assert second.reply().value == b"b"
    assert values(pusher.call("LRANGE", "q", 0, -1)) == [b"c"]


def test_watched_keys_and_events_know_of_scripts(clients):
    client, other, listener = clients(), clients(), clients()
    other.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
    try:
        listener.call("PSUBSCRIBE", "__key*__:*")
        client.call("WATCH", "k")
        other.call("EVAL", "redis.call('SET', KEYS[1], 'x')", 1, "k")
        client.call("MULTI")
        client.call("PING")
        assert client.call("EXEC").value is None
        assert values(listener.reply())[3] == b"set"
    finally:
        other.call("CONFIG", "SET", "notify-keyspace-events", "")


def test_time_stands_still_in_a_script(client):
    script = (
        "redis.call('SET', KEYS[1], 'x', 'PX', 1) local n = 0 "
        "while redis.call('EXISTS', KEYS[1]) == 1 and n < 100000 do n = n + 1 end return n"
    )
    assert client.call("EVAL", script, 1, "short").value == 100000


def test_scripts_make_room_for_each_other(client):
    client.call("SCRIPT", "FLUSH")
    kept = client.call("SCRIPT", "LOAD", "return 'kept'").value
    first = b"f" * 40
    for number in range(600):
        client.call("EVAL", "return %d" % number, 0)
        if number == 0:
            first = client.call("EVAL", "return redis.sha1hex('return 0')", 0).value
    assert client.call("EVALSHA", kept, 0).value == b"kept"
    found = client.call("EVALSHA", first, 0)
    if servers.duplex_path() and client.call("EVALSHA", first, 0).kind == "error":
        assert found.value.startswith(b"NOSCRIPT")


@pytest.mark.parametrize(
    "code",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "xpcall(function() while true do end end, function() while true do end end)",
        "string.rep('a', 40):find(string.rep('a?', 40) .. string.rep('a', 40))",
        "local function loop() while true do pcall(function() while true do end end) end end "
        "coroutine.wrap(loop)()",
    ],
)
def test_libraries_that_do_not_end_are_not_loaded(busy_clients, code):
    client = busy_clients()
    client.call("FUNCTION", "FLUSH")
    reply = client.call("FUNCTION", "LOAD", "#!lua name=endless\n" + code)
    assert reply.value.endswith(b"FUNCTION LOAD timeout")
    assert client.call("FUNCTION", "LIST").value == []
