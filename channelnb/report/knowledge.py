"""What the partner's people were found to know, on a page."""

from __future__ import annotations

from html import escape

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import Markup
from channelnb.narrative.knowledge import AVERAGE, KNOWLEDGE
from channelnb.narrative.sentence import defined, number_of
from channelnb.report.blocks import folded, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import names_of, told
from channelnb.slice import Slice

FEW = 5
"""How many people are shown as they are; the table of more is folded."""

_COLUMNS = {"strengths": "Strong in", "weaknesses": "Weak in", "next_steps": "To learn next"}
_FIXED = "\N{NO-BREAK SPACE}"
_HOW = "Each area is scored from 0 to 100, and told of where it is 5 points above or below everybody who was assessed."


def knowledge(partner: Slice) -> Shown:
    """Strengths, weaknesses and next steps of each person who was assessed; one line where nobody was.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> knowledge(Slice(about, "v1", "internal", "P1", {"knowledge": pd.DataFrame()})).text
    'Nothing is on record of what its people know.'
    """
    assessed = records(partner.frames["knowledge"])
    if not assessed:
        return paragraph("Nothing is on record of what its people know.")
    names = names_of(partner.frames["people"], edition=partner.edition)
    rows = [
        {"person": names.get(row["salesperson_id"], row["salesperson_id"])}
        | {column: _lines(row[column]) for column in _COLUMNS}
        for row in assessed
    ]
    formats = {"person": ColumnFormat("Person")} | {name: ColumnFormat(label) for name, label in _COLUMNS.items()}
    stated = [fact for row in assessed for fact in _facts(partner, str(row["salesperson_id"]))]
    shown = together(
        [table(pd.DataFrame(rows), id="knowledge", columns=formats, facts=stated), paragraph(defined(_HOW))]
    )
    many = number_of(Fact("people_assessed", partner.about.period, float(len(rows)), "count"), "person", "people")
    return shown if len(rows) <= FEW else folded(told(many, " were assessed"), shown)


def _facts(partner: Slice, person: str) -> list[Fact]:
    """What the words on a person state: each area's score and the average that it is held against."""
    areas, facts, period = partner.frames["knowledge_areas"], partner.facts, partner.about.period
    of_person = areas.loc[areas["salesperson_id"].eq(person), "area"]
    scores = [facts.of(KNOWLEDGE, period, unit="score", area=area, salesperson_id=person) for area in of_person]
    return [*scores, *(facts.of(KNOWLEDGE, period, role=AVERAGE, unit="score", area=area) for area in of_person)]


def _lines(told: str) -> Markup:
    lines = told.splitlines() or ["\N{EN DASH}"]
    return Markup("<br>".join(escape(line).replace(" (", f"{_FIXED}(") for line in lines), "; ".join(lines))
