"""Intervals of ratios and products of sums over cases, by drawing the cases anew."""

from __future__ import annotations

import numpy as np

from channelnb.metrics.figures import Figures
from channelnb.metrics.grain import Grain
from channelnb.metrics.grid import Grid, Places
from channelnb.metrics.parts import Composed, Numbers, Part, Ratio, Side, terms
from channelnb.metrics.periods import within
from channelnb.metrics.registry import Metric
from channelnb.metrics.rows import rows_of
from channelnb.stats.resample import bootstrap

_CASES = "found_cases"


def with_intervals(metric: Metric, found: Figures, grid: Grid) -> None:
    """Fill in the intervals of a metric whose parts are all sums or counts of rows of one table."""
    codes, sums = _contributions(metric.parts, grid)
    low, high = bootstrap(codes, sums, lambda drawn: _figure(metric, drawn), groups=grid.size)
    known = ~np.isnan(found.value)
    found.low, found.high = (np.where(known, limit, np.nan) for limit in (low, high))


def _figure(metric: Metric, sums: Numbers) -> Numbers:
    places = {part: i for i, part in enumerate(metric.parts)}

    def side(one: Side) -> Numbers:
        return np.asarray(np.sum([sign * sums[places[part]] for sign, part in terms(one)], axis=0), dtype=np.float64)

    match metric.formula:
        case Ratio(above, below):
            return np.asarray(side(above) / side(below))
        case Composed(figure, parts):
            return figure(*(side(part) for part in parts))
    raise AssertionError(f"{metric.name} is no ratio or product of sums")


def _contributions(parts: tuple[Part, ...], grid: Grid) -> tuple[Places, Numbers]:
    """What each case adds to each part, one row for each case and place on the grid at which it adds anything."""
    book, first = grid.asked.book, parts[0]
    grain = Grain.of(book, first, grid.asked.dims)
    words = {word for part in parts for word in part.words} | grain.columns(first)
    columns = ", ".join(sql for i, part in enumerate(parts) for sql in _case(part, i))
    counts = [within(part.window, f"month_{i}") for i, part in enumerate(parts)]
    adds = ", ".join(
        f"CAST(CASE WHEN {count} THEN adds_{i} END AS DOUBLE) AS value_{i}" for i, count in enumerate(counts)
    )
    rows = f"SELECT *, {columns} FROM {rows_of(book, first.table, words)}"
    book.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_CASES} AS SELECT {grain.named}p.label AS period, {adds} FROM ({rows}) AS f "
        f"JOIN {grid.during.table} AS p ON {' OR '.join(f'({count})' for count in counts)} {grain.joins}"
    )
    codes, sums = grid.places(_CASES, grain.dims, [f"value_{i}" for i in range(len(parts))])
    adds_any = ~np.isnan(sums).all(axis=1)
    return codes[adds_any], np.nan_to_num(sums[adds_any])


def _case(part: Part, place: int) -> tuple[str, str]:
    month = f"CAST(date_trunc('month', CAST({part.at} AS DATE)) AS DATE) AS month_{place}"
    return month, f"CASE WHEN {part.where or 'true'} THEN {part.of or 1} END AS adds_{place}"
