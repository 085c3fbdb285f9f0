"""Concentration: how much of a sum the largest entities make, and how few of them make most of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from channelnb.metrics.parts import Codes, Numbers

_HAIR = 1e-9
"""As a share of the whole: sums that should be 80 % of it may miss that by so little."""


def largest_share(codes: Codes, sums: Numbers, groups: int, *, k: int) -> tuple[Numbers, Numbers]:
    """The share of the k largest entities in the whole.

    An entity whose sum is negative, having returned more than it bought, counts as nothing in both.

    >>> share, whole = largest_share(np.array([0, 0, 0, 1]), np.array([6.0, 3, 1, -5]), 2, k=1)
    >>> share.tolist(), whole.tolist()
    ([0.6, nan], [10.0, 0.0])
    """
    ranked = _Ranked.of(codes, sums, groups)
    largest = _summed(ranked.group, ranked.share * (ranked.rank < k), groups)
    return np.where(ranked.whole > 0, largest, np.nan), ranked.whole


def fewest(codes: Codes, sums: Numbers, groups: int, *, share: float) -> tuple[Numbers, Numbers]:
    """The smallest number of entities that make a share of the whole.

    An entity whose sum is negative counts as nothing. The number is no share of anything, so there is no whole.

    >>> fewest(np.zeros(4, dtype=int), np.array([1.0, 50, 19, 30]), 1, share=0.8)[0].tolist()
    [2.0]
    """
    ranked = _Ranked.of(codes, sums, groups)
    needed = (ranked.before < share - _HAIR) & (ranked.share > 0)
    count = _summed(ranked.group, needed.astype(float), groups)
    return np.where(ranked.whole > 0, count, np.nan), np.full(groups, np.nan)


def fewest_share(codes: Codes, sums: Numbers, groups: int, *, share: float) -> tuple[Numbers, Numbers]:
    """The smallest share of the entities with any sum above zero that make a share of the whole.

    >>> fewest_share(np.zeros(5, dtype=int), np.array([1.0, 50, 19, 30, -9]), 1, share=0.8)[0].tolist()
    [0.5]
    """
    count, _ = fewest(codes, sums, groups, share=share)
    every = _summed(codes, (sums > 0).astype(float), groups)
    return _over(count, every), every


@dataclass
class _Ranked:
    """Entities, group by group and the largest first; `whole` has one entry a group."""

    group: Codes
    rank: Codes
    share: Numbers
    before: Numbers
    whole: Numbers

    @classmethod
    def of(cls, codes: Codes, sums: Numbers, groups: int) -> _Ranked:
        order = np.lexsort((-sums, codes))
        group, value = codes[order], np.maximum(sums[order], 0.0)
        whole = _summed(group, value, groups)
        # Shares rather than sums run on from group to group, so that a small one loses nothing beside a large one.
        share = np.nan_to_num(_over(value, whole[group]))
        first = np.searchsorted(group, np.arange(groups))[group]
        running = np.cumsum(share) - share
        return cls(group, np.arange(len(group)) - first, share, running - running[first], whole)


def _summed(group: Codes, value: Numbers, groups: int) -> Numbers:
    return np.bincount(group, weights=value, minlength=groups).astype(np.float64)


def _over(part: Numbers, whole: Numbers) -> Numbers:
    share: Numbers = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share
