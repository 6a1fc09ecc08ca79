"""Browsers that lose their connections, and a server that dies: what was published arrives.

Each client ends with exactly the sequence that was published, or is told that it is not.
"""

import itertools
import json
import random
import threading

import pytest
from support import servers, web_socket

pytestmark = pytest.mark.skipif(not servers.duplex_path(), reason="needs DUPLEX_SERVER")

CHANNEL = "chat"
DIRECTIVES = ("--channel", CHANNEL, "sub=anon", "history=60", "ttl=600s", "--appendonly", "yes")


class Reader:
    """A client as an SDK has it: keeps its position and subscribes again from there."""

    def __init__(self):
        self.socket = None
        self.position = None
        self.pieces = []  # each without a gap

    def connect(self, port):
        self.socket = web_socket.WebSocket(port, "/connection/websocket")
        subscribe = {"channel": CHANNEL}
        if self.position:
            epoch, offset = self.position
            subscribe.update(recover=True, epoch=epoch, offset=offset)
        self.socket.send_json({"id": 1, "connect": {}}, {"id": 2, "subscribe": subscribe})
        objects = []
        while len(objects) < 2:
            objects += self.socket.receive_json()
        result = objects[1]["subscribe"]
        if not result.get("recovered"):
            self.pieces.append([])
            self.position = (result["epoch"], result["offset"])
        assert result["epoch"] == self.position[0]
        for publication in result.get("publications", ()):
            self.take(publication)
        assert self.position[1] == result["offset"]
        for pushed in objects[2:]:
            self.take(pushed["push"]["pub"])

    def take(self, publication):
        epoch, offset = self.position
        assert publication["offset"] == offset + 1, "a gap, or one that came twice"
        self.position = (epoch, offset + 1)
        self.pieces[-1].append(publication["data"])

    def read(self, last):
        """Until the publication that is the last one has come, or the connection ends."""
        while not self.pieces[-1] or self.pieces[-1][-1] != last:
            for thing in self.socket.receive_json():
                self.take(thing["push"]["pub"])

    def read_some(self, count):
        for _ in range(count):
            for thing in self.socket.receive_json():
                self.take(thing["push"]["pub"])

    def disconnect(self):
        self.socket.close()


def publish(client, numbers, count):
    """Publishes the next numbers; returns the last one."""
    number = None
    for number in itertools.islice(numbers, count):
        client.call("PUBLISH", CHANNEL, str(number))
    return number


def assert_exact(reader, published):
    """Each piece is a piece of what was published, in order; no two overlap."""
    for piece in reader.pieces:
        if piece:
            assert piece == list(range(piece[0], piece[-1] + 1))
    ends = [(piece[0], piece[-1]) for piece in reader.pieces if piece]
    assert all(before[1] < behind[0] for before, behind in itertools.pairwise(ends))
    assert reader.pieces[-1][-1] == published


@pytest.mark.parametrize("seed", range(4))
def test_random_breaks_and_restarts(seed):
    chance = random.Random(seed)
    numbers = itertools.count(1)
    with servers.server("duplex", *DIRECTIVES) as running:
        readers = [Reader() for _ in range(4)]
        for reader in readers:
            reader.connect(running.http_port)
        for _ in range(12):
            with running.client() as client:
                last = publish(client, numbers, chance.randrange(1, 25))
                for reader in readers:
                    reader.read(last)
                away = [reader for reader in readers if chance.random() < 0.6]
                for reader in away:
                    reader.disconnect()
                # Now and then more than the history keeps.
                publish(client, numbers, chance.choice([1, 5, 20, 59, 80]))
            fate = chance.random()
            if fate < 0.3:
                running.kill()
                running.start()
            elif fate < 0.5:
                running.stop()
                running.start()
            restarted = fate < 0.5
            for reader in readers if restarted else away:
                reader.connect(running.http_port)
            with running.client() as client:
                last = publish(client, numbers, 1)
            for reader in readers:
                reader.read(last)
        for reader in readers:
            assert_exact(reader, last)
            assert len(reader.pieces) < 12


def test_recovery_beside_publishing():
    """Clients that come and go while others publish from several connections."""
    per_connection = 400
    with servers.server("duplex", *DIRECTIVES, "--io-threads", "2") as running:
        reader = Reader()
        reader.connect(running.http_port)

        def write():
            with running.client() as client:
                for number in range(per_connection):
                    client.call("PUBLISH", CHANNEL, json.dumps(number))

        writers = [threading.Thread(target=write) for _ in range(2)]
        for writer in writers:
            writer.start()
        chance = random.Random(1)
        while reader.position[1] < 2 * per_connection:
            left = 2 * per_connection - reader.position[1]
            reader.read_some(min(left, chance.randrange(1, 40)))
            reader.disconnect()
            reader.connect(running.http_port)
        for writer in writers:
            writer.join()
        # Offsets were without a gap wherever it could be recovered; nothing more is known here.
        assert reader.position[1] == 2 * per_connection
