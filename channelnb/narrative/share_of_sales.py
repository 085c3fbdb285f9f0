"""The facts on the vendor's share of a partner's sales by line, and how far it is from its goal."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import CHANGE, GAP, TARGET, Fact

SHARE, MISSING = "share_of_partner_sales", "missing_revenue"
"""The metrics of the share, and of the revenue in twelve months that is missing to its goal."""


def gap_facts(gaps: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """Each line's goal, the points and the revenue missing to it, and the change of the share in a year, in points.

    Needs the partner's rows of the table ``share_gap``. A share above 100 % says that the partner told of less than it
    bought: from such a one, now or a year before, nothing is worked out.

    >>> row = {"line": "Disks", "share": 0.4, "goal": 0.5, "gap_points": 10.0, "gap_money": 20.0, "trend_points": -70.0}
    >>> [(fact.role, fact.value) for fact in gap_facts(pd.DataFrame([row]), period="2026Q3")]
    [('target', 0.5), ('gap', 10.0), ('actual', 20.0)]
    """
    for row in records(gaps):
        grain = (("line", str(row["line"])),)
        yield Fact(SHARE, period, row["goal"], "share", grain, TARGET)
        if not row["share"] <= 1:
            continue
        yield Fact(SHARE, period, row["gap_points"], "points", grain, GAP)
        yield Fact(MISSING, period, row["gap_money"], "money", grain)
        if 0 <= row["share"] - row["trend_points"] / 100 <= 1:
            yield Fact(SHARE, period, row["trend_points"], "points", grain, CHANGE)
