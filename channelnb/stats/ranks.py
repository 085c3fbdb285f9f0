"""Ranks, and how sure one is of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from channelnb.stats.shrinkage import Posterior

Numbers = npt.NDArray[np.float64]

BOTTOM = 0.2
"""The part of a group, counted from its worst end, that is its bottom."""


class Ranks(NamedTuple):
    """Places in a group, 1 for the best: each one's median, 95 % interval and chance of the bottom."""

    rank: Numbers
    low: Numbers
    high: Numbers
    bottom_chance: Numbers


def ranks(known: Posterior, *, seed: int, higher_is_better: bool = True, draws: int = 400) -> Ranks:
    """The rank of each firm's rate among all of them, from draws of what is known of each.

    Needs the firms in an order that is the same in every run, since each takes its draws by its place. The bottom is
    the worst fifth, rounded down, and one firm at least.
    Source: H. Goldstein and D. Spiegelhalter (1996), J. R. Stat. Soc. A 159, 385–443.

    >>> found = ranks(Posterior(np.array([900.0, 100.0, 500.0]), np.array([100.0, 900.0, 500.0])), seed=1)
    >>> found.rank.tolist(), found.bottom_chance.tolist()
    ([1.0, 3.0, 2.0], [0.0, 1.0, 0.0])
    """
    firms = len(known.a)
    drawn = np.random.default_rng(seed).beta(known.a, known.b, size=(draws, firms))
    order = np.argsort(-drawn if higher_is_better else drawn, axis=1)
    rank = np.empty(order.shape, dtype=np.int32)
    np.put_along_axis(rank, order, np.arange(1, firms + 1, dtype=np.int32)[None, :], axis=1)
    bottom = (rank > firms - max(1, int(BOTTOM * firms))).mean(axis=0)
    spread = np.sort(rank.T, axis=1).astype(np.float64)
    middle, low, high = (spread[:, int(q * (draws - 1))] for q in (0.5, 0.025, 0.975))
    return Ranks(middle, low, high, bottom)
