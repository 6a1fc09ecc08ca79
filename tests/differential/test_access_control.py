"""Who may run what: the decisions of access control on redis-server and on Duplex.

For users of every kind, each command of the table is asked for with several lists of arguments:
with ACL DRYRUN, queued in a transaction that is discarded, and, where it only touches data, run.
"""

import re

import pytest

from differential.requests import Requests, documented_commands
from support import resp, servers

REQUESTS_EACH = 12
FOUND_SHOWN = 40
KEYS = [b"a:1", b"a:2", b"ab", b"b:1", b"w:1", b"r:1", b"", b"any"]
CHANNELS = [b"ch:1", b"ch:*", b"news", b"other", b"n?ws"]

# The rules of each user. All are on and need no password.
USERS = {
    "nothing": "",
    "all": "+@all ~* &*",
    "allkeys": "+@all ~*",
    "prefix": "+@all ~a:* &ch:*",
    "exact": "+@all ~a:1 ~b:1 &news",
    "globs": "+@all ~a?1 ~[bw]:* ~ab\\* &n?ws &ch:\\*",
    "reader": "+@all %R~* &*",
    "writer": "+@all %W~* &*",
    "mixed": "+@all %R~r:* %W~w:* %RW~a:* %R~b:* &*",
    "same": "+@all %R~a:* %W~a:* %W~b:*",
    "onlyread": "+@read ~*",
    "onlywrite": "+@write ~* &*",
    "nodanger": "+@all -@dangerous ~* &*",
    "fast": "+@fast -@string +get ~* &ch:*",
    "subcommands": "+config|get +client|list +client|id +acl|whoami +object|encoding ~* &*",
    "except": "+@all -config|set -client|kill -object -xgroup|create -script ~* &*",
    "words": "+select|1 +getex|a:1 +set|a:1 +ping|v +@connection -auth ~*",
    "selectors": "+get ~a:* (+set ~w:*) (+@read %R~r:*) (+del %W~b:*) (+publish &ch:*)",
    "overlap": "+@all %R~* (+@all %W~w:* &*) (-@all +set +getset ~b:*)",
    "copier": "+copy +sort +sort_ro +georadius +bitfield +set +sunionstore %R~a:* %W~w:* "
              "(+sort ~*)",
}
CATEGORIES = ("keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
              "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking",
              "dangerous", "connection", "transaction", "scripting")  # fmt: skip

# Redis 7.2 takes other numbers of arguments.
OTHER_ARITY = ("command|getkeys", "command|getkeysandflags", "zrank", "zrevrank")
NOT_QUEUED = ("reset", "quit", "exec", "discard", "multi", "auth", "hello")
# Run for good: only commands that touch nothing but keys, and do not wait.
DATA_GROUPS = (b"string", b"list", b"set", b"sorted-set", b"sorted_set", b"hash", b"stream",
               b"bitmap", b"geo", b"hyperloglog", b"generic")  # fmt: skip
NOT_RUN = {"migrate", "wait", "waitaof", "object|help", "keys", "scan", "randomkey", "restore",
           "restore-asking", "blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin",
           "bzpopmax", "bzmpop", "xread", "xreadgroup", "pfselftest"}  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    """Two servers that have all the users."""
    other = "duplex" if servers.duplex_path() else "redis"
    with servers.server("redis") as first, servers.server(other) as second:
        for server in (first, second):
            with server.client() as client:
                for name, rules in USERS.items():
                    set_user(client, name, rules)
                for category in CATEGORIES:
                    set_user(client, "only-" + category, "~* &* +@" + category)
                    set_user(client, "no-" + category, "~* &* +@all -@" + category)
        yield first, second


@pytest.fixture(scope="module")
def requests(pair):
    """Requests of every command that both servers know, as (name, group, request)."""
    with pair[0].client() as one, pair[1].client() as two:
        known = {item.value.decode().lower() for item in one.call("COMMAND", "LIST").value}
        documented = documented_commands(two)
    arguments = {name: arguments for name, (group, arguments) in documented.items()}
    # The empty text that stands in the place of the keys is documented as a word.
    arguments["migrate"][2] = {**arguments["migrate"][2], "type": b"key"}
    maker = Requests(7, KEYS, CHANNELS)
    made = [(name, documented[name][0], maker.make(name, arguments[name]))
            for name in sorted(known & set(documented) - set(OTHER_ARITY))
            for _ in range(REQUESTS_EACH)]  # fmt: skip
    assert len({name for name, _, _ in made}) > 280
    return made


def set_user(client, name, rules):
    words = re.findall(r"\([^)]*\)|\S+", rules)
    # Without transactions of their own, some users could only be asked by running commands.
    words += ["+multi", "+discard"]
    reply = client.call("ACL", "SETUSER", name, "on", "nopass", "resetchannels", *words)
    assert reply.kind == "status", (name, reply)


def call_all(client, requests):
    """Sends requests in pipelines, and returns the replies in their order."""
    replies = []
    for start in range(0, len(requests), 500):
        part = requests[start : start + 500]
        client.send_raw(b"".join(resp.encode(*request) for request in part))
        replies += [client.reply() for _ in part]
    return replies


# What the versions say of a denial, in a transaction or run. Only the command is always named.
DENIALS = (
    (r"NOPERM (?:this user|User \S*) has no permissions to run the '(.*)' command", "command"),
    (r"NOPERM (?:.*one of the keys|No permissions to access a key).*", "key"),
    (r"NOPERM (?:.*one of the channels|No permissions to access a channel).*", "channel"),
)


def told(reply, user):
    """What a dry run says; Redis 7.0 does not name the user."""
    text = reply.value if isinstance(reply.value, bytes) else b""
    return reply.kind, text.replace(b"User %s has" % user.encode(), b"This user has")


def decision(reply):
    """What a request was answered, as far as access control has a part in it."""
    if reply.kind == "error" and reply.value.startswith(b"NOPERM"):
        for pattern, reason in DENIALS:
            if found := re.fullmatch(pattern, reply.value.decode()):
                return (reason, *found.groups())
        return ("other", reply.value)
    return "passed"


def forgets_keys(request):
    """Whether Redis looks at no key of a request because one part of its keys is empty.

    It lets anybody write the first key of these then. Duplex looks at the keys that there are.
    """
    name = request[0].lower()
    if name == b"pfmerge":
        return len(request) == 2
    return name in (b"zunionstore", b"zinterstore", b"zdiffstore") and request[2] == b"0"


def differences(requests, first, second, user):
    return ["%s: %s\n    first:  %s\n    second: %s" % (user, b" ".join(request).decode(), a, b)
            for request, a, b in zip(requests, first, second)
            if a != b and not forgets_keys(request)]  # fmt: skip


def ask_both(pair, user, requests):
    """Returns what both servers say to these requests of a user, from connections of their own."""
    answers = []
    for server in pair:
        with server.client() as client:
            client.call("FLUSHALL")
            client.call("AUTH", user, "x")
            answers.append(call_all(client, requests))
    return answers


def all_users():
    for category in CATEGORIES:
        yield "only-" + category
        yield "no-" + category
    yield from USERS


def test_dry_runs_of_every_command(pair, requests):
    found = []
    for user in all_users():
        # All requests of a command are of the same categories; patterns are asked for with all.
        asked = [request for _, _, request in requests[:: 1 if user in USERS else REQUESTS_EACH]]
        dry_runs = [[b"ACL", b"DRYRUN", user.encode(), *request] for request in asked]
        answers = [[told(reply, user) for reply in replies]
                   for replies in ask_both(pair, "default", dry_runs)]  # fmt: skip
        found += differences(asked, *answers, user)
    assert not found, "%d differ\n" % len(found) + "\n".join(found[:FOUND_SHOWN])


@pytest.mark.parametrize("user", list(USERS))
def test_requests_in_transactions(pair, requests, user):
    """What is queued is judged as what is run; nothing of it is run."""
    asked = [request for name, _, request in requests if name not in NOT_QUEUED]
    queued = [part for request in asked for part in ([b"MULTI"], request, [b"DISCARD"])]
    answers = [[decision(reply) for reply in replies[1::3]]
               for replies in ask_both(pair, user, queued)]  # fmt: skip
    found = differences(asked, *answers, user)
    assert not found, "%d differ\n" % len(found) + "\n".join(found[:FOUND_SHOWN])


@pytest.mark.parametrize("user", list(USERS))
def test_requests_that_are_run(pair, requests, user):
    asked = [request for name, group, request in requests
             if group in DATA_GROUPS and name not in NOT_RUN]  # fmt: skip
    answers = [[decision(reply) for reply in replies] for replies in ask_both(pair, user, asked)]
    found = differences(asked, *answers, user)
    assert not found, "%d differ\n" % len(found) + "\n".join(found[:FOUND_SHOWN])


# What Redis 7.0 does not know: the categories, and what a request needs of the key "k", by the
# flags of the key specifications: to read it, to write it, or both.
NEWER = {
    "client|capa": ("connection slow", ["redirect"], ""),
    "client|import-source": ("connection slow", ["off"], ""),
    "client|no-touch": ("connection slow", ["on"], ""),
    "client|setinfo": ("connection slow", ["lib-name", "x"], ""),
    "commandlog": ("slow", ["help"], ""),
    "commandlog|get": ("admin dangerous slow", ["1", "slow"], ""),
    "commandlog|help": ("slow", [], ""),
    "commandlog|len": ("admin dangerous slow", ["slow"], ""),
    "commandlog|reset": ("admin dangerous slow", ["slow"], ""),
    "hotkeys": ("slow", ["help"], ""),
    "hotkeys|get": ("admin dangerous slow", [], ""),
    "hotkeys|help": ("slow", [], ""),
    "hotkeys|reset": ("admin dangerous slow", [], ""),
    "hotkeys|start": ("admin dangerous slow", ["METRICS", "1", "CPU"], ""),
    "hotkeys|stop": ("admin dangerous slow", [], ""),
    "delifeq": ("fast string write", ["k", "v"], "RW"),
    "hexpire": ("fast hash write", ["k", "9", "FIELDS", "1", "f"], "W"),
    "hexpireat": ("fast hash write", ["k", "9", "FIELDS", "1", "f"], "W"),
    "hexpiretime": ("fast hash read", ["k", "FIELDS", "1", "f"], "R"),
    "hgetdel": ("fast hash write", ["k", "FIELDS", "1", "f"], "RW"),
    "hgetex": ("fast hash write", ["k", "FIELDS", "1", "f"], "RW"),
    "hpersist": ("fast hash write", ["k", "FIELDS", "1", "f"], "W"),
    "hpexpire": ("fast hash write", ["k", "9", "FIELDS", "1", "f"], "W"),
    "hpexpireat": ("fast hash write", ["k", "9", "FIELDS", "1", "f"], "W"),
    "hpexpiretime": ("fast hash read", ["k", "FIELDS", "1", "f"], "R"),
    "hpttl": ("fast hash read", ["k", "FIELDS", "1", "f"], "R"),
    "hsetex": ("fast hash write", ["k", "FIELDS", "1", "f", "v"], "W"),
    "httl": ("fast hash read", ["k", "FIELDS", "1", "f"], "R"),
    "script|show": ("scripting slow", ["0" * 40], ""),
    "zrank": ("fast read sortedset", ["k", "m", "WITHSCORE"], "R"),
    "zrevrank": ("fast read sortedset", ["k", "m", "WITHSCORE"], "R"),
    "command|getkeys": ("connection slow", ["get", "k"], ""),
    "command|getkeysandflags": ("connection slow", ["get", "k"], ""),
}  # fmt: skip

# Commands about browsers, which no other server has, and their categories.
OURS = {
    "rt.channels": "pubsub slow",
    "rt.disconnect": "admin dangerous fast pubsub",
    "rt.history": "pubsub slow",
    "rt.key": "keyspace read slow",
    "rt.presence": "pubsub slow",
    "rt.presence.stats": "pubsub slow",
    "rt.publish": "fast pubsub",
    "rt.reply": "fast pubsub",
    "rt.replyerr": "fast pubsub",
    "rt.revoke": "admin dangerous pubsub slow write",
    "rt.stream": "read slow stream",
    "rt.subscribe": "admin dangerous fast pubsub",
    "rt.unsubscribe": "admin dangerous fast pubsub",
}


def test_categories(pair):
    """Each category has the same commands, except for those that only one of the servers knows."""
    with pair[0].client() as one, pair[1].client() as two:
        known = [names(client.call("COMMAND", "LIST")) for client in (one, two)]
        unknown = known[1] - known[0]
        categories = {name: found[0] for name, found in NEWER.items()} | OURS
        assert unknown <= set(categories), "what is newer belongs into the tables"
        for category in CATEGORIES:
            lists = [names(client.call("ACL", "CAT", category)) for client in (one, two)]
            newer = {name for name in unknown if category in categories[name].split()}
            assert lists[1] == lists[0] & known[1] | newer, category


def names(reply):
    return {item.value.decode() for item in reply.value}


@pytest.mark.parametrize("rule", ["~k", "%R~k", "%W~k", "~other"])
def test_newer_commands(pair, rule):
    if pair[1].kind == "redis":
        return  # two servers of the same kind are compared
    allowed = {"~k": "RW", "%R~k": "R", "%W~k": "W", "~other": ""}[rule]
    with pair[1].client() as client:
        client.call("ACL", "SETUSER", "newer", "resetkeys", rule, "+@all")
        for name, (_, arguments, needed) in NEWER.items():
            reply = client.call("ACL", "DRYRUN", "newer", *name.split("|"), *arguments)
            expected = b"User newer has no permissions to access the 'k' key"
            assert reply.value == (b"OK" if set(needed) <= set(allowed) else expected), name
