"""Workloads of transactions and scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .core_watch import pinned
from .server import Server, Settings
from .workload import RUN_SECONDS_MAX, Programs, Sample, Workload, WorkloadError

# Not beside this file, whose folder has a module with the name of one of Python's own.
REPEAT = str(Path(__file__).resolve().parent.parent / "repeat.py")
VALUE = "x" * 64
BATCH = 20  # operations of one pipeline
CONNECTIONS = 8

TWO_CALLS = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"


def request(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n"] + [f"${len(word)}\r\n{word}\r\n" for word in words]
    return "".join(parts).encode()


def ten_sets(number: int) -> bytes:
    sets = [request("SET", f"key:{number}:{at}", VALUE) for at in range(10)]
    return request("MULTI") + b"".join(sets) + request("EXEC")


def two_calls(number: int) -> bytes:
    return request("EVAL", TWO_CALLS, "1", f"key:{number}", VALUE)


def repeated(operation):
    pipeline = b"".join(operation(number) for number in range(BATCH))

    def measure(programs: Programs, server: Server) -> Sample:
        before = server.cpu_ns()
        done = subprocess.run(
            pinned(programs.load_core, programs.realtime)
            + [sys.executable, REPEAT, str(server.port), str(programs.scale.seconds)]
            + [str(BATCH), str(CONNECTIONS)],
            input=pipeline,
            capture_output=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            raise WorkloadError(done.stderr.decode().strip())
        result = json.loads(done.stdout)
        cpu_ns = server.cpu_ns() - before
        return {
            "per_second": result["operations"] / result["seconds"],
            "cpu_us": cpu_ns / result["operations"] / 1000,
            "server_percent": 100 * cpu_ns / 1e9 / result["seconds"],
        }

    return measure


def scripting_workloads() -> list[Workload]:
    plain, log = Settings(), Settings(appendonly=True)
    return [
        Workload(f"{prefix}{name}", "speed", settings, False, False, repeated(operation))
        for prefix, settings in (("", plain), ("aof-", log))
        for name, operation in (("exec-ten-sets", ten_sets), ("eval-two-calls", two_calls))
    ]
