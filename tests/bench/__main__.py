"""`make bench`: prints, for each benchmark, our figures, the peer's, their ratio and the limit."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench import check_and_fold, front_page, measure_all, reports
from bench.compare import Benchmark, in_turns, middle, run_here, told

BENCHMARKS: dict[str, Benchmark] = {
    **check_and_fold.BENCHMARKS,
    **measure_all.BENCHMARKS,
    **reports.BENCHMARKS,
    **front_page.BENCHMARKS,
}

_FIGURES = {"wall": ("time", "s"), "cpu": ("time of all processors", "s"), "memory": ("peak memory", "MB")}


def main() -> None:
    """Measures the benchmarks named, or one side of one, which a process of its own is started for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(BENCHMARKS)}")
    parser.add_argument("--rounds", type=int, default=5, help="how many times each side is run")
    parser.add_argument("--side", choices=["ours", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := sorted({*asked.names} - {*BENCHMARKS}):
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.")
    if asked.side:
        print(told(run_here(BENCHMARKS[asked.names[0]], asked.side, asked.folder)))
        return
    table = Table("what", "figure", "ours", "peer", "ratio", "limit", title=f"medians of {asked.rounds} rounds")
    for name in asked.names or BENCHMARKS:
        _measure(table, name, rounds=asked.rounds)
    Console(width=110).print(table)


def _measure(table: Table, name: str, *, rounds: int) -> None:
    benchmark = BENCHMARKS[name]
    with TemporaryDirectory(prefix="bench-") as scratch:
        benchmark.prepare(Path(scratch))
        ours, peers = in_turns(name, Path(scratch), rounds=rounds)
    if ours[0].answer != peers[0].answer:
        raise SystemExit(f"{name}: the sides differ: {ours[0].answer} and {peers[0].answer}; mend the peer.")
    for of, (figure, unit) in _FIGURES.items():
        mine, theirs = middle(ours, of), middle(peers, of)
        ratio = mine / theirs
        limit = f"≤ {benchmark.limit} {'held' if ratio <= benchmark.limit else 'NOT HELD'}" if of == "wall" else ""
        what = benchmark.what if of == "wall" else ""
        table.add_row(what, figure, *(f"{value:,.2f} {unit}" for value in (mine, theirs)), f"{ratio:.2f}", limit)


if __name__ == "__main__":
    main()
