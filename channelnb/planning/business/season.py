"""The share of a year that each month holds, by line: a partner's own where it has enough, else its channel's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from channelnb.planning.business.history import PER_MILLE, YEAR, Floats, History, even_handed, over
from channelnb.planning.business.plan import SEASON

OWN, CHANNEL_LINE, CHANNEL, PARTNER, EVEN = "line", "channel_line", "channel", "partner", "even"
"""Where a share comes from: the partner in this line, all partners in it or in all lines, the partner, nowhere."""

FEWEST_YEARS, MOST_YEARS, FEWEST_SALES = 2, 3, 24
"""Full years and sales that a partner must have for a season of its own, and the years that are looked at."""
STRENGTH = 240
"""Sales of its own with which a partner's season weighs as much as the channel's: twenty in each calendar month."""


def seasons(history: History, *, min_firms: int) -> pd.DataFrame:
    """The season of every partner in every line, one row each: the shares of the twelve months, which add up to 1.

    Each partner counts with its full years of a line, at most the last three and not the one in which it started the
    line, and each year by its revenue; a calendar month
    in which more was returned than sold counts as nothing. A partner with two full years and `FEWEST_SALES` in a line
    has a season of its own, drawn to the channel's in that line as if `STRENGTH` sales had followed that; any other
    has the channel's, or where fewer than `min_firms` are in it, that of all its own lines. `season_from` says which:
    line, channel_line, channel, partner, or even, where nobody's full year is known.

    Source: ratio to total, as in Hyndman and Athanasopoulos, Forecasting: Principles and Practice; drawn to the
    channel's as the mean of a Dirichlet distribution is, once sales have been seen.
    """
    # The year in which a line was started tells how it grew, not of its season.
    years = np.clip((history.begun - YEAR * history.started) // YEAR, 0, MOST_YEARS)
    money = _by_calendar_month(history, "revenue", years)
    sales = _by_calendar_month(history, "sales", years).sum(axis=2)
    long_known = years.max(axis=0, initial=0) >= FEWEST_YEARS
    by_line = np.where(long_known[:, None], _pooled(history, money, min_firms=min_firms), np.nan)
    whole = money.sum(axis=1)
    channel = _pooled(history, whole[:, None, :], min_firms=min_firms)
    enough = (years >= FEWEST_YEARS) & (sales >= FEWEST_SALES)
    found = {
        OWN: np.where(
            enough[:, :, None], _drawn(_shares(money), np.where(np.isnan(by_line), channel, by_line), sales), np.nan
        ),
        CHANNEL_LINE: by_line,
        CHANNEL: channel,
        PARTNER: np.where((sales.sum(axis=1) >= FEWEST_SALES)[:, None], _shares(whole), np.nan)[:, None, :],
        EVEN: np.full((1, 1, YEAR), 1 / YEAR),
    }
    return _first_known(history, found)


def _by_calendar_month(history: History, name: str, years: Floats) -> Floats:
    """An amount by partner, line and calendar month, over the full years of each, or nothing."""
    rows, (partners, lines) = history.sold, years.shape
    partner, line, ago = (rows[key].to_numpy() for key in ("partner", "line", "ago"))
    inside = ago < YEAR * years[partner, line]
    month = (history.last.month - 1 - ago) % YEAR
    place = ((partner * lines + line) * YEAR + month)[inside]
    sums = np.bincount(place, rows[name].to_numpy(np.float64)[inside], partners * lines * YEAR).astype(np.float64)
    return np.maximum(sums.reshape(partners, lines, YEAR), 0.0)


def _pooled(history: History, money: Floats, *, min_firms: int) -> Floats:
    """Shares of the sum over firms, per mille, for each line; NaN where firms of too few owners sold in a full year.

    The largest month takes what is lost by rounding, so that they add up to 1.
    """
    sizes = money.sum(axis=2)
    firms = history.owners_among(sizes > 0)
    whole = (money * even_handed(sizes, history.owner)[:, :, None]).sum(axis=0)
    shares = _shares(np.where((firms >= min_firms)[:, None], whole, np.nan)).round(PER_MILLE)
    largest = np.nan_to_num(shares).argmax(axis=1)
    shares[np.arange(len(shares)), largest] += 1 - shares.sum(axis=1)
    return shares.round(PER_MILLE)


def _shares(money: Floats) -> Floats:
    """Amounts by calendar month as shares of their sum; NaN where there is none."""
    return over(money, np.broadcast_to(money.sum(axis=-1, keepdims=True), money.shape))


def _drawn(own: Floats, pooled: Floats, sales: Floats) -> Floats:
    """Shares of its own drawn to those of the channel, the more the fewer sales they rest on."""
    weight = (sales / (sales + STRENGTH))[:, :, None]
    return np.where(np.isnan(pooled), own, weight * own + (1 - weight) * pooled)


def _first_known(history: History, found: Mapping[str, Floats]) -> pd.DataFrame:
    shape = (len(history.partners), len(history.lines), YEAR)
    shares, source = np.full(shape, np.nan), np.full(shape[:2], "", dtype=object)
    for name, candidate in found.items():
        open_still = np.isnan(shares[:, :, 0])
        taken = open_still & ~np.isnan(np.broadcast_to(candidate, shape)[:, :, 0])
        shares = np.where(taken[:, :, None], candidate, shares)
        source[taken] = name
    frame = pd.DataFrame(shares.reshape(-1, YEAR), columns=list(SEASON))
    return frame.assign(season_from=pd.Series(source.ravel(), dtype="str"))
