"""How long things take, where some have not ended yet: censored medians."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from channelnb.errors import NotUsable
from channelnb.stats.rates import Z95

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

_TOLERANCE = 1e-9


class Medians(NamedTuple):
    """One median per group, its 95 % interval, and the cases behind it; NaN where it is not reached."""

    median: Numbers
    low: Numbers
    high: Numbers
    n: Places


class Curves(NamedTuple):
    """Kaplan–Meier curves: one row for each time at which something happened in a group, in order of both.

    `survival` is the share that lasts longer than `time`, `spread` Greenwood's sum: the variance of its logarithm.
    """

    group: Places
    time: Numbers
    survival: Numbers
    spread: Numbers


def censored_medians(
    group: npt.NDArray[np.integer], time: Numbers, happened: npt.NDArray[np.bool_], *, groups: int
) -> Medians:
    """The median time until something happens, in each of `groups` groups, where for some it has not happened yet.

    Needs one entry per case: the code of its group from 0 to `groups` − 1, how long it took or, where it has not
    `happened`, how long it has lasted so far. Where the curve is flat at one half, the median is the middle of the
    flat part, so that without censoring it is the ordinary median. NaN says that the curve, or the limit's, does
    not come down to one half: more than half of the cases may last longer than any seen. Raises NotUsable for a time
    that is not a number. Source: E. L. Kaplan and P. Meier (1958); the interval is that of R. Brookmeyer and
    J. Crowley (1982), Biometrics 38, 29–41, on the scale of log(−log S).

    >>> group, happened = np.array([0, 0, 0, 1, 1]), np.array([True, False, True, False, True])
    >>> censored_medians(group, np.array([5.0, 6.0, 9.0, 3.0, 2.0]), happened, groups=3).median
    array([ 9.,  2., nan])
    """
    curves = survival_curves(group, time, happened)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = -np.log(curves.survival)
        half_width = Z95 * np.sqrt(curves.spread) / logarithm
        # A curve that has come down to nothing has no variance, and so no limits.
        lower, upper = (np.exp(-logarithm * np.exp(side * half_width)) for side in (1, -1))
    lower, upper = (np.where(curves.survival > 0, limit, np.nan) for limit in (lower, upper))
    median, low, high = (_halved(curves, curve, groups) for curve in (curves.survival, lower, upper))
    return Medians(median, low, high, np.bincount(group, minlength=groups))


def survival_curves(group: npt.NDArray[np.integer], time: Numbers, happened: npt.NDArray[np.bool_]) -> Curves:
    """The Kaplan–Meier curve of each group; what it needs and raises is said of `censored_medians`.

    >>> group, happened = np.zeros(4, int), np.array([True, False, True, False])
    >>> survival_curves(group, np.array([1.0, 2.0, 3.0, 4.0]), happened).survival
    array([0.75 , 0.375])
    """
    if np.isnan(time).any():
        raise NotUsable(f"{int(np.isnan(time).sum())} of {len(time)} durations are NaN; leave such cases out.")
    order = np.lexsort((time, group))
    group, time, happened = np.asarray(group, dtype=np.intp)[order], time[order], happened[order]
    starts = _starts(group, time)
    events = np.add.reduceat(happened, starts, dtype=np.intp) if len(starts) else np.empty(0, dtype=np.intp)
    ends = np.searchsorted(group, group[starts], side="right")
    starts, at_risk, events = (each[events > 0] for each in (starts, ends - starts, events))
    of, at = group[starts], time[starts]
    left = at_risk - events
    # Where nobody is left the curve ends, and nothing after it in the group needs the infinite sum.
    spread = np.divide(events, at_risk * left, out=np.zeros(len(of)), where=left > 0)
    return Curves(of, at, _running(np.multiply, left / at_risk, of), _running(np.add, spread, of))


def _starts(*columns: npt.NDArray[np.generic]) -> Places:
    """Where a new combination begins in sorted columns."""
    new = np.ones(len(columns[0]), dtype=bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new)


def _running(combine: Callable[[Numbers, Numbers], Numbers], values: Numbers, group: Places) -> Numbers:
    """The running product or sum within each group.

    By doubling steps rather than one running sum over all groups, whose rounding would carry from group to group.
    """
    starts = _starts(group)
    sizes = np.diff(np.append(starts, len(group)))
    place = np.arange(len(group)) - np.repeat(starts, sizes)
    result, step = values.astype(np.float64), 1
    while step < sizes.max(initial=0):
        result[step:] = np.where(place[step:] >= step, combine(result[step:], result[:-step]), result[step:])
        step *= 2
    return result


def _halved(curves: Curves, curve: Numbers, groups: int) -> Numbers:
    """The first time at which a curve of each group is at one half or below."""
    at = np.flatnonzero(curve <= 0.5 + _TOLERANCE)
    at = at[_starts(curves.group[at])]
    following = np.minimum(at + 1, max(len(curve) - 1, 0))
    flat = (np.abs(curve[at] - 0.5) <= _TOLERANCE) & (following > at) & (curves.group[following] == curves.group[at])
    result = np.full(groups, np.nan)
    result[curves.group[at]] = (curves.time[at] + curves.time[np.where(flat, following, at)]) / 2
    return result
