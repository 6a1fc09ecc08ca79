"""The workloads: what is sent to a server, and which numbers come back."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from dataclasses import dataclass
from typing import Callable

from .core_watch import CoreWatch, pinned
from .server import Server, Settings

Sample = dict[str, float]
RUN_SECONDS_MAX = 600


class WorkloadError(Exception):
    """The load program failed, or the server answered with errors."""


@dataclass(frozen=True)
class Scale:
    """How large everything is; --quick makes it small."""

    keys: int
    seconds: float
    benchmark_requests: int  # at depth 1; more at greater depths
    fill_keys: int
    memory_keys: int
    loaded_keys: int
    subscribers: int
    quiet_seconds: float  # of a load at a fixed rate, before something happens


FULL = Scale(1_000_000, 2.0, 100_000, 10_000_000, 1_000_000, 5_000_000, 1000, 10.0)
QUICK = Scale(50_000, 0.3, 10_000, 200_000, 100_000, 200_000, 100, 1.0)


@dataclass(frozen=True)
class Programs:
    """What the workloads run, and where."""

    load: str
    benchmark: str
    server_core: int
    load_core: int
    realtime: bool
    scale: Scale
    token: str

    def run(self, command: list[str]) -> str:
        done = subprocess.run(
            pinned(self.load_core, self.realtime) + command,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            raise WorkloadError((done.stderr or done.stdout).strip())
        return done.stdout

    def load_json(self, server: Server, *options: str) -> dict:
        fixed = ["--port", str(server.port), "--server-pid", str(server.pid), "--json"]
        result = json.loads(self.run([self.load, *fixed, *options]))
        if result["errors"]:
            raise WorkloadError(f"{result['errors']} error replies: {result['first_error']}")
        return result


@dataclass(frozen=True)
class Workload:
    """One row group of the report."""

    name: str
    table: str  # a key of table.TABLES
    settings: Settings
    preload: bool  # with scale.keys keys of 64 bytes
    fresh: bool  # each round wants a new server
    measure: Callable[[Programs, Server], Sample]


def preload(programs: Programs, server: Server, value_bytes: int = 64) -> None:
    programs.load_json(
        server,
        *("--fill", str(programs.scale.keys), "--value-bytes", str(value_bytes)),
        *("--connections", "8", "--pipeline", "64"),
    )


def from_load(result: dict) -> Sample:
    return {
        "per_second": result["per_second"],
        "cpu_us": result["server_cpu_us"],
        "server_percent": result["server_cpu_percent"],
        "client_percent": result["client_cpu_percent"],
        "p50_us": result["latency_us"]["p50"],
        "p99_us": result["latency_us"]["p99"],
        "longest_ms": result["latency_us"]["max"] / 1000,
    }


def duplex_load(command: str, connections: int, pipeline: int):
    def measure(programs: Programs, server: Server) -> Sample:
        result = programs.load_json(
            server,
            *("--command", command, "--keys", str(programs.scale.keys)),
            *("--connections", str(connections), "--pipeline", str(pipeline)),
            *("--seconds", str(programs.scale.seconds)),
        )
        return from_load(result)

    return measure


def redis_benchmark(command: str, pipeline: int):
    def measure(programs: Programs, server: Server) -> Sample:
        requests = programs.scale.benchmark_requests * min(pipeline, 20)
        before = server.cpu_ns()
        text = programs.run(
            [programs.benchmark, "-h", "127.0.0.1", "-p", str(server.port), "-t", command]
            + ["-d", "64", "-r", str(programs.scale.keys), "-c", "50", "-P", str(pipeline)]
            + ["-n", str(requests), "--csv"]
        )
        cpu_ns = server.cpu_ns() - before
        # A server that lacks CONFIG makes redis-benchmark print a warning first.
        start = text.find('"test"')
        rows = list(csv.DictReader(io.StringIO(text[start:]))) if start >= 0 else []
        if len(rows) != 1:
            raise WorkloadError(f"redis-benchmark printed: {text.strip()}")
        rate = float(rows[0]["rps"])
        return {
            "per_second": rate,
            "cpu_us": cpu_ns / requests / 1000,
            "server_percent": 100 * cpu_ns / 1e9 / (requests / rate),
            "p50_us": float(rows[0]["p50_latency_ms"]) * 1000,
            "p99_us": float(rows[0]["p99_latency_ms"]) * 1000,
        }

    return measure


def memory(programs: Programs, server: Server) -> Sample:
    keys = programs.scale.memory_keys
    used = int(server.info("used_memory") or 0)
    resident = server.resident_bytes()
    programs.load_json(
        server,
        *("--fill", str(keys), "--value-bytes", "32", "--connections", "8", "--pipeline", "64"),
    )
    return {
        "used_per_key": (int(server.info("used_memory") or 0) - used) / keys,
        "resident_per_key": (server.resident_bytes() - resident) / keys,
    }


def fill(programs: Programs, server: Server) -> Sample:
    result = programs.load_json(
        server,
        *("--fill", str(programs.scale.fill_keys), "--value-bytes", "32"),
        *("--connections", "8", "--pipeline", "16"),
    )
    return from_load(result)


def fan_out(protocol: str, in_flight: int):
    def measure(programs: Programs, server: Server) -> Sample:
        options = ["--fanout", "--protocol", protocol, "--pipeline", str(in_flight)]
        options += ["--subscribers", str(programs.scale.subscribers)]
        options += ["--seconds", str(programs.scale.seconds)]
        if protocol == "ws":
            options += ["--http-port", str(server.http_port)]
            if programs.token:
                options += ["--token", programs.token]
        return from_load(programs.load_json(server, *options))

    return measure


def all_workloads(web_socket_options: tuple[str, ...]) -> list[Workload]:
    plain = Settings()
    log = Settings(appendonly=True)
    web = Settings(web_sockets=True, extra=web_socket_options)
    found = []
    for command in ("get", "set"):
        for depth in (1, 16, 64):
            name = f"benchmark-{command}-p{depth}"
            found.append(
                Workload(name, "speed", plain, True, False, redis_benchmark(command, depth))
            )
    for prefix, settings in (("load", plain), ("aof", log)):
        for command in ("get", "set"):
            for connections in (50, 500):
                for depth in (1, 16):
                    name = f"{prefix}-{command}-c{connections}-p{depth}"
                    measure = duplex_load(command, connections, depth)
                    found.append(Workload(name, "speed", settings, True, False, measure))
    found.append(Workload("memory", "memory", plain, False, True, memory))
    found.append(Workload("fill", "fill", plain, False, True, fill))
    for protocol, settings in (("resp", plain), ("ws", web)):
        for in_flight in (1, 16):
            name = f"fanout-{protocol}-w{in_flight}"
            measure = fan_out(protocol, in_flight)
            found.append(Workload(name, "fanout", settings, False, False, measure))
    return found


def take_sample(programs: Programs, workload: Workload, server: Server) -> Sample:
    watch = CoreWatch(programs.server_core)
    before = server.cpu_ns()
    sample = workload.measure(programs, server)
    sample["others_percent"] = watch.others_percent((server.cpu_ns() - before) / 1e9)
    return sample
