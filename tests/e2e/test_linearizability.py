"""Ten clients on four loops: their replies fit into one order, of single commands as of
transactions and scripts.

All requests of a round are sent before the first reply is read, so that they meet in the server.
With SOAK_SECONDS each of these goes on for longer.
"""

import os
import random
import selectors
import time

import pytest

from support import linearizability, resp, sequential_model, servers
from support.linearizability import Operation

CLIENTS = 10
SECONDS = float(os.environ.get("SOAK_SECONDS", "40")) / 8
BATCHES = 4  # that each client sends in a round

STRINGS, LISTS = sequential_model.STRINGS, sequential_model.LISTS


def test_the_checker_accepts_what_can_be_explained():
    writes = [Operation(("SET", "s0", b"1"), 0, b"OK", 5)]
    reads = [Operation(("GET", "s0"), 1, None, 2), Operation(("GET", "s0"), 3, b"1", 4)]
    order = find_order([writes, reads])
    assert [operation.name[0] for operation in order] == ["GET", "SET", "GET"]


@pytest.mark.parametrize(
    "clients",
    [
        # A value is gone again after it was read.
        [
            [Operation(("SET", "s0", b"1"), 0, b"OK", 9)],
            [Operation(("GET", "s0"), 1, b"1", 2), Operation(("GET", "s0"), 3, None, 4)],
        ],
        # A write that has returned is not seen.
        [[Operation(("SET", "s0", b"1"), 0, b"OK", 1)], [Operation(("GET", "s0"), 2, None, 3)]],
        # Two increments have seen the same number.
        [[Operation(("INCRBY", "s0", 1), 0, 1, 3)], [Operation(("INCRBY", "s0", 1), 1, 1, 2)]],
        # Two keys that change together are seen apart.
        [
            [Operation(("MSET", "s0", b"1", "s1", b"1"), 0, b"OK", 9)],
            [Operation(("MGET", "s0", "s1"), 1, [b"1", None], 2)],
        ],
        # Half of a transaction.
        [
            [Operation(("EXEC", ("INCRBY", "s0", 1), ("INCRBY", "s1", 1)), 0, [1, 1], 9)],
            [Operation(("GET", "s0"), 1, b"1", 2), Operation(("GET", "s1"), 3, None, 4)],
        ],
        # Both have found what they compare with.
        [
            [Operation(("COMPARE_AND_SET", "s0", None, b"1", True), 0, [b"OK"], 9)],
            [Operation(("COMPARE_AND_SET", "s0", None, b"2", True), 0, [b"OK"], 9)],
        ],
        # The requests of one client change places.
        [[Operation(("GET", "s0"), 0, b"1", 8), Operation(("SET", "s0", b"1"), 0, b"OK", 9)]],
    ],
)
def test_the_checker_finds_what_cannot_be_explained(clients):
    assert find_order(clients) is None


def find_order(clients):
    return linearizability.find_order(clients, sequential_model.EMPTY, sequential_model.apply)


class Worker:
    """One client of a round: what it sends next, and the history of what it has done."""

    def __init__(self, client, choose):
        self.history = []
        self._client = client
        self._choose = choose
        self._batches = BATCHES
        self._expected = []  # for each reply to come: the operation that it ends, or None
        self._swap = None  # the key of a WATCH that was sent
        self._seen = None  # what the GET after it said

    def send(self, clock):
        """Sends the next batch; False if there is none."""
        if self._swap:
            self._send_swap(clock)
        elif self._batches == 0:
            return False
        else:
            self._send_batch(clock)
        return True

    def _send_batch(self, clock):
        self._batches -= 1
        commands = [random_command(self._choose) for _ in range(self._choose.randint(1, 3))]
        sent = []
        for command in commands:
            sent += self._take(command, clock)
        if self._choose.random() < 0.3:
            self._swap = self._choose.choice(STRINGS)
            self._expected.append(None)
            sent += [("WATCH", self._swap), *self._take(("GET", self._swap), clock)]
        self._send(sent)

    def _send_swap(self, clock):
        key, self._swap = self._swap, None
        value = new_value(self._choose)
        self.history.append(Operation(("COMPARE_AND_SET", key, self._seen, value), clock))
        self._expected += [None, None, self.history[-1]]
        self._send([("MULTI",), ("SET", key, value), ("EXEC",)])

    def _take(self, command, clock):
        requests = sequential_model.requests(command)
        self.history.append(Operation(command, clock))
        self._expected += [None] * (len(requests) - 1) + [self.history[-1]]
        return requests

    def _send(self, requests):
        self._client.send_raw(b"".join(resp.encode(*request) for request in requests))

    def receive(self, clock):
        """Takes in replies; True if that was the last one of the batch."""
        for reply in self._client.arrived():
            operation = self._expected.pop(0)
            if operation is None:
                assert reply.kind != "error", reply
                continue
            operation.returned = clock
            operation.reply = plain(reply)
            if operation.name[0] == "COMPARE_AND_SET":
                operation.name += (operation.reply is not None,)
            self._seen = operation.reply
        return not self._expected


def plain(reply):
    """The value without its kind, also inside of arrays."""
    if isinstance(reply.value, list):
        return [plain(item) for item in reply.value]
    return reply.value


def new_value(choose):
    return b"%d" % choose.randint(0, 1 << 40)


def random_command(choose, in_transaction=False):
    string, list_key = choose.choice(STRINGS), choose.choice(LISTS)
    two = choose.sample(STRINGS, 2)
    commands = [
        ("GET", string),
        ("SET", string, new_value(choose), "GET"),
        ("SET", string, new_value(choose), "NX"),
        ("INCRBY", string, choose.randint(1, 9)),
        ("GETDEL", string),
        ("MSET", two[0], new_value(choose), two[1], new_value(choose)),
        ("MSETNX", two[0], new_value(choose), two[1], new_value(choose)),
        ("MGET", *STRINGS),
        ("DEL", string, list_key),
        ("EXISTS", *two, list_key),
        ("RENAME", *two),
        ("RPUSH", list_key, new_value(choose)),
        ("LPOP", list_key),
        ("LMOVE", *choose.sample(LISTS, 2), "LEFT", "RIGHT"),
        ("LRANGE", list_key, 0, -1),
        ("TRANSFER", choose.randint(1, 9), *two),
        ("TRANSFER_UNDECLARED", choose.randint(1, 9), *two),
    ]
    if not in_transaction and choose.random() < 0.2:
        queued = [random_command(choose, in_transaction=True) for _ in range(choose.randint(1, 4))]
        return ("EXEC", *queued)
    return choose.choice(commands)


def play_round(clients, choose):
    """Returns the history of each client."""
    workers = [Worker(client, choose) for client in clients]
    clock = 0
    with selectors.DefaultSelector() as selector:
        for client, worker in zip(clients, workers, strict=True):
            selector.register(client, selectors.EVENT_READ, worker)
        running = [worker for worker in workers if worker.send(clock)]
        while running:
            events = selector.select(timeout=60)
            assert events, "no reply for a minute"
            clock += 1
            ready = [key.data for key, _ in events if key.data.receive(clock)]
            clock += 1
            running = [worker for worker in running if worker not in ready or worker.send(clock)]
    return [worker.history for worker in workers]


@pytest.mark.threads
@pytest.mark.parametrize("kind", servers.available_kinds())
def test_replies_fit_into_one_order(kind):
    seed = random.getrandbits(48)
    with servers.server(kind, "--io-threads", 4) as server:
        clients = [server.client(timeout=60) for _ in range(CLIENTS)]
        end = time.monotonic() + SECONDS
        rounds = 0
        while time.monotonic() < end:
            clients[0].call("FLUSHALL")
            history = play_round(clients, random.Random(seed + rounds))
            assert find_order(history) is not None, tell(history, seed + rounds)
            rounds += 1
        for client in clients:
            client.close()
    assert rounds > 10


def tell(history, seed):
    """The history as text: who, when, what, and the reply."""
    lines = [
        f"{operation.sent:4} {operation.returned:4} client {client}: "
        f"{operation.name} -> {operation.reply}"
        for client, operations in enumerate(history)
        for operation in operations
    ]
    return f"seed {seed}\n" + "\n".join(sorted(lines))
