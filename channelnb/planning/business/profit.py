"""What a plan, or a past year, leaves to the vendor and to the partner: two formulas over one table of amounts."""

from __future__ import annotations

import pandas as pd

from channelnb.errors import ColumnsMissing

PAID_TO_PARTNER = ("rebate", "incentives", "mdf")
"""What the vendor pays to the partner beside the price: taken from the one's profit, added to the other's."""


def vendor_profit(amounts: pd.DataFrame) -> pd.Series:
    """What is left to the vendor: revenue less goods, rebates, incentives, MDF, and cost to serve.

    Needs revenue and cost, in one currency; rebate, incentives, mdf and cost_to_serve are taken off where known, and
    one that is missing counts as nothing, so whoever shows the figure must say which. One value of the result is a
    row's profit in that currency, NaN where its cost is not known. Raises ColumnsMissing without revenue or cost.
    Over a past period it is the metric `contribution`.

    Source: contribution margin, as in Horngren, Datar and Rajan, Cost Accounting.

    >>> year = {"revenue": [100.0], "cost": [60.0], "rebate": [5.0], "mdf": [4.0], "cost_to_serve": [8.0]}
    >>> vendor_profit(pd.DataFrame(year)).tolist()
    [23.0]
    """
    _check(amounts, "revenue", "cost", whose="the vendor's")
    taken_off = _known(amounts, *PAID_TO_PARTNER, "cost_to_serve")
    return amounts["revenue"] - amounts["cost"] - taken_off


def partner_profit(amounts: pd.DataFrame) -> pd.Series:
    """What is left to the partner: what it sells the goods for, less what it pays, and what the vendor pays it.

    Needs resale_revenue and revenue (what the partner pays), in one currency; rebate, incentives and mdf are added
    where known. The partner's own costs are not in it: the vendor's data do not tell of them. One value of the
    result is a row's profit in that currency, NaN where the resale revenue is not known: a partner's margin is never
    guessed. Raises ColumnsMissing without resale_revenue or revenue. Without incentives and MDF it is the metric
    `partner_profit`.

    Source: common practice in channel management (partner profitability).

    >>> year = {"resale_revenue": [130.0, None], "revenue": [100.0, 50.0], "rebate": [2.0, 5.0], "mdf": [3.0, 0.0]}
    >>> partner_profit(pd.DataFrame(year)).tolist()
    [35.0, nan]
    """
    _check(amounts, "resale_revenue", "revenue", whose="the partner's")
    return amounts["resale_revenue"] - amounts["revenue"] + _known(amounts, *PAID_TO_PARTNER)


def _known(amounts: pd.DataFrame, *names: str) -> pd.Series:
    """The sum of those of some columns that are there, a blank as nothing."""
    return amounts[[name for name in names if name in amounts]].fillna(0.0).sum(axis=1)


def _check(amounts: pd.DataFrame, *needed: str, whose: str) -> None:
    if absent := [name for name in needed if name not in amounts]:
        raise ColumnsMissing(
            f"the amounts lack {absent}; they have {list(amounts.columns)}. {whose.capitalize()} profit needs "
            f"{' and '.join(needed)}: give what is not known as a column of blanks."
        )
