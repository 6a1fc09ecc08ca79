#!/usr/bin/python3
"""Compares servers side by side: the same load, alternating, CPU per operation as the measure.

Each server is pinned to one core and the load to another. In every round each server is measured
once (A B A B ...), so that a slow drift of the machine meets all of them. See bench/README.md.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import json
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from comparison.collections import collection_workloads
from comparison.durability import durability_workloads
from comparison.loading import loading_workloads
from comparison.core_watch import pinned, wait_until_quiet
from comparison.server import Contender, Server, ServerError
from comparison.snapshots import snapshot_workloads
from comparison.table import TABLES, Outcome, markdown
from comparison.workload import FULL, QUICK, Programs, Workload, WorkloadError
from comparison.workload import all_workloads, preload, take_sample

ROOT = Path(__file__).resolve().parent.parent


def default_contenders() -> list[Contender]:
    duplex = str(ROOT / "build/release/server/duplex-server")
    return [
        Contender("redis", ("/usr/bin/redis-server",)),
        Contender("duplex", (duplex,)),
        Contender("duplex-epoll", (duplex, "--io-backend", "epoll")),
    ]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--server",
        action="append",
        metavar="LABEL=COMMAND",
        help="a server; the first is the baseline (default: redis, duplex, duplex-epoll)",
    )
    parser.add_argument(
        "--workloads", default="*", metavar="GLOB,...", help="which ones to run (default: all)"
    )
    parser.add_argument("--list", action="store_true", help="print the workloads and end")
    parser.add_argument("--rounds", type=int, default=5, help="measurements per server (5)")
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run: small and short, 2 rounds"
    )
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        metavar="SECONDS",
        help="wait up to this long before each measurement until both cores are idle (0)",
    )
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="give server and load real-time priority, so that other programs disturb little",
    )
    parser.add_argument("--load", default=str(ROOT / "build/release/bench/load/duplex-load"))
    parser.add_argument("--redis-benchmark", default="redis-benchmark")
    parser.add_argument("--dir", help="where the servers' folders are made (the system's /tmp)")
    parser.add_argument(
        "--ws-option",
        action="append",
        default=[],
        metavar="WORD",
        help="a word for duplex's command line in the WebSocket workloads; may be repeated",
    )
    parser.add_argument("--ws-token", default="", help="what WebSocket clients connect with")
    parser.add_argument("--markdown", metavar="FILE", help="also write the tables there")
    parser.add_argument("--json", metavar="FILE", help="write all samples there")
    return parser.parse_args()


def choose_contenders(texts: list[str] | None) -> list[Contender]:
    contenders = [Contender.parse(text) for text in texts] if texts else default_contenders()
    present = [contender for contender in contenders if contender.is_installed]
    for contender in contenders:
        if contender not in present:
            print(f"{contender.label}: no {contender.command[0]}, left out", file=sys.stderr)
    return present


def choose_workloads(arguments: argparse.Namespace) -> list[Workload]:
    patterns = arguments.workloads.split(",")
    return [
        workload
        for workload in (
            all_workloads(tuple(arguments.ws_option))
            + collection_workloads()
            + durability_workloads()
            + loading_workloads()
            + snapshot_workloads()
        )
        if any(fnmatch.fnmatchcase(workload.name, pattern) for pattern in patterns)
    ]


class Comparison:
    """Runs workloads on contenders and keeps the outcomes."""

    def __init__(self, contenders: list[Contender], programs: Programs, arguments):
        self.contenders = contenders
        self.programs = programs
        self.rounds = 2 if arguments.quick else arguments.rounds
        self.patience = arguments.patience
        self.folder = arguments.dir
        self.outcomes: list[Outcome] = []

    def run(self, workload: Workload) -> list[Outcome]:
        """Measures all contenders that can serve this workload."""
        able = [c for c in self.contenders if c.is_duplex or not workload.settings.web_sockets]
        outcomes = {c.label: Outcome(workload.name, workload.table, c.label, []) for c in able}
        with ExitStack() as stack:
            servers = {}
            if not workload.fresh:
                for contender in able:
                    self._guarded(
                        outcomes[contender.label],
                        lambda c=contender: servers.update(
                            {c.label: stack.enter_context(self._start(workload, c))}
                        ),
                    )
            for _ in range(self.rounds):
                for contender in able:
                    outcome = outcomes[contender.label]
                    if not outcome.failure:
                        self._guarded(
                            outcome,
                            lambda c=contender, o=outcome: o.samples.append(
                                self._sample(workload, c, servers.get(c.label))
                            ),
                        )
        self.outcomes += outcomes.values()
        return list(outcomes.values())

    @staticmethod
    def _guarded(outcome: Outcome, action) -> None:
        """One server's failure is a line of the report, not the end of the comparison."""
        try:
            action()
        except (ServerError, WorkloadError, OSError, subprocess.TimeoutExpired) as error:
            outcome.failure = str(error) or type(error).__name__
            print(f"{outcome.workload}, {outcome.label}: {outcome.failure}", file=sys.stderr)

    def _start(self, workload: Workload, contender: Contender) -> Server:
        prefix = pinned(self.programs.server_core, self.programs.realtime)
        server = Server(contender, workload.settings, prefix, self.folder)
        try:
            if workload.preload:
                preload(self.programs, server)
        except BaseException:
            server.stop()
            raise
        return server

    def _sample(self, workload: Workload, contender: Contender, server: Server | None):
        if server is None:
            with self._start(workload, contender) as started:
                return self._sample(workload, contender, started)
        if self.patience > 0:
            cores = [self.programs.server_core, self.programs.load_core]
            wait_until_quiet(cores, self.patience)
        return take_sample(self.programs, workload, server)


def environment(comparison: Comparison) -> dict:
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "commit": commit,
        "kernel": platform.release(),
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "rounds": comparison.rounds,
        "realtime": comparison.programs.realtime,
        "servers": {c.label: list(c.command) for c in comparison.contenders},
    }


def report(comparison: Comparison) -> str:
    facts = environment(comparison)
    head = (
        f"{facts['date']}, commit {facts['commit']}, {facts['cpu']}, {facts['cores']} cores, "
        f"Linux {facts['kernel']}, {facts['rounds']} rounds, load average "
        f"{facts['load_average'][0]:.1f}{', real-time priority' if facts['realtime'] else ''}\n\n"
    )
    return head + markdown(comparison.outcomes, comparison.contenders[0].label)


def main() -> int:
    arguments = read_arguments()
    workloads = choose_workloads(arguments)
    if arguments.list:
        print("\n".join(workload.name for workload in workloads))
        return 0
    try:
        contenders = choose_contenders(arguments.server)
    except ValueError as error:
        sys.exit(f"compare.py: {error}")
    if not contenders or not workloads:
        sys.exit("compare.py: nothing to compare")
    if not os.access(arguments.load, os.X_OK):
        sys.exit(f"compare.py: no {arguments.load}; build duplex-load or name it with --load")
    programs = Programs(
        load=arguments.load,
        benchmark=arguments.redis_benchmark,
        server_core=arguments.server_core,
        load_core=arguments.load_core,
        realtime=arguments.realtime,
        scale=QUICK if arguments.quick else FULL,
        token=arguments.ws_token,
    )
    comparison = Comparison(contenders, programs, arguments)
    for workload in workloads:
        for outcome in comparison.run(workload):
            judged = TABLES[outcome.table].judged
            values = " ".join(format(s[judged.metric], judged.form) for s in outcome.samples)
            print(f"{outcome.workload} {outcome.label}: {judged.title} {values}", file=sys.stderr)
    text = report(comparison)
    print(text, end="")
    if arguments.markdown:
        Path(arguments.markdown).write_text(text)
    if arguments.json:
        results = [vars(outcome) for outcome in comparison.outcomes]
        Path(arguments.json).write_text(
            json.dumps({"environment": environment(comparison), "results": results}, indent=1)
        )
    return 1 if any(outcome.failure for outcome in comparison.outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
