"""Money in coarse bands: what a partner may be told of firms like it without being told their figures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_STEPS = np.array([1.0, 2.0, 5.0, 10.0])


def band(amounts: Numbers) -> tuple[Numbers, Numbers]:
    """The band of 1, 2, 5, 10, 20, 50, … that holds each amount, its lower end included; the first is 0 to 1.

    Below zero the bands are the same, mirrored.

    >>> low, high = band(np.array([0.0, 49.9, 50.0, -1_234.0]))
    >>> low.tolist(), high.tolist()
    ([0.0, 20.0, 50.0, -2000.0], [1.0, 50.0, 100.0, -1000.0])
    """
    size = np.abs(amounts)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.floor(np.log10(np.maximum(size, 1.0)))
        # A logarithm may be a little to either side of a whole number.
        power += (size >= 10.0 ** (power + 1)).astype(float) - (np.maximum(size, 1.0) < 10.0**power)
    step = np.clip(np.searchsorted(_STEPS, size / 10.0**power, side="right") - 1, 0, 2)
    lower, upper = (np.where(size < 1, end, _STEPS[i] * 10.0**power) for i, end in ((step, 0.0), (step + 1, 1.0)))
    none = np.isnan(amounts)
    low, high = np.where(amounts < 0, -upper, lower), np.where(amounts < 0, -lower, upper)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)
