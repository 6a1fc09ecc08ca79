"""Workloads that take a snapshot, or rewrite the log, under a load with a schedule of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

from .core_watch import pinned
from .server import Server, Settings
from .workload import Programs, Sample, Workload, WorkloadError

MIX = ("--command", "mix", "--read-percent", "50", "--connections", "50")
SNAPSHOT_SECONDS_MAX = 180
LOOK_SECONDS = 0.02


def dump_is_there(folder: Path) -> bool:
    return (folder / "dump.rdb").exists()


def remove_dump(folder: Path) -> None:
    (folder / "dump.rdb").unlink(missing_ok=True)


def manifest(folder: Path) -> str:
    return (folder / "appendonlydir/appendonly.aof.manifest").read_text()


def base_line(folder: Path) -> str:
    return next((line for line in manifest(folder).splitlines() if "type b" in line), "")


class FixedRate:
    """duplex-load in the background, at a rate that the server can keep up with."""

    def __init__(self, programs: Programs, server: Server, rate: float, seconds: float):
        command = pinned(programs.load_core, programs.realtime) + [programs.load, *MIX]
        command += ["--keys", str(programs.scale.loaded_keys), "--rate", f"{rate:.0f}"]
        command += ["--seconds", str(seconds), "--warmup", "0.5", "--json"]
        command += ["--port", str(server.port), "--server-pid", str(server.pid)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def end(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def result(self) -> dict:
        out, errors = self._process.communicate(timeout=SNAPSHOT_SECONDS_MAX)
        if self._process.returncode != 0:
            raise WorkloadError(errors.strip())
        result = json.loads(out)
        if result["errors"]:
            raise WorkloadError(f"{result['errors']} error replies: {result['first_error']}")
        return result


def prepared_rate(programs: Programs, server: Server) -> float:
    """Fills a server that is empty; half of the rate that it reaches at most."""
    keys = str(programs.scale.loaded_keys)
    if server.ask("DBSIZE") == ":0":
        programs.load_json(server, "--fill", keys, "--connections", "8", "--pipeline", "64")
    seconds = str(programs.scale.seconds)
    fastest = programs.load_json(server, *MIX, "--keys", keys, "--seconds", seconds)
    return fastest["per_second"] / 2


def status_bytes(server: Server, name: str) -> int:
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise WorkloadError(f"no {name}")


def during(command: str):
    """Nothing asks the server anything while it is measured: files tell when the work is done."""
    copied_field = "rdb_last_cow_size" if command == "BGSAVE" else "aof_last_cow_size"

    def measure(programs: Programs, server: Server) -> Sample:
        rate = prepared_rate(programs, server)
        quiet = FixedRate(programs, server, rate, programs.scale.quiet_seconds).result()

        remove_dump(server.folder)
        base = base_line(server.folder)
        resident = server.resident_bytes()
        Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak begins here
        load = FixedRate(programs, server, rate, SNAPSHOT_SECONDS_MAX)
        try:
            time.sleep(1)
            began = time.monotonic()
            if server.ask(command)[:1] != "+":
                raise WorkloadError(f"{command} was refused")
            while not (
                dump_is_there(server.folder)
                if command == "BGSAVE"
                else base_line(server.folder) != base
            ):
                if time.monotonic() > began + SNAPSHOT_SECONDS_MAX:
                    raise WorkloadError(f"{command} did not end")
                time.sleep(LOOK_SECONDS)
            seconds = time.monotonic() - began
        finally:
            load.end()
        busy = load.result()
        # A child that was forked has pages of its own, for what has changed since.
        copied = 0 if server.contender.is_duplex else int(server.info(copied_field) or 0)
        growth = status_bytes(server, "VmHWM") - resident + copied
        sample = {
            "rate": rate,
            "snapshot_seconds": seconds,
            "p99.9_ratio": busy["latency_us"]["p99.9"] / quiet["latency_us"]["p99.9"],
            "max_ratio": busy["latency_us"]["max"] / quiet["latency_us"]["max"],
            "growth_mb": growth / 1e6,
            "growth_percent": 100 * growth / resident,
        }
        for name, result in (("quiet", quiet), ("during", busy)):
            for percentile in ("p50", "p99", "p99.9", "p99.99", "max"):
                sample[f"{name}_{percentile}_us"] = result["latency_us"][percentile]
        return sample

    return measure


def snapshot_workloads() -> list[Workload]:
    log = Settings(appendonly=True)
    return [
        Workload("snapshot-bgsave", "snapshot", log, False, False, during("BGSAVE")),
        Workload("snapshot-rewrite", "snapshot", log, False, False, during("BGREWRITEAOF")),
    ]
