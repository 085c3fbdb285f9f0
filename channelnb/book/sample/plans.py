"""Plans by line and month, in versions, and what partners and managers foretold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import Array, Generator, cents, month_of, month_start, name_of
from channelnb.book.sample.firms import currency_of, joined_on
from channelnb.book.sample.sales import PLAN_RATE
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF, LINE_NAMES, PAST_MONTHS

_YEARS = ALL_MONTHS // 12
_MADE = np.array(["2022-12-06", "2023-12-05", "2024-12-04", "2025-12-09", "2026-09-14"], dtype="datetime64[D]")
_MID_YEAR, _STRETCH = np.datetime64("2026-06-22"), np.datetime64("2026-09-21")


def plans(rng: Generator, cast: Cast, hoped: Array, mix: Array) -> pd.DataFrame:
    """One row per version, partner, line and month; all belong to partners, so that they add up.

    `hoped` is what each partner (rows) would sell in each month (columns) if nobody ever left.
    Each year has one version, made in the year before. A partner that joins in a year is planned from
    its next quarter on; one that left is in the plans made before that. Three in ten were planned
    anew in the middle of 2026, one in seven has a stretched draft for 2027 that does not count.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> hoped, mix = np.full((5, ALL_MONTHS), 1_000.0), np.full((5, ALL_MONTHS, len(LINE_NAMES)), 1 / len(LINE_NAMES))
    >>> frame = plans(np.random.default_rng(7), cast, hoped, mix)
    >>> sorted(frame["version"].unique())
    ['FY2023', 'FY2024', 'FY2025', 'FY2026', 'FY2027', 'FY2027 stretch']
    """
    hope = np.exp(rng.normal(0.02, 0.11, (cast.count, _YEARS)))
    money = hoped * hope.repeat(12, axis=1) / np.where(cast.usd, PLAN_RATE, 1.0)[:, None]
    month = np.arange(ALL_MONTHS)
    made = np.maximum(_MADE[month // 12], joined_on(cast)[:, None])
    own_year = month_of(made) // 12 == month // 12
    begun = ~own_year | (month // 3 > month_of(made) // 3)
    planned = (cast.left[:, None] > month_of(made)) & begun & (month_of(made) <= month_of(np.array([AS_OF])))
    names = np.array([f"FY{2023 + year}" for year in range(_YEARS)], dtype=object)
    yearly = _version(cast, np.where(planned, money, 0), mix, names[month // 12], made)
    frame = pd.concat([yearly, *_redone(rng, cast, money, mix)], ignore_index=True)
    return frame.sort_values(["made_on", "partner_id", "month", "line"], kind="stable", ignore_index=True)


def _redone(rng: Generator, cast: Cast, money: Array, mix: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was planned anew in the middle of 2026, and the drafts for 2027."""
    month = np.arange(ALL_MONTHS)
    revised = (rng.random(cast.count) < 0.3) & (cast.left > PAST_MONTHS) & (cast.joined < 36)
    bold = (rng.random(cast.count) < 0.15) & (cast.left > PAST_MONTHS)
    bold[cast.active[0]] = True
    half = money * rng.uniform(0.85, 1.08, (cast.count, 1)) * (revised[:, None] & (month // 6 == 7))
    stretch = money * 1.2 * (bold[:, None] & (month // 12 == 4))

    def version(amounts: Array, name: str, day: np.datetime64) -> pd.DataFrame:
        return _version(cast, amounts, mix, np.full(ALL_MONTHS, name, object), np.full(amounts.shape, day))

    redone = version(half, "FY2026 mid-year", _MID_YEAR)
    return redone, version(stretch, "FY2027 stretch", _STRETCH).assign(status="draft")


def _version(cast: Cast, money: Array, mix: Array, version: Array, made: Array) -> pd.DataFrame:
    by_line = money[:, :, None] * mix
    partner, month, line = np.nonzero(by_line > 4)
    revenue = cents(by_line[partner, month, line], step=10)
    size = len(partner)
    return pd.DataFrame(
        {
            "month": month_start(month),
            "target_revenue": revenue,
            "partner_id": cast.partner_id[partner],
            "manager_id": np.full(size, None),
            "salesperson_id": np.full(size, None),
            "line": name_of(LINE_NAMES, line),
            "target_profit": np.round(revenue * 0.36).astype(np.int64),
            "version": version[month],
            "made_on": made[partner, month],
            "made_by": np.where(cast.manager[partner] >= 0, "channel manager", "head of channel"),
            "status": "committed",
            "currency": currency_of(cast.usd[partner]),
        }
    )


def forecasts(rng: Generator, cast: Cast, flow: Array, mix: Array) -> pd.DataFrame:
    """What each partner foretold for the three months of a quarter, shortly before it began.

    A quarter of the partners foretell line by line, the others in one sum; each leans its own way.
    """
    quarter = np.arange(5, PAST_MONTHS // 3 + 1)
    day = month_start(3 * quarter) - 2
    partner, at, ahead = (one.ravel() for one in np.indices((cast.count, len(quarter), 3)))
    month = 3 * quarter[at] + ahead
    lean = np.exp(rng.normal(0.03, 0.12, cast.count))[partner]
    amount = flow[partner, month] * lean * np.exp(rng.normal(0, 0.08 + 0.05 * ahead))
    amount = amount / np.where(cast.usd, PLAN_RATE, 1.0)[partner]
    by_line = rng.random(cast.count) < 0.25
    share = np.where(by_line[partner][:, None], mix[partner, month], 0.0)
    share = np.concatenate([share, 1.0 - by_line[partner][:, None]], axis=1)
    row, line = np.nonzero(share * amount[:, None] > 4)
    partner, at, month = partner[row], at[row], month[row]
    frame = pd.DataFrame(
        {
            "as_of": day[at],
            "partner_id": cast.partner_id[partner],
            "month": month_start(month),
            "amount": cents(amount[row] * share[row, line], step=10),
            "line": name_of((*LINE_NAMES, ""), line),
            "made_by": np.where(lean[row] > 1.05, "partner", "channel manager"),
            "currency": currency_of(cast.usd[partner]),
        }
    )
    frame["line"] = frame["line"].where(line < len(LINE_NAMES), None)
    known = (frame["as_of"] >= joined_on(cast)[partner]) & (frame["as_of"] <= AS_OF)
    kept = known & (month < cast.left[partner])
    return frame.iloc[np.flatnonzero(kept)].sort_values(
        ["as_of", "partner_id", "month"], kind="stable", ignore_index=True
    )
