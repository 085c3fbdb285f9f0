"""Every metric of the catalogue by partner and month, over two million sales, beside SQL written by hand for each.

Both sides begin with the same open book and end with figures in Python. The peer's statements say nothing of
how ours are made: each was written from what the metric's docstring says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import channelnb as cn
from bench.compare import Answer, Benchmark
from bench.sales_files import write_vendor
from channelnb.book.book import Book

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
    values = found[found["value"].notna()].groupby("metric")["value"].agg(["size", "sum"])
    return {str(name): _told(int(row["size"]), row["sum"]) for name, row in values.iterrows()}


def peer(book: Book) -> Answer:
    """Runs the statements written by hand, and takes each metric's figures."""
    answer: Answer = {}
    for path in BY_HAND:
        *made, last = [part for part in path.read_text(encoding="utf-8").split(";") if part.strip()]
        for statement in made:
            book.con.execute(statement)
        for name, column in book.con.execute(last).fetchnumpy().items():
            if name not in ("partner_id", "month"):
                figures = np.ma.filled(column.astype(np.float64), np.nan)
                answer[name] = _told(int(np.isfinite(figures).sum()), float(np.nansum(figures)))
    return answer


def _told(figures: int, total: float) -> str:
    return f"{figures} figures, {total:.6g} in all"


BENCHMARKS = {
    "measure-all": Benchmark(
        "every metric by partner and month, 2 million sales", write_vendor, ours, peer, 1.5, opened
    )
}
