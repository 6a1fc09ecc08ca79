"""Generated scripts on redis-server and on Duplex: what they return and how they fail is the same.

SEED=n runs one seed, SCRIPTS=n that many scripts for each seed.
"""

import os
import random
import re

import pytest

from differential import random_commands, script_values
from differential.test_differential import is_known_difference, known_commands
from support import notation, resp, servers

SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else [1, 2, 3]
SCRIPTS = int(os.environ.get("SCRIPTS", "1500"))
# What a script may call without the reply depending on the server.
NOT_CALLED = (b"SMEMBERS", b"SDIFF", b"SINTER", b"SUNION", b"SPOP", b"SCAN", b"HSCAN", b"SSCAN",
              b"ZSCAN", b"SELECT", b"MULTI", b"EXEC", b"DISCARD", b"KEYS", b"RANDOMKEY", b"SORT",
              b"SORT_RO", b"OBJECT", b"XINFO", b"HGETALL", b"HKEYS", b"HVALS", b"TTL", b"PTTL",
              b"EXPIRETIME", b"PEXPIRETIME", b"XPENDING",
              b"DUMP", b"SRANDMEMBER", b"ZRANDMEMBER", b"HRANDFIELD")  # fmt: skip
CALLS = [
    "return redis.call(unpack(ARGV))",
    "return redis.pcall(unpack(ARGV))",
    "redis.setresp(3) return redis.call(unpack(ARGV))",
    "redis.setresp(3) local r = redis.pcall(unpack(ARGV)) redis.setresp(2) return r",
    "local r = redis.call(unpack(ARGV)) return type(r)",
    "redis.setresp(3) local r = redis.call(unpack(ARGV)) return type(r)",
    "local r = redis.call(unpack(ARGV)) return cjson.encode(r)",
    "redis.setresp(3) local r = redis.call(unpack(ARGV)) if type(r) == 'table' then "
    "local names = {} for _, n in ipairs({'ok', 'err', 'map', 'set', 'double', 'big_number', "
    "'verbatim_string'}) do if r[n] ~= nil then names[#names + 1] = n end end return names end "
    "return type(r)",
    "local ok, r = pcall(redis.call, unpack(ARGV)) return {tostring(ok), r}",
    "redis.call('SET', 'k1', 'x') return redis.call(unpack(ARGV))",
]


@pytest.fixture(scope="module")
def pair():
    other = "duplex" if servers.duplex_path() else "redis"
    with servers.server("redis") as first, servers.server(other) as second:
        yield first, second


class Run:
    def __init__(self, seed, pair):
        self.found = []  # what differs
        self.clients = [server.client() for server in pair]
        self.rng = random.Random(seed)
        self.lua = script_values.Lua(self.rng)
        self.versions_differ = pair[0].version[:2] != pair[1].version[:2]
        for client in self.clients:
            client.call("FLUSHALL")
            client.call("FUNCTION", "FLUSH")
            client.call("SCRIPT", "FLUSH")
            client.call("HELLO", 2 + seed % 2)
        known = set.intersection(*map(known_commands, self.clients))
        self.commands = random_commands.Commands(seed, known)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for client in self.clients:
            client.close()
        if self.found and kind is None:
            pytest.fail("%d differ\n" % len(self.found) + "\n".join(self.found[:20]), pytrace=False)

    def both(self, *arguments):
        first, second = [client.call(*arguments) for client in self.clients]
        if first == second or same(arguments, first, second):
            return first
        inner = [item if isinstance(item, bytes) else str(item).encode() for item in arguments]
        called = inner[inner.index(b"0") + 1 :] if b"0" in inner else inner
        if self.versions_differ and called and is_known_difference(called, first, second):
            return first
        self.found.append("\n".join([
            "> " + " ".join(map(show, arguments)), "first server:",
            *notation.format_reply(first), "second server:", *notation.format_reply(second),
        ]))  # fmt: skip
        return first

    def command(self):
        while True:
            steps = self.commands.next()
            command = steps[0]
            if len(steps) == 1 and command[0].upper() not in NOT_CALLED:
                return command


def comparable(reply):
    """Doubles as numbers: Valkey writes them in fewer digits; addresses of tables as nothing."""
    if reply.kind == "double":
        number = float(reply.value)
        return number if number == number else "nan"
    if isinstance(reply.value, list):
        return reply.kind, [tuple(map(comparable, item)) if isinstance(item, tuple) and
                            not isinstance(item, resp.Reply) else comparable(item)
                            for item in reply.value]  # fmt: skip
    # RESP2 has doubles as texts, also those of places inside of arrays.
    if reply.kind == "bulk" and re.fullmatch(rb"-?\d+\.\d{9,}(e[+-]?\d+)?", reply.value):
        return float(reply.value)
    if reply.kind in ("bulk", "error"):
        text = re.sub(rb"(table|function): 0x[0-9a-f]+", rb"\1", reply.value)
        text = re.sub(rb"Function \w already exists", rb"Function already exists", text)
        return re.sub(rb"Unbalanced '?(\w+)'?", lambda name: name.group(1).upper(), text)
    return reply


def same(arguments, first, second):
    if comparable(first) == comparable(second):
        return True
    # RESP2 has doubles as texts.
    if first.kind == second.kind == "bulk" and "{double = " in str(arguments[1]):
        return float(first.value) == float(second.value)
    return False


def show(item):
    return notation.quote(item) if isinstance(item, bytes) else str(item)


@pytest.mark.parametrize("seed", SEEDS)
def test_commands_in_scripts(pair, seed):
    with Run(seed, pair) as run:
        for _ in range(SCRIPTS):
            command = run.command()
            run.both("EVAL", run.rng.choice(CALLS), 0, *command)
        run.both("DBSIZE")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "kind", ["reply", "json", "message_pack", "structure", "bits", "matching", "catching"]
)
def test_libraries_and_replies(pair, seed, kind):
    with Run(seed, pair) as run:
        for _ in range(SCRIPTS):
            script = getattr(run.lua, kind)()
            if kind == "reply":
                script = run.rng.choice(["return ", "redis.setresp(3) return "]) + script
            run.both("EVAL", script, 0)


# What else is wrong in the arguments breaks redis-server.
FLAGS = ["", "flags = {'no-writes'}", "flags = {'allow-stale', 'allow-oom'}",
         "description = 'what it does'"]  # fmt: skip


BODIES = ["return 1", "return redis.call('GET', keys[1])", "return {keys, args}",
          "return redis.call('SET', keys[1], args[1])", "error('x')"]  # fmt: skip


def library(rng):
    """Half of them can be loaded. The others are written without names of arguments: what is wrong
    between these breaks redis-server."""
    if rng.random() < 0.5:
        functions = []
        for function in rng.sample(["f", "g", "h", "i", "j"], rng.randrange(1, 3)):
            extra = rng.choice(FLAGS)
            functions.append(
                "redis.register_function{function_name = '%s', callback = function(keys, args) "
                "%s end%s}" % (function, rng.choice(BODIES), ", " + extra if extra else "")
            )
        return "#!lua name=%s\n%s" % (rng.choice("abcd"), "\n".join(functions))
    functions = ["redis.register_function('%s', function(keys, args) %s end)"
                 % (rng.choice(["f", "g", "bad name"]), rng.choice(BODIES))
                 for _ in range(rng.randrange(1, 3))]  # fmt: skip
    engine = rng.choice(["lua"] * 8 + ["LUA", "nosuch", ""])
    name = rng.choice(["a", "b", "bad name", ""])
    end = rng.choice([""] * 4 + ["x = 1", "return ("])
    return "#!%s name=%s\n%s\n%s" % (engine, name, "\n".join(functions), end)


def normalized(reply):
    """A list of libraries, whose functions have no order."""
    if reply.kind == "map":
        return [(name.value, normalized(value)) for name, value in reply.value]
    if isinstance(reply.value, list):
        return sorted((normalized(item) for item in reply.value), key=repr)
    return reply.value


@pytest.mark.parametrize("seed", SEEDS)
def test_functions(pair, seed):
    with Run(seed, pair) as run:
        dumps = [b""]
        for _ in range(SCRIPTS // 3):
            roll = run.rng.random()
            if roll < 0.35:
                replace = ["REPLACE"] if run.rng.random() < 0.5 else []
                run.both("FUNCTION", "LOAD", *replace, library(run.rng))
            elif roll < 0.6:
                name = run.rng.choice(["FCALL", "FCALL_RO"])
                function = run.rng.choice(["f", "g", "h", "i", "J"])
                run.both(name, function, 1, "k1", "v")
            elif roll < 0.7:
                arguments = run.rng.choice([[], ["WITHCODE"], ["LIBRARYNAME", "a*"], ["nosuch"]])
                lists = [client.call("FUNCTION", "LIST", *arguments) for client in run.clients]
                assert normalized(lists[0]) == normalized(lists[1])
            elif roll < 0.8:
                # One library: several are in no order.
                run.both("FUNCTION", "FLUSH")
                run.both("FUNCTION", "LOAD", library(run.rng))
                dumps.append(run.both("FUNCTION", "DUMP").value)
            elif roll < 0.95:
                payload = run.rng.choice(dumps)
                if payload and run.rng.random() < 0.2:
                    at = run.rng.randrange(len(payload))
                    payload = payload[:at] + b"\x01" + payload[at + 1 :]
                policy = run.rng.choice([[], ["APPEND"], ["REPLACE"], ["FLUSH"], ["nosuch"]])
                run.both("FUNCTION", "RESTORE", payload, *policy)
            else:
                run.both("FUNCTION", run.rng.choice(["STATS", "STATS", "FLUSH"]))
                run.both("FUNCTION", "DELETE", run.rng.choice("abcd"))
