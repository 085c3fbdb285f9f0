"""Random streams by name, and draws that the tables share: days, quarters, quotas, whoever is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from channelnb.book.sample.vendor import ALL_MONTHS, FIRST_MONTH

Array = npt.NDArray[Any]
Generator = np.random.Generator
NO_DAY = np.datetime64("NaT", "D")


def streams(seed: int) -> Callable[[str], Generator]:
    """One random stream per name, so that a new table leaves the others as they were.

    >>> bool(streams(7)("sales").random() == streams(7)("sales").random())
    True
    """
    return lambda name: np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(crc32(name.encode()),)))


def ids(prefix: str, count: int, *, width: int = 4) -> Array:
    """Ids of `count` things, numbered from one.

    >>> ids("P", 2).tolist()
    ['P0001', 'P0002']
    """
    width = max(width, len(str(count)))
    return np.array([f"{prefix}{number:0{width}d}" for number in range(1, count + 1)], dtype=object)


def name_of(names: Sequence[str] | Array, at: Array) -> Array:
    """The names at places counted from zero; a place below zero has none.

    >>> name_of(("a", "b"), np.array([1, -1])).tolist()
    ['b', None]
    """
    return np.array([*names, None], dtype=object)[at]


def only(wanted: Array, names: Array) -> Array:
    """The names where they are wanted, none elsewhere.

    >>> only(np.array([True, False]), np.array(["a", "b"])).tolist()
    ['a', None]
    """
    kept = names.astype(object)
    kept[~wanted] = None
    return kept


def month_start(month: Array) -> Array:
    """The first day of a month counted from the first of the history.

    >>> month_start(np.array([0, 14])).tolist()
    [datetime.date(2023, 1, 1), datetime.date(2024, 3, 1)]
    """
    return (FIRST_MONTH + np.asarray(month)).astype("datetime64[D]")


def month_end(month: Array) -> Array:
    """The last day of a month counted from the first of the history.

    >>> str(month_end(np.array(1)))
    '2023-02-28'
    """
    return month_start(np.asarray(month) + 1) - 1


def month_of(day: Array) -> Array:
    """The month of a day, counted from the first of the history.

    >>> month_of(np.array(["2023-02-28", "2026-09-30"], dtype="datetime64[D]"))
    array([ 1, 44])
    """
    return (day.astype("datetime64[M]") - FIRST_MONTH).astype(np.int64)


def quarter_name(quarter: Array) -> Array:
    """The fiscal quarter's name, counted from the first of the history.

    >>> quarter_name(np.array([0, 14])).tolist()
    ['2023Q1', '2026Q3']
    """
    names = np.array([f"{2022 + at // 4}Q{at % 4 + 1}" for at in range(ALL_MONTHS // 3 + 8)], dtype=object)
    return np.asarray(names[np.asarray(quarter) + 4])


def workday(rng: Generator, month: Array, *, lean: float = 1.0) -> Array:
    """A working day in each month; a `lean` below one leans towards the month's end.

    >>> workday(np.random.default_rng(7), np.array([0, 1])).astype(str).tolist()
    ['2023-01-19', '2023-02-24']
    """
    first = month_start(month)
    working = np.busday_count(first, month_start(np.asarray(month) + 1))
    return np.busday_offset(first, np.floor(rng.random(len(first)) ** lean * working).astype(int), roll="forward")


def days(rng: Generator, mean: float, count: int, *, shape: float = 2.0) -> Array:
    """Waiting times in whole days, gamma distributed.

    >>> days(np.random.default_rng(7), 30, 3).astype(int).tolist()
    [25, 20, 17]
    """
    return np.round(rng.gamma(shape, mean / shape, count)).astype(np.int64).astype("timedelta64[D]")


def dates(frame: pd.DataFrame, name: str) -> Array:
    """A column of dates as whole days.

    >>> str(dates(pd.DataFrame({"sold_on": pd.to_datetime(["2026-09-30"])}), "sold_on")[0])
    '2026-09-30'
    """
    return frame[name].to_numpy().astype("datetime64[D]")


def unless(gone: Array, day: Array) -> Array:
    """The days, blank where `gone` is true.

    >>> unless(np.array([True, False]), np.array(["2026-09-30"] * 2, dtype="datetime64[D]")).astype(str).tolist()
    ['NaT', '2026-09-30']
    """
    return np.where(gone, NO_DAY, day)


def quota(rng: Generator, shares: Sequence[float], count: int) -> Array:
    """Places among `shares`, each as often as its share says, in random order.

    >>> sorted(quota(np.random.default_rng(7), (0.75, 0.25), 8).tolist())
    [0, 0, 0, 0, 0, 0, 1, 1]
    """
    return rng.permutation(np.searchsorted(np.cumsum(shares)[:-1], (np.arange(count) + 0.5) / count))


def cents(amount: Array, *, step: float = 0.01) -> Array:
    """An amount in whole cents, rounded to `step` units of its currency, at least one step.

    >>> cents(np.array([12.344, 1_234.0]), step=10).tolist()
    [1000, 123000]
    """
    return (np.maximum(np.round(amount / step), 1) * round(step * 100)).astype(np.int64)


@dataclass(frozen=True)
class Pool:
    """Who is there for whom, and when: `owner` is sorted, months are counted from the history's first.

    Each owner's first entry must be there for as long as the owner needs anybody.
    """

    owner: Array
    since: Array
    until: Array

    @cached_property
    def _first(self) -> Array:
        return np.searchsorted(self.owner, np.arange(self.owner.max() + 2))

    def size(self, owner: Array) -> Array:
        """How many entries each owner has.

        >>> Pool(np.array([0, 0, 1]), np.zeros(3), np.ones(3)).size(np.array([0, 1])).tolist()
        [2, 1]
        """
        return np.asarray(self._first[owner + 1] - self._first[owner])

    def draw(self, rng: Generator, owner: Array, month: Array, *, skew: float = 1.0) -> Array:
        """An entry of each owner that is there in that month; a `skew` above one prefers early entries.

        >>> pool = Pool(np.array([0, 0, 1]), np.array([0, 9, 0]), np.array([9, 9, 9]))
        >>> pool.draw(np.random.default_rng(7), np.array([0, 1]), np.array([3, 3])).tolist()
        [0, 2]
        """
        first, size = self._first[owner], self.size(owner)
        drawn, open_rows = first.copy(), np.arange(len(owner))
        for _ in range(12):
            at = first[open_rows] + np.floor(rng.random(len(open_rows)) ** skew * size[open_rows]).astype(np.int64)
            there = (self.since[at] <= month[open_rows]) & (month[open_rows] <= self.until[at])
            drawn[open_rows[there]] = at[there]
            open_rows = open_rows[~there]
        return drawn
