"""The facts on what people at a partner were found to know."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import Fact, from_row

KNOWLEDGE, AVERAGE = "knowledge", "average"
"""The metric of the facts, and the role of what everybody who was assessed reaches."""


def knowledge_facts(areas: pd.DataFrame) -> Iterable[Fact]:
    """The score of each person in each area, and the average of everybody who was assessed in it.

    Needs the partner's rows of the table ``knowledge_areas``.

    >>> row = {"salesperson_id": "S1", "area": "product", "metric": "knowledge", "period": "2026Q3", "value": 42.0}
    >>> [fact.id for fact in knowledge_facts(pd.DataFrame([row | {"state": "ok", "level": 60.0}]))]
    ['knowledge|area=product,salesperson_id=S1|2026Q3|actual', 'knowledge|area=product|2026Q3|average']
    """
    for row in records(areas):
        yield from_row(row, unit="score", grain=("area", "salesperson_id"))
        yield Fact(KNOWLEDGE, str(row["period"]), row["level"], "score", (("area", str(row["area"])),), AVERAGE)
