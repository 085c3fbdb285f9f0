"""What the partner's people were found to know, on a page."""

from __future__ import annotations

from html import escape

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.figures import Markup
from channelnb.narrative.sentence import counted
from channelnb.report.blocks import folded, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import names_of
from channelnb.slice import Slice

FEW = 5
"""How many people are shown as they are; the table of more is folded."""

_COLUMNS = {"strengths": "Strong in", "weaknesses": "Weak in", "next_steps": "To learn next"}
_FIXED = "\N{NO-BREAK SPACE}"
_HOW = "Each area is scored from 0 to 100, and told of where it is 5 points above or below everybody who was assessed."


def knowledge(partner: Slice) -> Shown:
    """Strengths, weaknesses and next steps of each person who was assessed; nothing where nobody was.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> told = {"strengths": "the product (90)", "weaknesses": "", "next_steps": "", "compared": 6, "assessed": 6}
    >>> people = pd.DataFrame({"salesperson_id": ["S1"], "name": ["Ann"]})
    >>> frames = {"knowledge": pd.DataFrame([{"salesperson_id": "S1"} | told]), "people": people}
    >>> knowledge(Slice(about, "v1", "internal", "P1", frames)).text.splitlines()[1]
    'Ann\\tthe product (90)\\t–\\t–'
    """
    names = names_of(partner.frames["people"])
    rows = [
        {"person": names.get(row["salesperson_id"], row["salesperson_id"])}
        | {column: _lines(row[column]) for column in _COLUMNS}
        for row in records(partner.frames["knowledge"])
    ]
    if not rows:
        return together([])
    formats = {"person": ColumnFormat("Person")} | {name: ColumnFormat(label) for name, label in _COLUMNS.items()}
    shown = together([table(pd.DataFrame(rows), id="knowledge", columns=formats), paragraph(_HOW)])
    return shown if len(rows) <= FEW else folded(f"{counted(len(rows), 'person', 'people')} were assessed", shown)


def _lines(told: str) -> Markup:
    lines = told.splitlines() or ["\N{EN DASH}"]
    return Markup("<br>".join(escape(line).replace(" (", f"{_FIXED}(") for line in lines), "; ".join(lines))
