"""Workloads on a log that is synced before every reply."""

from __future__ import annotations

import json
import subprocess

from .core_watch import pinned
from .server import Server, Settings
from .workload import Programs, Sample, Workload, WorkloadError, duplex_load

SETS = ("--command", "set", "--connections", "50")
SETS_PER_SECOND = "1000"  # what redis-server can do with `always` on a slow disk, too
GETS = ("--command", "get", "--connections", "10", "--rate", "5000")


def reads_beside(programs: Programs, server: Server) -> Sample:
    """How long GETs take while others SET, synced before each reply or not at all."""
    sample = {}
    for policy in ("no", "always"):
        if server.ask("CONFIG", "SET", "appendfsync", policy) != "+OK":
            raise WorkloadError("CONFIG SET was refused")
        seconds = programs.scale.seconds
        common = ["--keys", str(programs.scale.keys), "--json", "--port", str(server.port)]
        command = pinned(programs.load_core, programs.realtime) + [programs.load, *SETS, *common]
        command += ["--rate", SETS_PER_SECOND, "--seconds", str(seconds + 2)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writers:
            gets = programs.load_json(
                server, *GETS, "--keys", str(programs.scale.keys), "--seconds", str(seconds)
            )
            sets = json.loads(writers.communicate(timeout=60)[0])
        if sets["errors"]:
            raise WorkloadError(sets["first_error"])
        for percentile in ("p50", "p99", "p99.9"):
            sample[f"{policy}_{percentile}_us"] = gets["latency_us"][percentile]
        sample[f"{policy}_set_p50_us"] = sets["latency_us"]["p50"]
    sample["p99_ratio"] = sample["always_p99_us"] / sample["no_p99_us"]
    return sample


def durability_workloads() -> list[Workload]:
    synced = Settings(appendonly=True, appendfsync="always")
    found = []
    for depth in (1, 16):
        name = f"always-set-c50-p{depth}"
        found.append(Workload(name, "speed", synced, True, False, duplex_load("set", 50, depth)))
    found.append(Workload("always-get-beside", "beside", synced, True, False, reads_beside))
    return found
