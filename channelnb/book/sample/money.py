"""Money between the two sides: exchange rates, market development funds, incentives and cost to serve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import (
    Array,
    Generator,
    cents,
    ids,
    month_of,
    month_start,
    name_of,
    quarter_name,
    unless,
)
from channelnb.book.sample.firms import currency_of
from channelnb.book.sample.marketing import running_on
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF, OTHER_CURRENCY, PAST_MONTHS

MONTHS_BEFORE = 12
_REFUSALS = ("no proof of spending", "not agreed beforehand", "outside the period", "budget used up")


def rates(rng: Generator) -> tuple[Array, Array]:
    """Millionths of a euro for one dollar, by month from a year before the history: as planned, and as they were.

    >>> planned, actual = rates(np.random.default_rng(7))
    >>> len(planned), int(actual.min()) > 700_000
    (72, True)
    """
    months = MONTHS_BEFORE + ALL_MONTHS
    walk = np.cumsum(rng.normal(0, 0.011, months))
    actual = 920_000 * np.exp(walk - np.linspace(0, walk[-1], months))
    actual = np.round(actual / 100).astype(np.int64) * 100
    planned = np.round(np.r_[930_000, actual[11::12][:-1]] / 10_000).astype(np.int64) * 10_000
    return planned.repeat(12), actual


def fx_rates(planned: Array, actual: Array) -> pd.DataFrame:
    """One row per month and kind; plan rates are known to the end of the plans, actual ones to today.

    Deals of the first months were opened before the history begins, so the rates begin a year before it.

    >>> fx_rates(*rates(np.random.default_rng(7))).groupby("kind").size().to_dict()
    {'actual': 57, 'plan': 72}
    """
    month = np.arange(-MONTHS_BEFORE, ALL_MONTHS)
    past = month < PAST_MONTHS
    frame = pd.DataFrame(
        {
            "month": month_start(np.r_[month, month[past]]),
            "currency": OTHER_CURRENCY,
            "rate": np.r_[planned, actual[past]],
            "kind": ["plan"] * len(month) + ["actual"] * int(past.sum()),
        }
    )
    return frame.sort_values(["month", "kind"], kind="stable", ignore_index=True)


def mdf_budgets(cast: Cast, by_quarter: Array, tiers: Array) -> pd.DataFrame:
    """Funds set aside each quarter for partners above the lowest tier: about a hundredth of revenue.

    `by_quarter` is each partner's revenue by quarter in cents, `tiers` the place of its tier by month.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> by_quarter, tiers = np.full((5, 15), 10_000_000), np.zeros((5, 45), dtype=int)
    >>> mdf_budgets(cast, by_quarter, tiers).empty, int(mdf_budgets(cast, by_quarter, tiers + 1)["allocated"].min())
    (True, 125000)
    """
    partner, quarter = (one.ravel() for one in np.indices((cast.count, PAST_MONTHS // 3)))
    before = np.maximum(quarter - 1, 0)
    worthy = (tiers[partner, 3 * quarter] > 0) & cast.there(3 * np.arange(PAST_MONTHS // 3))[partner, quarter]
    keep = worthy & (by_quarter[partner, before] > 0)
    partner, quarter, before = partner[keep], quarter[keep], before[keep]
    return pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "quarter": quarter_name(quarter),
            "allocated": cents(by_quarter[partner, before] / 100 * 0.012, step=250),
            "expires_on": month_start(3 * quarter + 6) - 1,
            "currency": currency_of(cast.usd[partner]),
            "partner": partner,
            "at": quarter,
        }
    )


def mdf_claims(rng: Generator, cast: Cast, budgets: pd.DataFrame, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Claims on the funds: most approved and paid after some weeks, some denied, the newest pending."""
    chosen = np.flatnonzero(rng.random(len(budgets)) < 0.75)
    chosen = np.sort(np.r_[chosen, chosen[rng.random(len(chosen)) < 0.35]])
    partner, quarter = (budgets[name].to_numpy()[chosen] for name in ("partner", "at"))
    size = len(chosen)
    asked = month_start(3 * quarter) + rng.integers(5, 90, size)
    amount = cents(budgets["allocated"].to_numpy()[chosen] / 100 * rng.uniform(0.2, 0.75, size), step=10)
    decided = asked + rng.integers(4, 45, size)
    paid = decided + rng.integers(12, 70, size)
    pending: Array = np.asarray(decided > AS_OF)
    denied = ~pending & (rng.random(size) < 0.14)
    granted = np.where(rng.random(size) < 0.25, np.round(amount * 0.7).astype(np.int64), amount)
    settled = ~pending & ~denied & (paid <= AS_OF)
    frame = pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "requested_on": asked,
            "amount_requested": amount,
            "decision": np.select([pending, denied], ["pending", "denied"], "approved").astype(object),
            "decided_on": unless(pending, decided),
            "amount_approved": pd.array(granted, dtype="Int64"),
            "paid_on": unless(~settled, paid),
            "amount_paid": pd.array(granted, dtype="Int64"),
            "reason": name_of(_REFUSALS, np.where(denied, rng.integers(len(_REFUSALS), size=size), -1)),
            "campaign_id": running_on(rng, campaigns, asked),
            "currency": currency_of(cast.usd[partner]),
        }
    )
    frame.loc[pending | denied, "amount_approved"] = pd.NA
    frame.loc[~settled, "amount_paid"] = pd.NA
    frame = frame.loc[np.flatnonzero(asked <= AS_OF)].sort_values(
        ["requested_on", "partner_id"], kind="stable", ignore_index=True
    )
    return frame.assign(claim_id=ids("F", len(frame)))


def incentives(rng: Generator, cast: Cast, by_quarter: Array) -> pd.DataFrame:
    """Rewards paid a month after a quarter: for growth over the year before, for new business, or otherwise."""
    partner, quarter = (one.ravel() for one in np.indices((cast.count, PAST_MONTHS // 3 - 4)))
    quarter = quarter + 4
    now, before = by_quarter[partner, quarter], by_quarter[partner, quarter - 4]
    grown = (now > 1.1 * before) & (before > 0) & (rng.random(len(now)) < 0.8)
    other = rng.random(len(now)) < 0.25
    basis = np.select([grown, other], [1, 0], np.where(rng.random(len(now)) < 0.05, 2, -1))
    paid = month_start(3 * quarter + 4) + rng.integers(0, 12, len(now))
    keep = (basis >= 0) & (now > 0) & (paid <= AS_OF) & (month_of(paid) < cast.left[partner])
    frame = pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "paid_on": paid,
            "amount": cents(now / 100 * rng.uniform(0.003, 0.012, len(now)), step=50),
            "basis": name_of(("new_business", "growth", "other"), basis),
            "currency": currency_of(cast.usd[partner]),
        }
    )
    return frame.iloc[np.flatnonzero(keep)].sort_values(["paid_on", "partner_id"], kind="stable", ignore_index=True)


def costs(rng: Generator, cast: Cast, flow: Array) -> pd.DataFrame:
    """What serving each partner cost the vendor in each month, by two kinds.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> flow = np.zeros((5, 45))
    >>> flow[2, 0] = 10_000.0
    >>> costs(np.random.default_rng(7), cast, flow)[["partner_id", "kind"]].values.tolist()
    [['P0003', 'account management'], ['P0003', 'technical support']]
    """
    partner, month, kind = (one.ravel() for one in np.indices((cast.count, PAST_MONTHS, 2)))
    effort = rng.lognormal(0, 0.4, (cast.count, 2))[partner, kind]
    amount = effort * (180 + np.array([0.018, 0.026])[kind] * flow[partner, month]) * rng.uniform(0.7, 1.3, len(kind))
    keep = flow[partner, month] > 0
    frame = pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "month": month_start(month),
            "kind": name_of(("account management", "technical support"), kind),
            "amount": cents(amount / np.where(cast.usd, 0.92, 1.0)[partner]),
            "currency": currency_of(cast.usd[partner]),
        }
    )
    return frame.iloc[np.flatnonzero(keep)].sort_values(["month", "partner_id"], kind="stable", ignore_index=True)
