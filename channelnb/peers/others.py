"""Figures of all the other firms of each firm's group, for all firms and groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Others:
    """The other firms of each firm's group; build it with `others_of`.

    `values`, `code`, `member` and `place` have one entry per firm: its figure, its group, whether it counts among
    that group's firms, and how many of these come before it in order. `ranked` holds the members' figures, group
    after group, each in order; `start` and `size` say where in it a group lies.
    """

    values: Numbers
    code: Places
    member: Flags
    place: Places
    ranked: Numbers
    start: Places
    size: Places

    @property
    def count(self) -> Places:
        """How many others there are."""
        return np.asarray(self.size[self.code] - self.member, dtype=np.intp)

    def quantile(self, q: float) -> Numbers:
        """The quantile `q` of the others, linearly interpolated; NaN where there are none."""
        at = np.maximum(self.count - 1, 0) * q
        below, above = (self._nth(i.astype(np.intp)) for i in (np.floor(at), np.ceil(at)))
        return np.where(self.count > 0, below + (above - below) * (at - np.floor(at)), np.nan)

    def mean(self) -> Numbers:
        """The average of the others; NaN where there are none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (self._totals(self.ranked)[self.code] - np.where(self.member, self.values, 0)) / self.count
        return np.where(self.count > 0, mean, np.nan)

    def spread(self) -> Numbers:
        """The standard deviation of the others; NaN where there are fewer than two."""
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = self._totals(self.ranked) / self.size
            squares = self._totals((self.ranked - np.repeat(middle, self.size)) ** 2)[self.code]
            share = self.size[self.code] / (self.size[self.code] - 1)
            own = np.where(self.member, (self.values - middle[self.code]) ** 2 * share, 0)
            spread = np.sqrt(np.maximum(squares - own, 0) / (self.count - 1))
        return np.where(self.count > 1, spread, np.nan)

    def below(self) -> Numbers:
        """The share of the others that have less; NaN for a firm that does not count among its group's."""
        first, _ = self._runs()
        less = _take(first, self.start[self.code] + self.place) - self.start[self.code]
        return np.where(self.member, less / np.maximum(self.count, 1), np.nan)

    def above(self) -> Numbers:
        """The share of the others that have more; NaN for a firm that does not count among its group's."""
        _, end = self._runs()
        more = (self.start + self.size)[self.code] - _take(end, self.start[self.code] + self.place)
        return np.where(self.member, more / np.maximum(self.count, 1), np.nan)

    def largest_share(self) -> Numbers:
        """The share of the others' total, whatever their sign, that the largest of them holds; NaN where it is zero."""
        large = others_of(np.abs(self.values), self.code, self.member)
        last = large.size[large.code] - 1
        largest = _take(large.ranked, large.start[large.code] + last - (large.member & (large.place == last)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(largest / (large.mean() * large.count), dtype=np.float64)

    def _runs(self) -> tuple[Numbers, Numbers]:
        """Of each ranked figure, where the equal ones of its group begin, and where they end (the first beyond)."""
        new = np.ones(len(self.ranked), dtype=bool)
        new[1:] = self.ranked[1:] != self.ranked[:-1]
        new[self.start[self.size > 0]] = True
        edges = np.append(np.flatnonzero(new), len(new)).astype(np.float64)
        run = np.cumsum(new) - 1
        return edges[run], edges[run + 1]

    def _nth(self, i: Places) -> Numbers:
        # The firm itself is passed over.
        return _take(self.ranked, self.start[self.code] + i + (self.member & (self.place <= i)))

    def _totals(self, figures: Numbers) -> Numbers:
        """The sum of each group's, in the order of its ranks: so that the order of rows is irrelevant."""
        code = np.repeat(np.arange(len(self.size)), self.size)
        return np.asarray(np.bincount(code, figures, minlength=len(self.size)), dtype=np.float64)


def others_of(values: Numbers, code: Places, member: Flags) -> Others:
    """Prepare the figures of the others.

    Needs one entry per firm: its figure, the code of its group, and whether it counts among that group's firms.

    >>> three = others_of(np.array([1.0, 2.0, 9.0]), np.zeros(3, int), np.array([True, True, True]))
    >>> three.count.tolist(), three.mean().tolist(), three.quantile(0.5).tolist(), three.below().tolist()
    ([2, 2, 2], [5.5, 5.0, 1.5], [5.5, 5.0, 1.5], [0.0, 0.5, 1.0])
    >>> three.above().tolist()
    [1.0, 0.5, 0.0]
    """
    among = np.flatnonzero(member)
    among = among[np.lexsort((values[among], code[among]))]
    size = np.bincount(code[among], minlength=int(code.max(initial=-1)) + 1)
    start = np.cumsum(size) - size
    place = size[code]
    place[among] = np.arange(len(among)) - np.repeat(start, size)
    return Others(values, code, member, place, values[among], start, size)


def _take(figures: Numbers, at: Places) -> Numbers:
    """The figures at places; NaN where there is no such place."""
    return np.append(figures, np.nan)[np.clip(at, 0, len(figures))]


def quantile_of_others(values: Numbers, q: float) -> Numbers:
    """For each value, the quantile `q` of all the other ones, linearly interpolated.

    >>> quantile_of_others(np.array([1.0, 2.0, 9.0]), 0.5)
    array([5.5, 5. , 1.5])
    """
    return others_of(values, np.zeros(len(values), dtype=np.intp), np.ones(len(values), dtype=bool)).quantile(q)
