"""What stands out by more than chance, when thousands of figures are looked at together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln, stdtr

from channelnb.stats.shrinkage import Posterior, Prior, fit_prior

Numbers = npt.NDArray[np.float64]

_CELLS = 2_000_000
_MOST_APART, _PASSES = 0.1, 5
_OUTER, _VARIANCE_WITHIN = 0.01, 0.925
"""The part of a distribution at its two ends, and the variance of a normal one without them."""


def notable(p_values: Numbers, *, rate: float = 0.05) -> npt.NDArray[np.bool_]:
    """Which of the figures stand out, such that at most `rate` of those named are expected to be mere chance.

    NaN is a figure that could not be tested: it is never notable, and does not count among those looked at.
    Source: Y. Benjamini and Y. Hochberg (1995), J. R. Stat. Soc. B 57, 289–300.

    >>> notable(np.array([0.001, 0.02, 0.04, np.nan])).tolist()
    [True, True, True, False]
    >>> notable(np.array([0.001, 0.04, 0.06, 0.9])).tolist()
    [True, False, False, False]
    """
    ranked = np.sort(p_values[~np.isnan(p_values)])
    passed = ranked[ranked <= rate * np.arange(1, len(ranked) + 1) / len(ranked)]
    return np.asarray(p_values <= passed.max(initial=-1.0))


def rate_p_values(successes: Numbers, trials: Numbers, before: Posterior) -> Numbers:
    """How probable a rate at least as far out is, on either side, for a firm like its peers.

    Needs what was known of each firm before its cases were seen (`Prior.beta`): successes are then beta-binomial. A
    prior that is fitted to the firm's group with the firm itself makes its bar a little higher, not lower.

    >>> before = Posterior(np.array([5.0, 5.0]), np.array([5.0, 5.0]))
    >>> rate_p_values(np.array([10.0, 5.0]), np.array([10.0, 10.0]), before).round(4).tolist()
    [0.0217, 1.0]
    """
    result = np.ones(len(trials))
    # The shorter way to an end; one case less is what the other side holds.
    upper = 2 * successes > trials
    length = np.where(upper, trials - successes, successes).astype(np.int64) + 1
    order = np.argsort(length, kind="stable")
    chunks = np.cumsum(length[order]) // _CELLS
    for some in np.split(order, np.flatnonzero(np.diff(chunks)) + 1):
        firm = np.repeat(some, length[some])
        step = np.arange(len(firm)) - np.repeat(np.cumsum(length[some]) - length[some], length[some])
        at = np.where(upper[firm], trials[firm] - step, step)
        chance = np.exp(_log_probability(at, trials[firm], before.a[firm], before.b[firm]))
        tail = np.add.reduceat(chance, np.cumsum(length[some]) - length[some])
        exact = np.exp(_log_probability(successes[some], trials[some], before.a[some], before.b[some]))
        result[some] = np.clip(2 * np.minimum(tail, 1 - tail + exact), 0, 1)
    return result


def _log_probability(successes: Numbers, trials: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """The logarithm of the beta-binomial probability of so many successes."""
    chosen = gammaln(trials + 1) - gammaln(successes + 1) - gammaln(trials - successes + 1)
    return np.asarray(chosen + betaln(successes + a, trials - successes + b) - betaln(a, b), dtype=np.float64)


def typical_prior(successes: Numbers, trials: Numbers, prior: Prior) -> Prior:
    """The prior of a group as it would be without the firms that stand far apart, against which these are to be seen.

    Needs the group's cases and the prior of them all. A few firms of another kind make the spread of all look wider,
    and so hide themselves. The outermost hundredth is set aside, the prior fitted to the others and widened by
    what a normal distribution loses with its outermost hundredth, until no more firms are outside.
    Source: the empirical null of B. Efron (2004), J. Am. Stat. Assoc. 99, 96–104.

    >>> successes, trials = np.array([30.0, 28.0, 33.0, 31.0, 29.0, 32.0, 27.0, 30.0] * 2 + [98.0]), np.full(17, 100.0)
    >>> prior = fit_prior(successes, trials)
    >>> prior.strength < 20 < typical_prior(successes, trials, prior).strength
    True
    """
    apart = np.zeros(len(trials), dtype=bool)
    for _ in range(_PASSES):
        further = apart | (rate_p_values(successes, trials, prior.beta(trials)) < _OUTER)
        if (further == apart).all() or further.mean() > _MOST_APART:
            break
        apart = further
        others = fit_prior(successes[~apart], trials[~apart])
        prior = replace(others, strength=others.strength * _VARIANCE_WITHIN)
    return prior


def spread_p_values(value: Numbers, error: Numbers, *, centre: Numbers, spread: Numbers, others: Numbers) -> Numbers:
    """How probable a figure at least as far from its peers' is, on either side, for a firm like them.

    Needs each figure with its standard error, and the mean and standard deviation of so many `others`. These hold
    the errors of the others' own figures, so with the firm's error on top the test errs on the side of saying
    nothing. NaN where fewer than two others are there, or neither they nor the figure vary.
    Source: Student's t, predictive.

    >>> peers = {"centre": np.array([10.0]), "spread": np.array([2.0]), "others": np.array([8.0])}
    >>> spread_p_values(np.array([17.0]), np.array([1.0]), **peers).round(3).tolist()
    [0.02]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(value - centre) / np.sqrt(spread**2 * (1 + 1 / others) + error**2)
    return np.asarray(2 * stdtr(np.where(others > 1, others - 1, np.nan), -away), dtype=np.float64)
