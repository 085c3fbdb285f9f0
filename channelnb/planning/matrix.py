"""The matrix of a manager's partners: what each reached, and what it does for what comes, by its scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

ACROSS, UPWARDS = "performance", "activity"
"""The categories of the scorecard that part partners: what was reached, and what is done for the next periods.

Source: portfolios of partners are commonly parted by performance and by engagement or potential, as in the nine-box
grid; of what a scorecard holds, activity is the nearest to engagement, and its range tells how sure the place is.
"""

SECURE, GROW, DECIDE, HELP, UNDECIDED = "secure", "grow", "decide", "help", "undecided"
QUADRANTS = {(True, True): GROW, (True, False): SECURE, (False, True): HELP, (False, False): DECIDE}
"""What each quarter calls for, by whether a partner is above the border in performance, and in activity."""

FEWEST = 5
"""Of fewer partners than these, half on each side of a border says nothing."""


def borders(scores: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """The median of all partners' scores of a period, for each of the two categories, where enough have one.

    Needs the table ``scores`` of a snapshot. One row is a category: its `median` and of how many, `n`.

    >>> rows = {"period": "2026Q3", "category": "activity", "score": [50.0, 60.0, 70.0, 80.0, 90.0]}
    >>> borders(pd.DataFrame(rows), period="2026Q3").to_dict("records")
    [{'category': 'activity', 'median': 70.0, 'n': 5}]
    """
    there = scores["period"].eq(period) & scores["category"].isin([ACROSS, UPWARDS])
    found = scores[there].groupby("category")["score"].agg(["median", "count"]).rename(columns={"count": "n"})
    return found[found["n"].ge(FEWEST)].reset_index()


def placed(scores: pd.DataFrame, parted: pd.DataFrame) -> pd.DataFrame:
    """Where partners lie on the matrix; none where a border is missing.

    Needs the scores of these partners in one period, and the borders. One row is a partner that has both scores: `x`
    and `y`, each with `_low` and `_high`, the ends of what the score can be when weights move; and its `quadrant`, one
    of QUADRANTS, or UNDECIDED where either range reaches over its border, so that another weight would move it.

    >>> rows = [("P1", "performance", 90.0, 85.0, 95.0), ("P1", "activity", 70.0, 60.0, 80.0)]
    >>> scores = pd.DataFrame(rows, columns=["partner_id", "category", "score", "low", "high"])
    >>> parted = pd.DataFrame({"category": ["performance", "activity"], "median": [80.0, 50.0], "n": 9})
    >>> placed(scores, parted)[["partner_id", "x", "y", "quadrant"]].to_dict("records")
    [{'partner_id': 'P1', 'x': 90.0, 'y': 70.0, 'quadrant': 'grow'}]
    >>> placed(scores, parted.assign(median=[88.0, 50.0]))["quadrant"].tolist()
    ['undecided']
    """
    medians = parted.set_index("category")["median"]
    columns = ["partner_id", *(f"{axis}{end}" for axis in "xy" for end in ("", "_low", "_high")), "quadrant"]
    if not {ACROSS, UPWARDS} <= set(medians.index):
        return pd.DataFrame(columns=columns)
    found = _on(scores, ACROSS, "x").join(_on(scores, UPWARDS, "y"), how="inner").dropna()
    sides = {}
    for axis, category in (("x", ACROSS), ("y", UPWARDS)):
        above, below = found[f"{axis}_low"] > medians[category], found[f"{axis}_high"] < medians[category]
        sides[axis] = np.select([above, below], [1.0, 0.0], np.nan)
    named = [
        UNDECIDED if np.isnan(x) or np.isnan(y) else QUADRANTS[bool(x), bool(y)]
        for x, y in zip(sides["x"], sides["y"], strict=True)
    ]
    return found.assign(quadrant=named).reset_index()[columns]


def _on(scores: pd.DataFrame, category: str, axis: str) -> pd.DataFrame:
    rows = scores[scores["category"].eq(category)].set_index("partner_id")[["score", "low", "high"]]
    return rows.set_axis([axis, f"{axis}_low", f"{axis}_high"], axis="columns")
