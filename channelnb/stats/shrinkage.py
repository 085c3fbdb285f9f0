"""What a few cases say of a firm's rate beside what is known of its peers': beta-binomial shrinkage."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, digamma, expit

Numbers = npt.NDArray[np.float64]

_CHI2_95 = 3.841458820694124
_FIRMS_FOR_A_SLOPE = 10
_STRENGTH = math.log(20)
# Of level, log strength and slope. It takes some 20 cases to move a rate half way, give or take a factor of five.
_CENTRE, _WIDTH = np.array([0.0, _STRENGTH, 0.0]), np.array([3.0, 1.5, 0.5])


@dataclass(frozen=True)
class Prior:
    """What the rates of a group of firms are like: beta distributed, as if `strength` cases had been seen before any.

    The mean's logit is `level` + `slope` · (log of the trials − `middle`), since firms with much to decide may be of
    another kind than those with little; the slope is zero where that is not supported.
    """

    level: float
    slope: float
    strength: float
    middle: float

    def posterior(self, successes: Numbers, trials: Numbers) -> Posterior:
        """What is known of each firm's own rate once its cases are seen.

        >>> known = Prior(0.0, 0.0, 10.0, 0.0).posterior(np.array([0.0, 90.0]), np.array([2.0, 100.0]))
        >>> known.mean.round(3).tolist()
        [0.417, 0.864]
        """
        before = self.beta(trials)
        return Posterior(before.a + successes, before.b + trials - successes)

    def beta(self, trials: Numbers) -> Posterior:
        """What would be known of a firm with so many trials before any of them is seen."""
        mean = expit(self.level + self.slope * (np.log(trials) - self.middle))
        return Posterior(self.strength * mean, self.strength * (1 - mean))


@dataclass(frozen=True)
class Posterior:
    """One beta distribution per firm, with the parameters `a` and `b`: where its own rate may lie."""

    a: Numbers
    b: Numbers

    @property
    def mean(self) -> Numbers:
        """The rate to expect: the firm's own, shrunk towards its peers' the more the fewer cases it has."""
        return np.asarray(self.a / (self.a + self.b), dtype=np.float64)

    def interval(self) -> tuple[Numbers, Numbers]:
        """The central 95 % of each distribution.

        >>> low, high = Posterior(np.array([2.0]), np.array([1.0])).interval()
        >>> round(float(low[0]), 3), round(float(high[0]), 3)
        (0.158, 0.987)
        """
        return betaincinv(self.a, self.b, 0.025), betaincinv(self.a, self.b, 0.975)


def fit_prior(successes: Numbers, trials: Numbers) -> Prior:
    """The prior of a group of firms, fitted to the cases of them all by penalised likelihood.

    Needs at least one trial of each firm. Level, slope and the logarithm of the strength have weak normal penalties, so
    that a handful of firms gives a prior that is neither infinitely strong nor infinitely steep. The mean depends on
    volume only where a likelihood-ratio test at 5 % supports it, among ten firms or more.
    Source: beta-binomial regression as in D. Robinson, Introduction to Empirical Bayes (2017), ch. 6 and 7.

    >>> prior = fit_prior(np.array([2.0, 30.0, 9.0, 12.0]), np.array([10.0, 100.0, 30.0, 40.0]))
    >>> round(float(expit(prior.level)), 2), prior.slope
    (0.29, 0.0)
    """
    volume = np.log(trials)
    middle = float(np.median(volume))
    cases = _Cases(successes, trials, volume - middle)
    pooled = float(np.clip(successes.sum() / trials.sum(), 1e-3, 1 - 1e-3))
    start = np.array([math.log(pooled / (1 - pooled)), _STRENGTH, 0.0])
    flat, loss = cases.fitted(start[:2])
    if len(trials) >= _FIRMS_FOR_A_SLOPE and np.ptp(volume) > 0:
        steep, lower = cases.fitted(np.append(flat, 0.0))
        if 2 * (loss - lower) > _CHI2_95:
            return Prior(float(steep[0]), float(steep[2]), math.exp(steep[1]), middle)
    return Prior(float(flat[0]), 0.0, math.exp(flat[1]), middle)


@dataclass(frozen=True)
class _Cases:
    """The cases of a group of firms, and how badly a prior explains them."""

    successes: Numbers
    trials: Numbers
    volume: Numbers

    def fitted(self, start: Numbers) -> tuple[Numbers, float]:
        """The level, the logarithm of the strength, and the slope where one is asked for; and their loss."""
        bounds = [(-12, 12), (-2, 12), (-5, 5)][: len(start)]
        # This method calls no BLAS, whose threads wait for each other longer than they work on so little.
        found = minimize(self.loss, start, jac=True, method="TNC", bounds=bounds)
        return found.x, float(found.fun)

    def loss(self, at: Numbers) -> tuple[float, Numbers]:
        """The negative logarithm of the penalised likelihood, and its gradient."""
        level, log_strength, *slope = at
        strength = math.exp(log_strength)
        mean = expit(level + (slope[0] * self.volume if slope else 0.0))
        a, b = (
            np.broadcast_to(strength * mean, self.trials.shape),
            np.broadcast_to(strength * (1 - mean), self.trials.shape),
        )
        failures = self.trials - self.successes
        fit = betaln(self.successes + a, failures + b) - betaln(a, b)
        both = digamma(strength) - digamma(self.trials + strength)
        by_a = digamma(self.successes + a) - digamma(a) + both
        by_b = digamma(failures + b) - digamma(b) + both
        by_logit = (by_a - by_b) * strength * mean * (1 - mean)
        gradient = [by_logit.sum(), (by_a * a + by_b * b).sum(), (by_logit * self.volume).sum()][: len(at)]
        off = (at - _CENTRE[: len(at)]) / _WIDTH[: len(at)]
        return float((off**2).sum() / 2 - fit.sum()), off / _WIDTH[: len(at)] - np.array(gradient)
