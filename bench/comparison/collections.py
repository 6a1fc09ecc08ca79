"""Workloads on lists, hashes, sets, sorted sets and streams."""

from __future__ import annotations

import random
import socket
from typing import Callable, Iterable

from .server import Server, Settings
from .workload import Programs, Sample, Workload, WorkloadError, from_load

Command = tuple[str, ...]
BATCH = 20


def send(server: Server, commands: Iterable[Command]) -> None:
    """Runs commands, a batch in flight; none may fail."""
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        replies = link.makefile("rb")
        batch: list[Command] = []

        def flush() -> None:
            link.sendall(b"".join(encoded(command) for command in batch))
            for command in batch:
                read_reply(replies, command)
            batch.clear()

        for command in commands:
            batch.append(command)
            if len(batch) == BATCH:
                flush()
        flush()


def encoded(command: Command) -> bytes:
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def read_reply(replies, command: Command) -> None:
    line = replies.readline()
    if not line or line[:1] == b"-":
        raise WorkloadError(f"{command[0]}: {line!r}")
    if line[:1] == b"$" and not line.startswith(b"$-1"):
        replies.read(int(line[1:]) + 2)


def grouped(name: str, key: str, items: list[Command], count: int = 50) -> Iterable[Command]:
    """Adds `items` to a collection, some with each command."""
    for start in range(0, len(items), count):
        words = (word for item in items[start : start + count] for word in item)
        yield (name, key, *words)


# Members of sets and fields of hashes are distinct texts of 16 bytes in no order.
def texts(count: int) -> list[Command]:
    return [(f"member:{number:09d}",) for number in random.Random(1).sample(range(count), count)]


def pairs(count: int) -> list[Command]:
    return [(text, "0123456789abcdef") for (text,) in texts(count)]


def scored(count: int, seed: int = 1) -> list[Command]:
    choose = random.Random(seed)
    return [(str(choose.randrange(10 * count)), text) for (text,) in texts(count)]


def integers(count: int) -> list[Command]:
    return [(str(number),) for number in random.Random(1).sample(range(10 * count), count)]


def numbered(count: int, width: int) -> list[Command]:
    return [(f"{number:0{width}d}",) for number in range(count)]


def small_hashes(count: int) -> Iterable[Command]:
    for number in range(count):
        fields = (w for f in range(5) for w in (f"field{f}", f"value{number % 1000:03d}{f}"))
        yield ("HSET", f"hash:{number:09d}", *fields)


def entries(count: int) -> Iterable[Command]:
    for number in range(count):
        yield ("XADD", "x", f"{1700000000000 + number}-0", "user", f"{number}", "degrees", "21.5")


MEMORY: dict[str, Callable[[int], Iterable[Command]]] = {
    "zset": lambda count: grouped("ZADD", "z", scored(count)),
    "set-integers": lambda count: grouped("SADD", "s", integers(count)),
    "set-strings": lambda count: grouped("SADD", "s", texts(count)),
    "hash": lambda count: grouped("HSET", "h", pairs(count)),
    "small-hashes": small_hashes,
    "list": lambda count: grouped("RPUSH", "l", numbered(count, 32)),
    "stream": entries,
}


def memory(fill: Callable[[int], Iterable[Command]]):
    def measure(programs: Programs, server: Server) -> Sample:
        count = programs.scale.memory_keys
        used = int(server.info("used_memory") or 0)
        resident = server.resident_bytes()
        send(server, fill(count))
        return {
            "used_per_key": (int(server.info("used_memory") or 0) - used) / count,
            "resident_per_key": (server.resident_bytes() - resident) / count,
        }

    return measure


ALONE = ("--connections", "1", "--pipeline", "1")
CROWD = ("--connections", "50", "--pipeline", "16")


def requests(template: str, prepare: Callable[[int], Iterable[Command]]):
    """As many requests as `prepare` made elements, from a cleared server, sixteen in flight."""

    def measure(programs: Programs, server: Server) -> Sample:
        count = programs.scale.memory_keys
        send(server, [("FLUSHALL",)])
        send(server, prepare(count))
        result = programs.load_json(
            server,
            *("--template", template, "--keys", str(count), "--requests", str(count)),
            *(*CROWD, "--value-bytes", "16"),
        )
        return from_load(result)

    return measure


def nothing(_count: int) -> Iterable[Command]:
    return ()



SPEED = {
    "lpush": ("LPUSH l {value}", nothing),
    "rpop": ("RPOP l", lambda count: grouped("RPUSH", "l", numbered(count, 16))),
    "sadd": ("SADD s member:{key}", nothing),
    "hset": ("HSET h field:{key} {value}", nothing),
    "zadd": ("ZADD z {key} member:{key}", nothing),
    "spop": ("SPOP s", lambda count: grouped("SADD", "s", texts(count))),
    "zpopmin": ("ZPOPMIN z", lambda count: grouped("ZADD", "z", scored(count))),
    "xadd": ("XADD x * field {value}", nothing),
    "mset": ("MSET" + " k:{key} {value}" * 10, nothing),
}
RANGES = {
    f"lrange-{length}": (
        f"LRANGE l 0 {length - 1}",
        lambda _: grouped("RPUSH", "l", numbered(1000, 32)),
    )
    for length in (100, 300, 600)
}


def steady(template: str, prepare: Callable[[int], Iterable[Command]], *load: str):
    """A command on a collection that it does not change much, for the scale's seconds."""

    def measure(programs: Programs, server: Server) -> Sample:
        send(server, prepare(programs.scale.memory_keys))
        result = programs.load_json(
            server,
            *("--template", template, "--keys", str(programs.scale.memory_keys)),
            *("--seconds", str(programs.scale.seconds), *load),
        )
        return from_load(result)

    return measure


def two(name: str, items: Callable[[int], list[Command]], share: int = 1):
    def prepare(count: int) -> Iterable[Command]:
        count //= share
        made = items(count * 3 // 2)
        yield from grouped(name, "a", made[:count])
        yield from grouped(name, "b", made[count // 2 :])

    return prepare


def big_sorted_set(count: int) -> Iterable[Command]:
    ordered = [(str(number), f"member:{number:012d}") for number in range(count)]
    random.Random(2).shuffle(ordered)
    return grouped("ZADD", "z", ordered)


LARGE = {
    "zrange-middle": ("ZRANGE z 500000 500009", big_sorted_set),
    "zrank": ("ZRANK z member:{key}", big_sorted_set),
    "zadd": ("ZADD z 0.{key} member:{key}", big_sorted_set),
    "sinter": ("SINTER a b", two("SADD", texts)),
    "zunionstore": ("ZUNIONSTORE d 2 a b", two("ZADD", scored, share=10)),
    "hgetall": ("HGETALL h", lambda _: grouped("HSET", "h", pairs(1000))),
}


# Those that take so little time that reading the request would hide it.
SHORT = {"zrange-middle", "zrank", "zadd"}


def collection_workloads() -> list[Workload]:
    plain = Settings()
    found = []
    for name, (template, prepare) in SPEED.items():
        measure = requests(template, prepare)
        found.append(Workload(f"collection-{name}", "speed", plain, False, False, measure))
    for name, (template, prepare) in RANGES.items():
        measure = steady(template, prepare, *CROWD)
        found.append(Workload(f"collection-{name}", "speed", plain, False, True, measure))
    for name, (template, prepare) in LARGE.items():
        measure = steady(template, prepare, *(CROWD if name in SHORT else ALONE))
        found.append(Workload(f"large-{name}", "speed", plain, False, True, measure))
    for name, fill in MEMORY.items():
        found.append(Workload(f"memory-{name}", "memory", plain, False, True, memory(fill)))
    return found
