"""kill -9 at any moment of a load on four loops, with rewrites and snapshots on their way.

After each restart all that was acknowledged is there, nothing is there that nobody sent, and
every transaction is there as a whole or not at all.
"""

import os
import random
import tempfile
import threading
import time

import pytest

from support import resp, servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

POLICIES = ["always", "everysec", "no"]
WORKERS = 8
BATCH = 4  # rounds of a worker in one pipeline
OWN_KEYS = 40
ACCOUNTS = 64
BALANCE = 1000
SCRIPT = (
    "redis.call('INCR', KEYS[1]) redis.call('ZADD', KEYS[2], ARGV[1], 'last') "
    "redis.call('HSET', KEYS[3], 'f' .. (ARGV[1] % 100), ARGV[1]) return ARGV[1]"
)
REPLIES = 20  # of one round


class Worker:
    """Numbers its rounds; each round leaves its number in many keys."""

    def __init__(self, number):
        self.name = "w%d" % number
        self.acknowledged = 0
        self.sent = 0
        self.chosen = random.Random(number)

    def key(self, what):
        return "%s:%s" % (self.name, what)

    def request(self, n):
        one, other = self.chosen.sample(range(ACCOUNTS), 2)
        amount = self.chosen.randrange(50)
        encode = resp.encode
        return b"".join(
            [
                encode("MULTI"),
                encode("INCR", self.key("a")),
                encode("RPUSH", self.key("list"), n),
                encode("LTRIM", self.key("list"), -1000, -1),
                encode("INCR", self.key("b")),
                encode("EXEC"),
                encode("SET", self.key("own:%d" % (n % OWN_KEYS)), n),
                encode("SET", self.key("ending"), n, "EX", 100_000),
                encode("DEL", self.key("gone:%d" % ((n - 1) % 3))),
                encode("SET", self.key("gone:%d" % (n % 3)), n),
                encode("MULTI"),
                encode("DECRBY", "account:%d" % one, amount),
                encode("HINCRBY", "table", "f%d" % one, -amount),
                encode("HINCRBY", "table", "f%d" % other, amount),
                encode("INCRBY", "account:%d" % other, amount),
                encode("EXEC"),
                encode(
                    *("EVAL", SCRIPT, 3, self.key("s"), self.key("z"), self.key("h"), n),
                ),
                encode("APPEND", self.key("text"), "%d;" % n),
                encode("SETRANGE", self.key("text"), 0, "#"),
                encode("XADD", self.key("stream"), "MAXLEN", 500, "%d-1" % n, "n", n),
            ]
        )

    def work(self, client):
        """Goes on until the server has gone."""
        try:
            while True:
                first = self.acknowledged + 1
                self.sent = first + BATCH - 1
                client.send_raw(b"".join(self.request(first + i) for i in range(BATCH)))
                for _ in range(BATCH):
                    for _ in range(REPLIES):
                        reply = client.reply()
                        assert reply.kind != "error", reply
                    self.acknowledged += 1
        except (resp.ConnectionClosed, OSError):
            pass

    def check(self, client):
        """Rounds are executed one after the other, so that the last one tells how far it came."""
        found = int(client.call("GET", self.key("a")).value or 0)
        assert self.acknowledged <= found <= self.sent, self.name
        assert int(client.call("GET", self.key("b")).value or 0) == found
        items = client.call("LRANGE", self.key("list"), 0, -1).value
        numbers = [int(item.value) for item in items]
        assert numbers == list(range(max(found - 999, 1), found + 1))
        # The rest of a round comes after its first transaction; that of one that was acknowledged
        # is there.
        near = (found,) if found == self.acknowledged else (found - 1, found)
        for what in ("s", "ending"):
            assert int(client.call("GET", self.key(what)).value or 0) in near, what
        assert int(client.call("ZSCORE", self.key("z"), "last").value or 0) in near
        for slot in range(OWN_KEYS):
            value = int(client.call("GET", self.key("own:%d" % slot)).value or 0)
            newest = found - (found - slot) % OWN_KEYS
            allowed = {newest if newest > 0 else 0}
            if newest == found and found not in near[:1]:
                allowed.add(max(newest - OWN_KEYS, 0))
            assert value in allowed, slot
        last_script = int(client.call("GET", self.key("s")).value or 0)
        field = client.call("HGET", self.key("h"), "f%d" % (last_script % 100)).value
        assert int(field or 0) == last_script
        entries = client.call("XRANGE", self.key("stream"), "-", "+").value
        ids = [entry.value[0].value for entry in entries]
        newest = int(ids[-1].split(b"-")[0]) if ids else 0
        assert newest in near
        assert ids == [b"%d-1" % n for n in range(max(newest - 499, 1), newest + 1)]
        there = {int(client.call("GET", self.key("gone:%d" % n)).value or 0) for n in range(3)}
        assert there - {0} <= {found, found - 1}
        return found

    def go_on_from(self, client, found):
        """The rest of a round that was cut in its middle is done again."""
        self.acknowledged = self.sent = found
        if found == 0:
            return
        rest = b"".join(
            [
                resp.encode("SET", self.key("own:%d" % (found % OWN_KEYS)), found),
                resp.encode("SET", self.key("ending"), found, "EX", 100_000),
                resp.encode("SET", self.key("s"), found),
                resp.encode("ZADD", self.key("z"), found, "last"),
                resp.encode("HSET", self.key("h"), "f%d" % (found % 100), found),
                resp.encode("DEL", *(self.key("gone:%d" % n) for n in range(3))),
                resp.encode("SET", self.key("gone:%d" % (found % 3)), found),
                resp.encode("SET", self.key("text"), "#"),
            ]
        )
        client.send_raw(rest)
        for _ in range(8):
            assert client.reply().kind != "error"
        reply = client.call("XADD", self.key("stream"), "%d-1" % found, "n", found)
        assert reply.kind == "bulk" or b"equal or smaller" in reply.value

    def names(self):
        keys = {self.key(what) for what in ("a", "b", "list", "ending", "s", "z", "h")}
        keys |= {self.key("text"), self.key("stream")}
        keys |= {self.key("own:%d" % n) for n in range(OWN_KEYS)}
        return keys | {self.key("gone:%d" % n) for n in range(3)}


def check_accounts(client):
    balances = client.call("MGET", *("account:%d" % n for n in range(ACCOUNTS))).value
    assert sum(int(balance.value) for balance in balances) == ACCOUNTS * BALANCE
    changes = [int(item.value) for item in client.call("HVALS", "table").value]
    assert sum(changes) == 0
    fields = {item.value for item in client.call("HKEYS", "table").value}
    for n, balance in enumerate(balances):
        change = client.call("HGET", "table", "f%d" % n).value
        assert int(balance.value) == BALANCE + int(change or 0)
    return fields


def check_keys(client, workers):
    allowed = set().union(*(worker.names() for worker in workers))
    allowed |= {"account:%d" % n for n in range(ACCOUNTS)} | {"table"}
    found = {item.value.decode() for item in client.call("KEYS", "*").value}
    assert found <= allowed


def disturb(server, chosen, until):
    """Asks for rewrites and snapshots, again and again."""
    try:
        with server.client(timeout=60) as client:
            while not until.wait(chosen.uniform(0.0, 0.3)):
                client.call(chosen.choice(["BGREWRITEAOF", "BGREWRITEAOF", "BGSAVE"]))
    except (resp.ConnectionClosed, resp.NoReply, OSError):
        pass


def one_round(server, workers, chosen):
    clients = [server.client(timeout=60) for _ in workers]
    killed = threading.Event()
    threads = [
        threading.Thread(target=worker.work, args=(client,))
        for worker, client in zip(workers, clients)
    ]
    threads.append(threading.Thread(target=disturb, args=(server, chosen, killed)))
    for thread in threads:
        thread.start()
    time.sleep(chosen.uniform(0.05, 1.5))
    server.kill()
    killed.set()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()


def rounds(seed, policies, go_on):
    chosen = random.Random(seed)
    workers = [Worker(number) for number in range(WORKERS)]
    count = 0
    with tempfile.TemporaryDirectory(prefix="duplex-test-") as directory:
        while go_on(count):
            options = ["--appendonly", "yes", "--appendfsync", policies[count % len(policies)]]
            options += ["--io-threads", "4", "--auto-aof-rewrite-min-size", "64kb"]
            server = servers.Server("duplex", options, directory).start()
            try:
                with server.client(timeout=60) as client:
                    if count == 0:
                        for n in range(ACCOUNTS):
                            client.call("SET", "account:%d" % n, BALANCE)
                    check_accounts(client)
                    check_keys(client, workers)
                    for worker in workers:
                        worker.go_on_from(client, worker.check(client))
                one_round(server, workers, chosen)
            finally:
                server.stop()
            count += 1
    return count, sum(worker.acknowledged for worker in workers)


@pytest.mark.parametrize("policy", POLICIES)
def test_some_kills(policy):
    rounds(policy, [policy], lambda count: count < 5)


@pytest.mark.soak
def test_kills_for_a_long_time():
    end = time.monotonic() + float(os.environ.get("SOAK_SECONDS", "60"))
    seed = random.SystemRandom().randrange(1 << 31)
    print("seed", seed)
    count, acknowledged = rounds(seed, POLICIES, lambda _: time.monotonic() < end)
    print("%d kills, %d rounds of %d commands acknowledged" % (count, acknowledged, REPLIES))
