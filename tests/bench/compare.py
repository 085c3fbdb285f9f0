"""What a benchmark is, and how its two sides are measured: in turns, each run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

Answer = dict[str, str]
Side = Callable[[Any], Answer]


@dataclass(frozen=True)
class Benchmark:
    """A job done by us and by a peer, over the same files.

    `prepare` writes the files into a folder, once. Each side takes that folder, or what `opened` makes of it before
    the clock runs, and gives what it found, which must be the same. `limit` is how many times the peer's time
    ours may take.
    """

    what: str
    prepare: Callable[[Path], object]
    ours: Side
    peer: Side
    limit: float
    opened: Callable[[Path], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True)
class Run:
    """One run of a side: seconds by the clock, seconds of all processors, children's too, and its peak in MB."""

    wall: float
    cpu: float
    memory: float
    answer: Answer


def run_here(benchmark: Benchmark, side: str, folder: Path) -> Run:
    """Runs a side in this process; what was imported and opened before counts neither as its time nor as its memory."""
    with benchmark.opened(folder) as subject:
        before = _kilobytes("VmRSS")
        wall, cpu = time.perf_counter(), sum(os.times()[:4])
        answer = getattr(benchmark, side)(subject)
        wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - cpu
        return Run(wall, cpu, (_kilobytes("VmHWM") - before) / 1024, answer)


def _kilobytes(of: str) -> int:
    """A size of this process as Linux tells it; unlike that of `resource`, its peak is not the parent's."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{of}:")]
    return int(line.split()[1])


def run_apart(name: str, side: str, folder: Path) -> Run:
    """Runs a side of a benchmark in a fresh process."""
    command = [sys.executable, "-m", "bench", "--side", side, "--folder", str(folder), name]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def told(run: Run) -> str:
    """A run as the line that its process prints."""
    return json.dumps(asdict(run))


def in_turns(name: str, folder: Path, *, rounds: int) -> tuple[list[Run], list[Run]]:
    """The runs of both sides, ours and the peer's in turns, so that a busy machine is busy for both."""
    ours, peers = [], []
    for _ in range(rounds):
        ours.append(run_apart(name, "ours", folder))
        peers.append(run_apart(name, "peer", folder))
    return ours, peers


def middle(runs: list[Run], of: str) -> float:
    """The median of a figure of the runs."""
    return float(median(getattr(run, of) for run in runs))
