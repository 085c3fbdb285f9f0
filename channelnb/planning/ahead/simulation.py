"""A period run many times: open deals won or not, and what past periods brought beside them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from channelnb.planning.ahead.windows import Past

Numbers = npt.NDArray[np.float64]

RUNS = 2_000
"""How often a period is simulated."""
LEAST_FITTED = 20
"""Of how many past periods, all partners together, at least is told what a period brings."""

_FURTHEST = 1.0
"""How far a plan may lie from the usual, over it, before it counts as that far."""


@dataclass(frozen=True)
class Fit:
    """What a period brought beside the usual, by all partners' earlier ones.

    Over the usual revenue: `level` + `by_plan` × how far the plan lies from the usual + `by_deals` × how far the value
    won from open deals lies from the usual + one of `rest`, what that left unexplained.
    """

    level: float
    by_plan: float
    by_deals: float
    rest: Numbers


@dataclass(frozen=True)
class Usual:
    """What a window usually brings each partner: revenue, value won from open deals, and how far the plan lies off."""

    revenue: Numbers
    won_open: Numbers
    plan_off: Numbers

    def of(self, i: int) -> tuple[float, float, float]:
        """What is usual for one partner, by its place.

        >>> Usual(np.array([9.0]), np.array([4.0]), np.array([0.1])).of(0)
        (9.0, 4.0, 0.1)
        """
        return float(self.revenue[i]), float(self.won_open[i]), float(self.plan_off[i])


def usual(past: Past, place: int = 0) -> Usual:
    """The mean of a year's windows before one, at the season's level; NaN where they are not all told."""
    season = past.season(place)
    revenue = past.before(past.revenue, place).mean(axis=1) * season
    won = past.before(past.won_open, place).mean(axis=1) * season
    left = past.plan[:, place] - past.to_date[:, place]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(past.plan[:, place] > 0, (left - revenue) / revenue, np.nan)
    known = (revenue > 0) & past.there[:, place]
    return Usual(np.where(known, revenue, np.nan), won, np.clip(off, -_FURTHEST, _FURTHEST))


def fit(past: Past) -> Fit | None:
    """What windows brought beside the usual, by least squares over those that were over; None where too few were.

    Figures are in whole per cent, and there are none where firms of too few owners tell: what is told to others follows
    from them. Needs no window that was not over on the first one's day: what came later is not looked at.
    """
    rows = []
    for place in range(past.lead, len(past.windows)):
        at = usual(past, place)
        with np.errstate(divide="ignore", invalid="ignore"):
            gone = (past.revenue[:, place] - at.revenue) / at.revenue
            won = (past.won_open[:, place] - at.won_open) / at.revenue
        rows.append(np.column_stack([gone, np.ones(len(gone)), at.plan_off, won]))
    told = np.concatenate(rows)
    known = np.isfinite(told).all(axis=1)
    told, firms = told[known], np.tile(past.partners, len(rows))[known]
    if len(told) < LEAST_FITTED or not past.crowd.tells(firms):
        return None
    gone, parts = told[:, 0], told[:, 1:]
    found = np.linalg.lstsq(parts, gone, rcond=None)[0].round(2)
    # A deal brings no more than its amount, and takes nothing away.
    found[2] = np.clip(found[2], 0.0, 1.0)
    level, by_plan, by_deals = map(float, found)
    return Fit(level, by_plan, by_deals, np.sort((gone - parts @ found).round(2)))


def seed_of(partner_id: str, period: str) -> int:
    """The seed of a partner's runs of a period, the same in every run.

    >>> seed_of("P1", "2026Q4") == seed_of("P1", "2026Q4"), seed_of("P1", "2026Q4") == seed_of("P2", "2026Q4")
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(f"{partner_id} {period}".encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Runs:
    """One partner's runs of a period: the revenue of each, and what it would be were the largest deal due not won."""

    revenue: Numbers
    without_largest: Numbers


@dataclass(frozen=True)
class Deals:
    """One partner's open deals: ids, amounts, the odds of each, and the place of the largest due in the period."""

    ids: tuple[str, ...]
    amounts: Numbers
    odds: Numbers
    largest: int | None = None

    @property
    def expected(self) -> float:
        """What they are worth, each counted by its odds.

        >>> Deals(("O1", "O2"), np.array([50.0, 10.0]), np.array([0.5, 0.1])).expected
        26.0
        """
        return float((self.amounts * self.odds).sum())


def simulate(deals: Deals, *, fitted: Fit, at: tuple[float, float, float], seed: int, runs: int = RUNS) -> Runs:
    """A period's revenue in so many runs: each deal is won or not, and all else is as it was in some past period.

    `at` is what is usual for the partner: revenue, value won from open deals, and how far the plan lies off.

    >>> fitted = Fit(0.0, 0.0, 1.0, np.array([0.0]))
    >>> deal = Deals(("O1",), np.array([50.0]), np.array([0.5]), largest=0)
    >>> made = simulate(deal, fitted=fitted, at=(100.0, 20.0, 0.0), seed=7)
    >>> sorted(set(made.revenue.tolist())), set(made.without_largest.tolist())
    ([80.0, 130.0], {80.0})
    """
    revenue, won_open, plan_off = at
    rng = np.random.default_rng(seed)
    rest = fitted.rest[rng.integers(len(fitted.rest), size=runs)]
    won = (rng.random((runs, len(deals.amounts)), dtype=np.float32) < deals.odds) * deals.amounts
    # A product of matrices would add up in an order that depends on the machine.
    value = won.sum(axis=1)
    rest = revenue * (1 + fitted.level + fitted.by_plan * plan_off + rest) - fitted.by_deals * won_open
    lost = won[:, deals.largest] if deals.largest is not None else np.zeros(runs)
    return Runs(rest + fitted.by_deals * value, rest + fitted.by_deals * (value - lost))
