"""The groups of firms that are alike: one fixed, nested partition per run."""

from __future__ import annotations

import numpy as np
import pandas as pd

_BANDS = ("smaller", "mid-size", "larger")
_HEADCOUNTS = {1: "1–9 employees", 10: "10–49 employees", 50: "50–249 employees", 250: "250 employees or more"}


def size_bands(revenue: pd.Series) -> pd.Series:
    """A band by thirds of yearly revenue; firms without any revenue have a band of their own.

    Needs yearly revenue by partner. One row of the result is a partner's band.

    >>> list(size_bands(pd.Series([0.0, 1.0, 2.0, 3.0])))
    ['no revenue', 'smaller', 'mid-size', 'larger']
    """
    selling = revenue[revenue > 0]
    bands = pd.Series("no revenue", index=revenue.index)
    if len(selling):
        third = np.ceil(selling.rank(method="first") / len(selling) * 3).astype(int) - 1
        bands.loc[selling.index] = pd.Series([_BANDS[i] for i in third], index=selling.index)
    return bands


def headcount_bands(employees: pd.Series) -> pd.Series:
    """A band by the number of people employed; none where that is not known.

    >>> list(headcount_bands(pd.Series([9, 10, 249, 250, None])).fillna("–"))
    ['1–9 employees', '10–49 employees', '50–249 employees', '250 employees or more', '–']
    """
    edges = [*_HEADCOUNTS, np.inf]
    bands = pd.cut(employees.astype("Float64").astype("float64"), edges, right=False, labels=list(_HEADCOUNTS.values()))
    return bands.astype("str")


def levels(partners: pd.DataFrame, revenue: pd.Series) -> pd.DataFrame:
    """The nested partition: one row per partner, with its group at each level, narrowest first.

    Needs the partners table and yearly revenue by partner_id.

    >>> partners = pd.DataFrame({"partner_id": ["P1"], "channel": ["reseller"]})
    >>> levels(partners, pd.Series([5.0], index=["P1"])).loc["P1", "narrow"]
    'reseller, larger'
    """
    channel = partners.set_index("partner_id")["channel"].astype(str)
    band = size_bands(revenue.reindex(channel.index).fillna(0.0))
    return pd.DataFrame({"narrow": channel + ", " + band, "channel": channel, "all": "all partners"})


def headcount_levels(partners: pd.DataFrame) -> pd.DataFrame:
    """The nested partition for what is measured per head: it is widened across channels, never across sizes.

    Needs the partners table; one row per partner, as of `levels`. A firm whose headcount is not known has no group.

    >>> partners = pd.DataFrame({"partner_id": ["P1"], "channel": ["reseller"], "employees": [12]})
    >>> headcount_levels(partners).loc["P1"].tolist()
    ['reseller, 10–49 employees', '10–49 employees']
    """
    firms = partners.set_index("partner_id")
    employees = firms["employees"] if "employees" in firms else pd.Series(np.nan, index=firms.index)
    band = headcount_bands(employees)
    return pd.DataFrame({"narrow": firms["channel"].astype(str) + ", " + band, "band": band})


def owners_of(partners: pd.DataFrame) -> pd.Series:
    """Whose each firm is, by partner_id: the top of its group, or its own where the partners table names no groups.

    >>> owners_of(pd.DataFrame({"partner_id": ["P1", "P2"], "group_id": ["P1", "P1"]})).tolist()
    ['P1', 'P1']
    """
    firms = partners.set_index("partner_id", drop=False)
    return firms["group_id" if "group_id" in firms else "partner_id"]
