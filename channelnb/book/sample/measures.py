"""What each partner truly reached in each past quarter, with bounds where definitions may differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import Array, dates, month_of, month_start
from channelnb.book.sample.pipeline import LOST, NO_DECISION, WON, amount_on
from channelnb.book.sample.vendor import AS_OF, LINES, PAST_MONTHS

QUARTERS = PAST_MONTHS // 3


@dataclass(frozen=True)
class Reached:
    """The least and the most that a fair reading of a metric can give: partners × past quarters."""

    low: Array
    high: Array


def in_euro(cents: Array, month: Array, usd: Array, rate: Array) -> Array:
    """Cents of the vendor's currency, rounded half away from zero, at the rate (millionths) of each row's month.

    >>> in_euro(np.array([150, -150]), np.array([0, 0]), np.array([True, True]), np.array([910_000])).tolist()
    [137, -137]
    """
    rounded = (np.abs(cents) * rate[month] + 500_000) // 1_000_000 * np.sign(cents)
    return np.where(usd, rounded, cents)


def quarter_end(quarter: Array) -> Array:
    """The last day of a quarter counted from the history's first.

    >>> str(quarter_end(np.array(14)))
    '2026-09-30'
    """
    return month_start(3 * np.asarray(quarter) + 3) - 1


def revenue(cast: Cast, rows: pd.DataFrame, euro: Array) -> tuple[Reached, Array, Array]:
    """Revenue of each quarter, in whole units of the vendor's currency, and the same by line as low and high.

    The least is what had been entered by the quarter's end, the most what is known today.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> days = np.array(["2023-02-01", "2023-04-05"], dtype="datetime64[D]")
    >>> rows = pd.DataFrame({"partner": 0, "line": 0, "month": [1, 2], "recorded_on": days})
    >>> reached, _, _ = revenue(draw_cast(np.random.default_rng(7), 5), rows, np.array([10_000, 5_000]))
    >>> float(reached.low[0, 0]), float(reached.high[0, 0])
    (100.0, 150.0)
    """
    shape = (cast.count, QUARTERS, len(LINES))
    cell = np.ravel_multi_index((rows["partner"], rows["month"] // 3, rows["line"]), shape)
    in_time = (rows["recorded_on"].to_numpy() <= quarter_end(rows["month"].to_numpy() // 3)).astype(bool)
    high = np.bincount(cell, euro / 100, np.prod(shape)).reshape(shape)
    low = np.bincount(cell, np.where(in_time, euro, 0) / 100, np.prod(shape)).reshape(shape)
    return Reached(low.sum(axis=2), high.sum(axis=2)), low, high


def new_customers(cast: Cast, rows: pd.DataFrame) -> Reached:
    """Customers who bought from the partner in a quarter and never before, or not for two years.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> rows = pd.DataFrame({"partner": 0, "customer": 3, "month": [0, 1, 30]})
    >>> reached = new_customers(draw_cast(np.random.default_rng(7), 5), rows)
    >>> int(reached.low[0].sum()), int(reached.high[0].sum())
    (1, 2)
    """
    known = rows[["partner", "customer", "month"]].assign(quarter=rows["month"] // 3).drop_duplicates()
    known = known.sort_values(["partner", "customer", "month"], kind="stable")
    visits = known.drop_duplicates(["partner", "customer", "quarter"])
    same = visits[["partner", "customer"]].eq(visits[["partner", "customer"]].shift()).all(axis=1).to_numpy()
    # The last purchase before the quarter is the last month of the customer's quarter before.
    last = known.groupby(["partner", "customer", "quarter"])["month"].transform("max").loc[visits.index]
    away = visits["quarter"].to_numpy() * 3 - np.r_[-999, last.to_numpy()[:-1]]
    low = _count(cast, visits[~same])
    return Reached(low, _count(cast, visits[~same | (away > 24)]))


def win_rate(cast: Cast, deals: pd.DataFrame) -> Reached:
    """Won deals over those decided in a quarter: with and without those that ended in no decision.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> deals = pd.DataFrame({"partner": 0, "outcome": [WON, LOST, NO_DECISION], "closed": np.datetime64("2023-02-01")})
    >>> reached = win_rate(draw_cast(np.random.default_rng(7), 5), deals)
    >>> float(reached.low[0, 0]), float(reached.high[0, 0])
    (0.3333333333333333, 0.5)
    """
    closed = dates(deals, "closed")
    kept = (closed <= AS_OF) & (month_of(closed) >= 0)
    known = deals[kept].assign(quarter=month_of(closed[kept]) // 3)
    won, lost, none = (_count(cast, known[known["outcome"] == one]) for one in (WON, LOST, NO_DECISION))
    with np.errstate(invalid="ignore"):
        return Reached(won / (won + lost + none), won / (won + lost))


def _count(cast: Cast, rows: pd.DataFrame) -> Array:
    cell = rows["partner"].to_numpy() * QUARTERS + rows["quarter"].to_numpy()
    return np.bincount(cell, minlength=cast.count * QUARTERS).reshape(cast.count, QUARTERS).astype(float)


def open_pipeline(cast: Cast, deals: pd.DataFrame, rate: float) -> Reached:
    """Value of the deals open at each quarter's end, at a middling rate, as it is known today.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> days = {name: np.datetime64(day) for name, day in (("created", "2026-07-10"), ("closed", "2026-11-01"))}
    >>> deals = pd.DataFrame({"partner": [0], "amount": 500_000, "drift": 0.0, **days})
    >>> open_pipeline(draw_cast(np.random.default_rng(7), 5), deals, 1.0).low[0, -2:].tolist()
    [0.0, 5000.0]
    """
    known = deals[deals["created"] <= AS_OF]
    amount = amount_on(known, AS_OF) / 100 * np.where(cast.usd, rate, 1.0)[known["partner"]]
    created, closed = (dates(known, name) for name in ("created", "closed"))
    sums = [
        np.bincount(known["partner"], amount * ((created <= end) & (end < closed)), cast.count)
        for end in quarter_end(np.arange(QUARTERS))
    ]
    return Reached(np.stack(sums, axis=1), np.stack(sums, axis=1))


def certified_people(cast: Cast, certifications: pd.DataFrame, salespeople: pd.DataFrame) -> Reached:
    """People with a valid certificate at each quarter's end: those still there, and all."""
    held = certifications.merge(salespeople[["salesperson_id", "left_on"]], on="salesperson_id")
    place = pd.Series(np.arange(cast.count), index=cast.partner_id)
    partner = place[held["partner_id"]].to_numpy()
    low, high = np.zeros((cast.count, QUARTERS)), np.zeros((cast.count, QUARTERS))
    for quarter, end in enumerate(pd.to_datetime(quarter_end(np.arange(QUARTERS)))):
        valid = (held["earned_on"] <= end) & ~(held["expires_on"] <= end)
        still = valid & ~(held["left_on"] <= end)
        for target, rows in ((high, valid), (low, still)):
            people = pd.Series(partner[rows]).groupby(held.loc[rows, "salesperson_id"].to_numpy()).first()
            target[:, quarter] = np.bincount(people.astype(int), minlength=cast.count)
    return Reached(low, high)
