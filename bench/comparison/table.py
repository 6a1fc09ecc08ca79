"""Turns samples into Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from .workload import Sample


@dataclass(frozen=True)
class Column:
    """A metric's median over the rounds."""

    title: str
    metric: str
    form: str = ",.0f"


@dataclass(frozen=True)
class Table:
    """The shape of one kind of report. `judged` gets its minimum, spread and ratio."""

    heading: str
    judged: Column
    others: tuple[Column, ...]


RATE = Column("per s", "per_second")
SHARES = (
    Column("server %", "server_percent"),
    Column("load %", "client_percent"),
    Column("others %", "others_percent"),
)
LATENCY = (Column("p50 us", "p50_us"), Column("p99 us", "p99_us"))

TABLES = {
    "speed": Table("Requests", Column("CPU us/op", "cpu_us", ".3f"), (RATE, *LATENCY, *SHARES)),
    "fanout": Table(
        "Fan-out", Column("CPU us/delivery", "cpu_us", ".3f"), (RATE, *LATENCY, *SHARES)
    ),
    "fill": Table(
        "Filling an empty server",
        Column("longest ms", "longest_ms", ".2f"),
        (RATE, Column("CPU us/op", "cpu_us", ".3f"), Column("p99 us", "p99_us"), SHARES[2]),
    ),
    "load": Table(
        "Loading at start, on all cores",
        Column("seconds", "load_seconds", ".2f"),
        (Column("CPU s", "load_cpu_seconds", ".2f"), SHARES[2]),
    ),
    "snapshot": Table(
        "A snapshot at half of the maximal rate, half of it writes",
        Column("p99.9 during / without", "p99.9_ratio", ".2f"),
        (
            Column("largest, the same", "max_ratio", ".2f"),
            Column("per s", "rate"),
            Column("p50 us without", "quiet_p50_us"),
            Column("p50 during", "during_p50_us"),
            Column("p99.9 without", "quiet_p99.9_us"),
            Column("p99.9 during", "during_p99.9_us"),
            Column("largest without", "quiet_max_us"),
            Column("largest during", "during_max_us"),
            Column("seconds", "snapshot_seconds", ".1f"),
            Column("memory MB", "growth_mb", ".0f"),
            Column("memory %", "growth_percent", ".1f"),
            SHARES[2],
        ),
    ),
    "beside": Table(
        "GET beside SET with `always`, and with `no`",
        Column("p99 always / no", "p99_ratio", ".2f"),
        (
            Column("p50 us no", "no_p50_us"),
            Column("p50 always", "always_p50_us"),
            Column("p99 no", "no_p99_us"),
            Column("p99 always", "always_p99_us"),
            Column("p99.9 no", "no_p99.9_us"),
            Column("p99.9 always", "always_p99.9_us"),
            Column("SET p50 always", "always_set_p50_us"),
        ),
    ),
    "memory": Table(
        "Memory, bytes per key",
        Column("RSS", "resident_per_key", ".1f"),
        (Column("used_memory", "used_per_key", ".1f"),),
    ),
}


@dataclass
class Outcome:
    """What one contender did in one workload."""

    workload: str
    table: str
    label: str
    samples: list[Sample]
    failure: str = ""


def middle(samples: list[Sample], metric: str) -> float | None:
    values = [sample[metric] for sample in samples if metric in sample]
    return median(values) if values else None


def spread_percent(samples: list[Sample], metric: str) -> float:
    """The distance between the extremes, in percent of the median."""
    values = [sample[metric] for sample in samples]
    return 100 * (max(values) - min(values)) / median(values) if median(values) else 0.0


def shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def ratio(outcome: Outcome, baseline: Outcome | None, metric: str) -> str:
    if baseline is None or not baseline.samples:
        return "-"
    base = middle(baseline.samples, metric)
    own = middle(outcome.samples, metric)
    return "-" if not base or own is None else f"x{own / base:.2f}"


def rows_of(table: Table, outcomes: list[Outcome], base_label: str) -> list[str]:
    rows = []
    baselines = {o.workload: o for o in outcomes if o.label == base_label}
    for outcome in outcomes:
        cells = [outcome.workload, outcome.label]
        if outcome.failure:
            cells.append("failed: " + outcome.failure.splitlines()[0].replace("|", "/"))
            cells += [""] * (3 + len(table.others))
        else:
            judged = table.judged
            values = [sample[judged.metric] for sample in outcome.samples]
            cells.append(format(median(values), judged.form))
            cells.append(format(min(values), judged.form))
            cells.append(f"{spread_percent(outcome.samples, judged.metric):.0f} %")
            cells.append(ratio(outcome, baselines.get(outcome.workload), judged.metric))
            cells += [shown(middle(outcome.samples, c.metric), c.form) for c in table.others]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def markdown(outcomes: list[Outcome], base_label: str) -> str:
    parts = []
    for key, table in TABLES.items():
        chosen = [outcome for outcome in outcomes if outcome.table == key]
        if not chosen:
            continue
        titles = ["workload", "server", table.judged.title, "min", "spread", "ratio"]
        titles += [column.title for column in table.others]
        lines = [f"### {table.heading}", "", "| " + " | ".join(titles) + " |"]
        lines.append("|---|---|" + "---:|" * (len(titles) - 2))
        parts.append("\n".join(lines + rows_of(table, chosen, base_label)))
    return "\n\n".join(parts) + "\n"
