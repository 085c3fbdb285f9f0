"""Rates: how sure one is of a share of cases."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Z95 = 1.959963984540054


def wilson(successes: Numbers, trials: Numbers) -> tuple[Numbers, Numbers]:
    """The 95 % Wilson score interval of each rate; NaN where there was no trial.

    Source: E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209–212.

    >>> low, high = wilson(np.array([5.0]), np.array([10.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.237, 0.763)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        scale = 1 + Z95**2 / trials
        middle = (rate + Z95**2 / (2 * trials)) / scale
        half = Z95 / scale * np.sqrt(rate * (1 - rate) / trials + Z95**2 / (4 * trials**2))
    none = ~(trials > 0)
    low = np.where(none, math.nan, np.clip(middle - half, 0, 1))
    high = np.where(none, math.nan, np.clip(middle + half, 0, 1))
    return low, high
