"""Every metric of the catalogue by partner and month, over two million sales, beside SQL written by hand for each.

Both sides begin with the same open book and end with figures in Python. The peer's statements say nothing of
how ours are made: each was written from what the metric's docstring says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import channelnb as cn
from bench.compare import Answer, Benchmark
from bench.sales_files import write_vendor
from channelnb.book.book import Book
from channelnb.metrics.parts import Numbers

QUARTER = "2026Q3"
BY_HAND = sorted(Path(__file__).parent.glob("by_hand/*.sql"))
"""Statements of the peer; each last SELECT of a file has partner_id, month and one column for each metric."""


@contextmanager
def opened(folder: Path) -> Iterator[Book]:
    """The book, with its checks done and its tables landed."""
    with cn.open_book(folder, quarter=QUARTER) as book:
        yield book


def ours(book: Book) -> Answer:
    """Measures the catalogue."""
    found = cn.measure(book, by=["partner_id", "month"], resample=False)
    values = found[found["value"].notna()].groupby("metric")["value"]
    return {str(name): _told(figures.to_numpy()) for name, figures in values}


def peer(book: Book) -> Answer:
    """Runs the statements written by hand, and takes each metric's figures."""
    answer: Answer = {}
    for path in BY_HAND:
        *made, last = [part for part in path.read_text(encoding="utf-8").split(";") if part.strip()]
        for statement in made:
            book.con.execute(statement)
        for name, column in book.con.execute(last).fetchnumpy().items():
            if name not in ("partner_id", "month"):
                figures = np.ma.asarray(column, dtype=np.float64).filled(np.nan)
                answer[name] = _told(figures[np.isfinite(figures)])
    return answer


def _told(figures: Numbers) -> str:
    # The exact sum: one that ends in a 5 would be rounded up or down by the order in which it was added up.
    return f"{len(figures)} figures, {math.fsum(figures.tolist()):.6g} in all"


BENCHMARKS = {
    "measure-all": Benchmark(
        "every metric by partner and month, 2 million sales", write_vendor, ours, peer, 1.5, opened
    )
}
