"""What goes with revenue: discount, rebate, MDF, resale, cost and cost to serve of each unit, and how it grows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from channelnb.planning.business.history import PER_MILLE, YEAR, Floats, History, even_handed, over
from channelnb.planning.business.season import CHANNEL, CHANNEL_LINE, PARTNER
from channelnb.planning.business.season import OWN as LINE

FEWEST_SALES = 6
"""Sales of the last twelve months that a rate of a partner, or of one of its lines, must rest on."""
NONE = "none"
"""Where a rate comes from that the vendor's data do not tell."""

STRENGTH, DAMPING, STEEPEST = 120, 0.5, 0.5
"""Sales a year with which a partner's own trend weighs as much as its channel's, the part of a trend that is expected
to go on into the next year, and the most that is foretold."""

_OF_SALES = {
    "discount": "discounted",
    "rebate": "revenue",
    "resale_revenue": "resold",
    "cost": "costed",
}
"""Amounts told sale by sale, and the revenue that each is set against."""
_OF_FIRMS = ("incentives", "mdf", "cost_to_serve")


def rates(history: History, *, min_firms: int) -> pd.DataFrame:
    """What goes with one unit of revenue, by partner and line, one row each, over the last twelve months.

    Of each amount there is a `_rate` (a share of revenue, 1.2 where the partner resells at a fifth more) and a `_from`:
    the partner in this line where that has `FEWEST_SALES`, else the partner in all lines, else all partners in this
    line, else in all lines, if they are `min_firms` or more; what is paid or spent by partner has no line. What the
    vendor's data do not tell is NaN, from ``none``. A resale price is never taken from others.
    """
    enough = history.by_line("sales") >= FEWEST_SALES
    enough_in_all = history.by_line("sales").sum(axis=1, keepdims=True) >= FEWEST_SALES
    revenue = history.by_line("revenue").sum(axis=1, keepdims=True)
    found: dict[str, pd.Series] = {}
    for name, base in _OF_SALES.items():
        above, below = history.by_line(name), history.by_line(base)
        firm = [np.where(enough, over(above, below), np.nan), np.where(enough_in_all, _in_all(above, below), np.nan)]
        pooled = [] if name == "resale_revenue" else _pooled(history, above, below, min_firms=min_firms)
        levels = dict(zip((LINE, PARTNER, CHANNEL_LINE, CHANNEL), [*firm, *pooled], strict=False))
        found |= _first_known(name, levels if name in history.told else {}, enough.shape)
    for name in _OF_FIRMS:
        above = history.by_partner(name)[:, None]
        levels = {PARTNER: np.where(enough_in_all, over(above, revenue), np.nan)}
        levels[CHANNEL] = _pooled(history, above, revenue, min_firms=min_firms)[1]
        found |= _first_known(name, levels if name in history.told else {}, enough.shape)
    return pd.DataFrame(found)


def _in_all(above: Floats, below: Floats) -> Floats:
    return over(above.sum(axis=1, keepdims=True), below.sum(axis=1, keepdims=True))


def _pooled(history: History, above: Floats, below: Floats, *, min_firms: int) -> tuple[Floats, Floats]:
    """The ratio of the sums over firms, by line and in all, per mille; NaN where firms of too few owners have any."""
    above_in_all, below_in_all = (one.sum(axis=1, keepdims=True) for one in (above, below))
    return _ratio(history, above, below, min_firms), _ratio(history, above_in_all, below_in_all, min_firms)


def _ratio(history: History, above: Floats, below: Floats, min_firms: int) -> Floats:
    factor = even_handed(np.maximum(below, 0.0), history.owner)
    ratio = over(*((one * factor).sum(axis=0, keepdims=True) for one in (above, below))).round(PER_MILLE)
    told: Floats = np.where(history.owners_among(below > 0) >= min_firms, ratio, np.nan)
    return told


def _first_known(name: str, levels: Mapping[str, Floats], shape: tuple[int, ...]) -> dict[str, pd.Series]:
    rate, source = np.full(shape, np.nan), np.full(shape, NONE, dtype=object)
    for level, values in levels.items():
        taken = np.isnan(rate) & ~np.isnan(np.broadcast_to(values, shape))
        rate, source[taken] = np.where(taken, values, rate), level
    return {f"{name}_rate": pd.Series(rate.ravel()), f"{name}_from": pd.Series(source.ravel(), dtype="str")}


def growth(history: History, *, min_firms: int) -> pd.DataFrame:
    """How a line may be expected to grow, by partner and line, one row each: in a year, and in years after it.

    The trend is the partner's last twelve months over the twelve before, drawn to its channel's in that line as if
    `STRENGTH` sales a year had followed that, on the scale of logarithms; the channel's is of firms with two full
    years of the line, those that sold no more of it too. `growth` is what is left of the trend once damped, as
    trends that are followed in full overshoot; `growth_later` that of the channel's alone, damped twice. Neither is
    more than `STEEPEST` up or down. A partner without two full years of the line has the channel's trend.
    `growth_from` says which: line, channel_line, channel, or none where neither tells, and both are then 0.

    Source: Gardner and McKenzie, Forecasting Trends in Time Series, Management Science, 1985 (damped trend).
    """
    now, before = history.by_line("revenue"), history.by_line("revenue", newest=YEAR)
    cases = np.minimum(history.by_line("sales"), history.by_line("sales", newest=YEAR))
    # Of a line that has just started a year on the year tells of the start, not of what comes after.
    known = (before > 0) & (history.begun >= 2 * YEAR)
    own = np.where(known, _log(over(now, before)), np.nan)
    alike = [np.where(known, one, 0.0) for one in (now, before)]
    by_line, whole = (_log(one) for one in _pooled(history, *alike, min_firms=min_firms))
    pooled = np.broadcast_to(np.where(np.isnan(by_line), whole, by_line), now.shape)
    later = np.nan_to_num(pooled)
    weight = np.where(np.isnan(own), 0.0, cases.clip(0) / (cases.clip(0) + STRENGTH))
    first = np.exp(DAMPING * (weight * np.nan_to_num(own) + (1 - weight) * later)) - 1
    source = np.where(np.isnan(by_line), np.where(np.isnan(whole), NONE, CHANNEL), CHANNEL_LINE)
    source = np.where(weight > 0, LINE, np.broadcast_to(source, now.shape))
    figures = {"growth": first, "growth_later": np.exp(DAMPING**2 * later) - 1}
    return pd.DataFrame(
        {name: np.clip(values, -STEEPEST, STEEPEST).ravel() for name, values in figures.items()}
    ).assign(growth_from=pd.Series(source.ravel(), dtype="str"))


def _log(ratio: Floats) -> Floats:
    result: Floats = np.log(ratio, out=np.full(ratio.shape, np.nan), where=ratio > 0)
    return result
