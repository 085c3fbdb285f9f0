"""From what parts come to, to each metric's figure: divided last, with its interval and state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from channelnb.metrics.grid import Grid
from channelnb.metrics.parts import Amount, Composed, Median, Numbers, Part, Ratio, Side, Spread, terms
from channelnb.metrics.registry import Metric
from channelnb.stats.durations import censored_medians
from channelnb.stats.rates import wilson

Flags = npt.NDArray[np.bool_]

STATES = ("ok", "too_few", "no_data", "not_measurable")


@dataclass
class Figures:
    """A metric on the whole grid; `few` is why a figure is too_few, `note` what else there is to say of each."""

    numerator: Numbers
    denominator: Numbers
    value: Numbers
    n: Numbers
    low: Numbers
    high: Numbers
    few: Flags
    few_reason: str = ""
    note: str = ""

    @property
    def state(self) -> npt.NDArray[np.int8]:
        """The place in STATES of each figure's state."""
        return np.select([np.isnan(self.value) & ~self.few, self.few], [2, 1], 0).astype(np.int8)


def figures(metric: Metric, grid: Grid) -> Figures:
    """What a metric comes to on a grid; each of its parts must be measurable, or optional."""
    match metric.formula:
        case Amount(side):
            return _amount(grid, side)
        case Ratio(above, below):
            return _ratio(metric, grid, above, below)
        case Median(cases):
            return _median(metric, grid, cases)
        case Spread(part, figure):
            codes, sums, _ = grid.rows(part)
            share, whole = figure(codes, sums, grid.size)
            counted = np.bincount(codes, minlength=grid.size).astype(float)
            return _plain(metric, grid, value=np.where(grid.told(part), share, np.nan), n=counted, whole=whole)
        case Composed(figure, parts):
            found = [_side(grid, part) for part in parts]
            with np.errstate(divide="ignore", invalid="ignore"):
                made = figure(*(np.where(one.known, np.nan_to_num(one.value), one.value) for one in found))
            n = np.max([np.nan_to_num(one.n) for one in found], axis=0)
            return _plain(metric, grid, value=np.where(np.isfinite(made), made, np.nan), n=n)


def _plain(metric: Metric, grid: Grid, *, value: Numbers, n: Numbers, whole: Numbers | None = None) -> Figures:
    none = np.full(grid.size, np.nan)
    few = ~np.isnan(value) & (n < metric.at_least)
    above, below = (none, none) if whole is None else (value * whole, whole)
    return Figures(above, below, value, n, none, none, few, _fewer(metric, metric.at_least))


def _fewer(metric: Metric, than: int) -> str:
    return f"fewer than {than} cases" if metric.at_least else ""


@dataclass
class _Sum:
    """One side of a formula: its value, the rows behind it, and where nothing found means none."""

    value: Numbers
    n: Numbers
    known: Flags


def _side(grid: Grid, side: Side) -> _Sum:
    """Parts added up; where one of several is not told, so is the sum."""
    signed = terms(side)
    value, n = np.zeros(grid.size), np.zeros(grid.size)
    found, known = np.zeros(grid.size, dtype=bool), np.ones(grid.size, dtype=bool)
    for sign, part in signed:
        own, rows = grid.values(part)
        found |= ~np.isnan(own)
        # No rows add up to nothing, but have no last day.
        known &= grid.told(part, beside=[other for _, other in signed]) & (part.aggregate != "days_since")
        value += sign * np.nan_to_num(own)
        n += np.nan_to_num(rows)
    there = found & (known | (len(signed) == 1))
    return _Sum(np.where(there, value, np.nan), np.where(there, n, np.nan), known)


def _amount(grid: Grid, side: Side) -> Figures:
    found = _side(grid, side)
    value = np.where(np.isnan(found.value) & found.known, 0.0, found.value)
    none = np.full(grid.size, np.nan)
    return Figures(value, none, value, np.nan_to_num(found.n), none, none, np.zeros(grid.size, dtype=bool))


def _ratio(metric: Metric, grid: Grid, above: Side, below: Side) -> Figures:
    top, base = _side(grid, above), _side(grid, below)
    positive = np.nan_to_num(base.value) > 0
    numerator = np.where(np.isnan(top.value) & top.known & positive, 0.0, top.value)
    divisible = positive & ~np.isnan(numerator)
    value = np.divide(numerator, base.value, out=np.full(grid.size, np.nan), where=divisible)
    none = np.full(grid.size, np.nan)
    n = np.nan_to_num(base.value if metric.is_rate else base.n)
    low, high = wilson(numerator, base.value) if metric.is_rate else (none, none)
    few = divisible & (n < metric.at_least)
    return Figures(numerator, base.value, value, n, low, high, few, _fewer(metric, metric.at_least))


def _median(metric: Metric, grid: Grid, cases: Part) -> Figures:
    codes, time, ended = grid.rows(cases)
    value, low, high, counted = censored_medians(codes, time, ended > 0, groups=grid.size)
    finished, n = np.bincount(codes, weights=ended, minlength=grid.size), counted.astype(float)
    few = (n > 0) & ((n < metric.at_least) | np.isnan(value))
    reason = f"fewer than {metric.at_least} cases, or fewer than half of them over"
    return Figures(finished.astype(float), n, value, n, low, high, few, reason)
