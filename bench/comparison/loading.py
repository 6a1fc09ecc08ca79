"""Workloads that start a server on files with data, and wait until it serves."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path

from .server import Contender, Server, Settings
from .workload import Programs, Sample, Workload

INCREMENT = "appendonly.aof.1.incr.aof"
MANIFEST = f"file {INCREMENT} seq 1 type i\n"
CHUNK_KEYS = 10_000
WRITER = Contender("writer", ("redis-server",))

# Deleted when the program ends.
FILES = tempfile.TemporaryDirectory(prefix="duplex-compare-files-")


@functools.cache
def log_file(keys: int) -> Path:
    """An append only file with a SET for each key, as redis-server writes it."""
    path = Path(FILES.name) / "increment.aof"
    with path.open("wb") as out:
        out.write(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n")
        for first in range(0, keys, CHUNK_KEYS):
            out.write(b"".join(record(i) for i in range(first, min(first + CHUNK_KEYS, keys))))
    return path


def record(number: int) -> bytes:
    key = b"key:%012d" % number
    value = hashlib.blake2b(key, digest_size=32).hexdigest().encode()
    return b"*3\r\n$3\r\nSET\r\n$16\r\n%s\r\n$64\r\n%s\r\n" % (key, value)


@functools.cache
def snapshot_file(keys: int) -> Path:
    """The same keys as redis-server saves them."""
    path = Path(FILES.name) / "dump.rdb"
    with Server(WRITER, Settings(appendonly=True), [], FILES.name, with_log(keys)) as writer:
        if writer.ask("SAVE", seconds=120) != "+OK":
            raise RuntimeError("redis-server could not save")
        os.link(writer.folder / "dump.rdb", path)
    return path


def with_log(keys: int):
    def prepare(folder: Path) -> None:
        files = folder / "appendonlydir"
        files.mkdir()
        # A copy, because the server appends to it.
        (files / INCREMENT).write_bytes(log_file(keys).read_bytes())
        (files / "appendonly.aof.manifest").write_text(MANIFEST)

    return prepare


def with_snapshot(keys: int):
    def prepare(folder: Path) -> None:
        os.link(snapshot_file(keys), folder / "dump.rdb")

    return prepare


def load(settings: Settings, files):
    def measure(programs: Programs, idle: Server) -> Sample:
        keys = programs.scale.loaded_keys
        # Not pinned: how many cores a server makes use of is what is measured.
        with Server(idle.contender, settings, [], None, files(keys)) as server:
            if server.ask("DBSIZE") != f":{keys}":
                raise RuntimeError(f"{server.contender.label} has not loaded {keys} keys")
            return {
                "load_seconds": server.start_seconds,
                "load_cpu_seconds": server.cpu_ns() / 1e9,
            }

    return measure


def loading_workloads() -> list[Workload]:
    plain = Settings()
    log = Settings(appendonly=True)
    return [
        Workload("load-rdb", "load", plain, False, True, load(plain, with_snapshot)),
        Workload("load-aof", "load", plain, False, True, load(log, with_log)),
    ]
