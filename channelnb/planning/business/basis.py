"""What a partner's plan is made of: for each line its last year, trend, season, shape, size and rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from channelnb.planning.business.history import PER_CENT, YEAR, Floats, History, over
from channelnb.planning.business.plan import COST_RATES, OWN_RATES
from channelnb.planning.business.rates import NONE, growth, rates
from channelnb.planning.business.season import CHANNEL_LINE, OWN, PARTNER, seasons
from channelnb.planning.business.shapes import mature_year, shapes

FEWEST_MONTHS = 3
"""Months since the first sale from which on a line's own revenue tells how large it may become."""


def basis(history: History, categories: Mapping[str, str], *, min_firms: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What plans rest on, one row for each partner and line that anybody sold in three years, and the vendor's costs.

    The first frame is the partner's own, the second (`plan_cost_rates`) for the vendor alone; money is in the
    vendor's currency. `last_year` and `year_before` are revenue of the last twelve months and of those before, `sales`
    their number, `age` the months since the first sale (0: never sold). Shares, shapes and rates are as `seasons`,
    `shapes`, `rates` and `growth` have them. `at_maturity` is what a mature year may come to: by the partner's own
    months so far (line); else by the median share of this line among its sellers (partner); else the median seller's
    size in one digit (channel_line). Pools hold firms of `min_firms` owners or more.
    """
    season = seasons(history, min_firms=min_firms)
    shape = shapes(history, season, categories, min_firms=min_firms)
    firms, lines = len(history.partners), len(history.lines)
    figures = {
        "last_year": history.by_line("revenue"),
        "year_before": history.by_line("revenue", newest=YEAR),
        "sales": history.by_line("sales"),
        "age": history.begun,
    }
    head = pd.DataFrame({name: values.ravel() for name, values in figures.items()})
    head.insert(0, "partner_id", pd.Series(np.repeat(history.partners.to_numpy(object), lines), dtype="str"))
    head.insert(1, "line", pd.Series(np.tile(history.lines.to_numpy(object), firms), dtype="str"))
    of_line = shape.take(np.tile(np.arange(lines), firms)).reset_index(drop=True)
    size = _at_maturity(history, mature_year(history, season, shape), min_firms=min_firms)
    rate = rates(history, min_firms=min_firms)
    told = {
        names: [f"{name}{end}" for name in names for end in ("_rate", "_from")] for names in (OWN_RATES, COST_RATES)
    }
    parts = [head, growth(history, min_firms=min_firms), season, of_line, size, rate[told[OWN_RATES]]]
    costs = pd.concat([head[["partner_id", "line"]], rate[told[COST_RATES]]], axis=1)
    return pd.concat(parts, axis=1), costs


def _at_maturity(history: History, own: Floats, *, min_firms: int) -> pd.DataFrame:
    """What a mature year of each line may come to at each partner, and where that comes from."""
    own = np.where((history.begun >= FEWEST_MONTHS) & (own > 0), own, np.nan)
    firm = history.by_line("revenue").sum(axis=1, keepdims=True)
    known = history.owners_among(~np.isnan(own)) >= min_firms
    share, size = (np.where(known, _medians(one), np.nan) for one in (over(own, np.broadcast_to(firm, own.shape)), own))
    a_year_there = history.begun.max(axis=1, initial=0, keepdims=True) >= YEAR
    levels = {
        OWN: own,
        PARTNER: np.where(a_year_there & (firm > 0), share.round(PER_CENT) * firm, np.nan),
        CHANNEL_LINE: np.broadcast_to(_one_digit(size), own.shape),
    }
    value, source = np.full(own.shape, np.nan), np.full(own.shape, NONE, dtype=object)
    for name, candidate in levels.items():
        taken = np.isnan(value) & ~np.isnan(candidate)
        value, source[taken] = np.where(taken, candidate, value), name
    return pd.DataFrame({"at_maturity": value.ravel(), "maturity_from": pd.Series(source.ravel(), dtype="str")})


def _medians(columns: Floats) -> Floats:
    """The median of each column, what is not known left out; NaN where nothing is known."""
    told = [column[~np.isnan(column)] for column in columns.T]
    return np.array([np.median(column) if len(column) else np.nan for column in told], dtype=np.float64)


def _one_digit(sizes: Floats) -> Floats:
    """Sizes rounded to their first digit, so that a median of few firms tells no firm's own."""
    power = 10.0 ** np.floor(np.log10(sizes, out=np.zeros(sizes.shape), where=sizes > 0))
    return np.round(sizes / power) * power
