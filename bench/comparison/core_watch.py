"""How much of a core is used by somebody else: the disturbance of a measurement."""

from __future__ import annotations

import os
import time
from pathlib import Path

QUIET_SHARE = 0.05
LOOK_SECONDS = 0.25


def pinned(core: int, realtime: bool) -> list[str]:
    """The words before a command that runs on one core only; each word becomes the next program."""
    words = ["taskset", "-c", str(core)]
    return words + ["chrt", "--fifo", "1"] if realtime else words


class CoreWatch:
    """Compares a core's busy time with the server's own CPU, from its construction on."""

    def __init__(self, core: int):
        self._core = core
        self._busy = busy_seconds(core)
        self._begin = time.monotonic()

    def others_percent(self, server_cpu_seconds: float) -> float:
        elapsed = time.monotonic() - self._begin
        others = busy_seconds(self._core) - self._busy - server_cpu_seconds
        return max(0.0, 100 * others / elapsed)


def busy_seconds(core: int) -> float:
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
            return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    raise RuntimeError(f"no core {core}")


def wait_until_quiet(cores: list[int], patience_seconds: float) -> None:
    """Returns when the cores are idle, or when the patience has run out."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        before = [busy_seconds(core) for core in cores]
        time.sleep(LOOK_SECONDS)
        used = [busy_seconds(core) - start for core, start in zip(cores, before)]
        if max(used) <= QUIET_SHARE * LOOK_SECONDS:
            return
