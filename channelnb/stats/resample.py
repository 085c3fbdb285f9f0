"""Intervals of figures made of sums, by resampling the cases that they are summed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from channelnb.errors import NotUsable
from channelnb.stats.threads import one_thread

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

_LEAST = 2
_BUNDLES = 400
_CELLS = 4_000_000


class Interval(NamedTuple):
    """The 95 % interval of one figure per group; NaN where there is none."""

    low: Numbers
    high: Numbers


def bootstrap(
    group: npt.NDArray[np.integer],
    cases: Numbers,
    figure: Callable[[Numbers], Numbers],
    *,
    groups: int,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """The 95 % percentile interval of a figure that is made of k sums over cases, in each of `groups` groups.

    Needs one entry of `group` per case, the code of its group from 0 to `groups` − 1, and one row of `cases`: what it
    adds to each of the k sums. `figure` takes an array of sums whose first axis is the k sums, and gives an
    array of figures shaped as the other axes. Resamples in which the figure is not a finite number are left out. There
    is no interval for fewer than two cases; with a handful of cases it is narrower than it should be. A group's
    interval depends on its own cases alone, in whatever order. Raises NotUsable for a case that is not a number.
    Source: B. Efron (1979), Annals of Statistics 7, 1–26.

    >>> deals = np.array([[1.0, 4.0], [3.0, 4.0], [2.0, 4.0]])  # discount and list price
    >>> low, high = bootstrap(np.zeros(3, int), deals, lambda sums: sums[0] / sums[1], groups=1)
    >>> low, high
    (array([0.25]), array([0.75]))
    """
    if np.isnan(cases).any():
        raise NotUsable(f"{int(np.isnan(cases).any(axis=1).sum())} of {len(cases)} cases are NaN; leave them out.")
    group, cases, count = _bundled(np.asarray(group, dtype=np.intp), np.asarray(cases, dtype=np.float64), groups, seed)
    with one_thread():
        return Interval(*_limits(cases, count, figure, draws=draws, seed=seed))


def _limits(
    cases: Numbers, count: Places, figure: Callable[[Numbers], Numbers], *, draws: int, seed: int
) -> tuple[Numbers, Numbers]:
    """The ends of each group's interval, all groups of one size together."""
    starts = np.cumsum(count) - count
    low, high = np.full((2, len(count)), np.nan)
    for n in np.unique(count[count >= _LEAST]):
        same = np.flatnonzero(count == n)
        weights = _weights(int(n), draws, seed)
        for some in np.array_split(same, 1 + len(same) * draws * cases.shape[1] // _CELLS):
            # One product per group, not one for all of them: its rounding must not depend on who else is there.
            sums = np.matmul(weights, cases[starts[some][:, None] + np.arange(n)])
            with np.errstate(divide="ignore", invalid="ignore"):
                figures = figure(np.moveaxis(sums, -1, 0))
            low[some], high[some] = _percentiles(figures)
    return low, high


def _weights(n: int, draws: int, seed: int) -> Numbers:
    """How often each of n cases is drawn, one row per resample.

    Groups of one size share their resamples, and each has its cases in the order of their values: so a group's stream
    depends on its size alone, not on the order of rows nor on other groups. That two groups' intervals share their
    luck does not matter, for each is read by itself.
    """
    drawn = np.random.default_rng([seed, n]).integers(n, size=(draws, n))
    cells = drawn + n * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * n).reshape(draws, n).astype(np.float64)


def _bundled(group: Places, cases: Numbers, groups: int, seed: int) -> tuple[Places, Numbers, Places]:
    """The cases in a stable order, those of large groups added up to bundles; and how many each group has.

    Sums over randomly made bundles of equal size spread as sums over cases do, and cost a fraction to resample.
    """
    order = np.lexsort((*cases.T[::-1], group))
    group, cases = group[order], cases[order]
    count = np.bincount(group, minlength=groups)
    starts = np.cumsum(count) - count
    bundle = np.arange(len(group)) - np.repeat(starts, count)
    bundles = count // np.maximum(-(-count // _BUNDLES), 1)
    for large in np.flatnonzero(count > _BUNDLES):
        n = int(count[large])
        # Random, for the cases are in the order of their values: bundles cut from that would all be alike.
        bundle[starts[large] : starts[large] + n] = np.random.default_rng([seed, n, 1]).permutation(n) % bundles[large]
    if (bundles == count).all():
        return group, cases, count
    code = np.repeat(np.cumsum(bundles) - bundles, count) + bundle
    added: Numbers = np.stack([np.bincount(code, column, minlength=int(bundles.sum())) for column in cases.T], axis=1)
    return np.repeat(np.arange(groups), bundles), added, bundles


def _percentiles(figures: Numbers) -> tuple[Numbers, Numbers]:
    """The 2.5th and 97.5th percentile of the finite figures of each row; NaN where there are none."""
    ranked = np.sort(np.where(np.isfinite(figures), figures, np.nan), axis=1)
    last = np.maximum(np.isfinite(ranked).sum(axis=1) - 1, 0)
    return _at(ranked, last * 0.025), _at(ranked, last * 0.975)


def _at(ranked: Numbers, place: Numbers) -> Numbers:
    """The value at a place between two ranks of each row, linearly interpolated."""
    rows, below = np.arange(len(ranked)), np.floor(place).astype(np.intp)
    lower, upper = ranked[rows, below], ranked[rows, np.ceil(place).astype(np.intp)]
    return np.asarray(lower + (upper - lower) * (place - below), dtype=np.float64)
