"""Random commands on four loops while the log is rewritten: a restart brings the same data back."""

import random
import threading
import time

import pytest

from differential import random_commands
from support import resp, servers, typed_data, waiting
from support.info import info

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

WORKERS = 6
REWRITES = 5
PIPELINE = 20


def everything(client):
    """All that a log has, and the digest of all keys.

    It does not have how often somebody has read again what he has not acknowledged, of which the
    digest knows nothing; and versions compute the lag of a group differently. Nor does it have the
    count that a HyperLogLog keeps until it changes: so each is counted before the digest is made.
    """
    facts = typed_data.everything(client)
    for key, value in facts.items():
        if key in ("functions", "digest"):
            continue
        kind, expiry, content = value
        if kind == b"string" and content.startswith(b"HYLL"):
            facts[key] = (kind, expiry, content[:8] + content[16:])
            client.call("SELECT", key[0])
            client.call("PFCOUNT", key[1])
        if kind == b"stream":
            groups = [
                (
                    [item for item in group if item[0] != b"lag"],
                    [entry[:2] for entry in pending],
                    consumers,
                )
                for group, pending, consumers in content[2]
            ]
            facts[key] = (kind, expiry, content[:2] + groups)
    client.call("SELECT", 0)
    facts["digest"] = client.call("DEBUG", "DIGEST").value
    return facts


def commands_of(seed):
    """Endless; without those that only have a meaning for a comparison."""
    commands = random_commands.Commands(seed, set(random_commands.OTHER_COMMANDS))
    while True:
        for step in commands.next():
            if not isinstance(step, random_commands.Pause):
                yield step


def play(server, seed, stopping, failures):
    try:
        with server.client(timeout=60) as client:
            steps = commands_of(seed)
            while not stopping.is_set():
                batch = [next(steps) for _ in range(PIPELINE)]
                client.send_raw(b"".join(resp.encode(*command) for command in batch))
                for _ in batch:
                    client.reply()
    except Exception as error:  # pylint: disable=broad-except
        failures.append(error)


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_a_rewrite_under_every_kind_of_command(fsync):
    options = ["--io-threads", "4", "--appendonly", "yes", "--appendfsync", fsync]
    options += ["--enable-debug-command", "yes", "--auto-aof-rewrite-percentage", "0"]
    seed = random.SystemRandom().randrange(1 << 31)
    print("seed", seed)
    with servers.server("duplex", *options) as server:
        stopping = threading.Event()
        failures = []
        threads = [
            threading.Thread(target=play, args=(server, seed + number, stopping, failures))
            for number in range(WORKERS)
        ]
        for thread in threads:
            thread.start()
        with server.client(timeout=60) as client:
            for number in range(1, REWRITES + 1):
                assert client.call("BGREWRITEAOF").kind == "status"
                waiting.until(lambda n=number: info(client, "aof_rewrites") == str(n))
                time.sleep(0.2)  # the load goes on in the new increment
            stopping.set()
            for thread in threads:
                thread.join()
            assert not failures
            # What ends within milliseconds has ended.
            time.sleep(0.05)
            before = everything(client)
        server.kill()
        server.start()
        with server.client(timeout=60) as client:
            assert everything(client) == before
        server.kill()
        redis = ["--appendonly", "yes", "--enable-debug-command", "yes"]
        with servers.server("redis", *redis, directory=server.dir) as other:
            with other.client(timeout=60) as client:
                assert everything(client) == before
