"""The vendor's share of what the partner sells, on a page: by line, against the goal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.narrative.facts import CHANGE, GAP, TARGET, Fact
from channelnb.narrative.sentence import stated
from channelnb.narrative.share_of_sales import MISSING, SHARE
from channelnb.report.blocks import paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.slice import Slice

_HOW = (
    "Of the last fiscal year that was over, by what the partner said that it sold in the line in all. What is missing "
    "is what would have brought the share to its goal while that stayed as it was."
)
_COLUMNS = {
    "line": ColumnFormat("Line"),
    "share": ColumnFormat("The vendor's share", "share"),
    "goal": ColumnFormat("Goal", "share"),
    "gap": ColumnFormat("Missing to it", "points"),
    "money": ColumnFormat("Missing revenue", "money"),
    "change": ColumnFormat("Change in a year", "points"),
}


def share_of_sales(partner: Slice) -> Shown:
    """The vendor's share of each line that has a goal, what is missing to it, and the change."""
    lines = list(partner.frames["share_gap"]["line"])
    if not lines:
        return paragraph(
            "No line has both a goal for the vendor's share and a record of all that the partner sold in it."
        )
    rows = pd.DataFrame([_row(partner, line) for line in lines])
    caption = "The vendor's share of what the partner sells in all"
    shown = table(rows, id="share-of-sales", columns=_COLUMNS, caption=caption, currency=partner.about.currency)
    return together([shown, paragraph(_HOW)])


def _row(partner: Slice, line: str) -> dict[str, Any]:
    facts, period = partner.facts, partner.about.period
    gap = facts.of(SHARE, period, role=GAP, unit="points", line=line)
    money = facts.of(MISSING, period, unit="money", line=line)
    change = facts.of(SHARE, period, role=CHANGE, unit="points", line=line)
    reached = gap.value is not None and gap.value <= 0
    return {
        "line": line,
        "share": facts.of(SHARE, period, unit="share", line=line),
        "goal": facts.of(SHARE, period, role=TARGET, unit="share", line=line),
        "gap": _written(gap, "reached") if reached else gap if gap.known else None,
        "money": _written(money, "none") if reached else money if money.known else None,
        "change": change if change.known else None,
    }


def _written(fact: Fact, word: str) -> Shown:
    figure = stated(fact, word)
    return Shown(figure.html, (fact,), word)
