"""Spark lines: a row's figures period by period, small enough to stand in a cell of a table with thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from channelnb.narrative.facts import Fact
from channelnb.narrative.figures import Markup
from channelnb.report.tables import Scale

HEIGHT = 100
"""The height of a spark line in its own units; a period is one unit wide."""


def spark_line(facts: Sequence[Fact], *, scale: Scale) -> Markup:
    """A line through figures, one for each period, from nothing to the highest; it breaks where there is none.

    Its height says how a partner did beside its own best period, and nothing of how large it is. Who cannot see
    it is told the figures, on the `scale` of their column.

    >>> facts = [Fact("revenue", f"2026Q{n}", value, "money") for n, value in ((1, 50.0), (2, None), (3, 100.0))]
    >>> spark_line(facts, scale=Scale()).text
    '2026Q1 to 2026Q3: 50, none, 100'
    >>> spark_line(facts, scale=Scale()).html.split(" d=")[1]
    '"M0 50h0M2 0h0"/></svg>'
    """
    values = [fact.value for fact in facts]
    if all(value is None for value in values):
        return Markup("", "")
    told = ", ".join("none" if value is None else scale.text(value) for value in values)
    text = f"{facts[0].period} to {facts[-1].period}: {told}"
    html = (
        f'<svg viewBox="0 0 {max(len(values) - 1, 1)} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(text)}"><path d="{_path(values)}"/></svg>'
    )
    return Markup(html, text)


def _path(values: Sequence[float | None]) -> str:
    """The line in SVG's own words, with a zero as its foot, so that a fall looks as large as it is.

    >>> _path([None, 4.0, None, 2.0, 0.0]), _path([0.0, 0.0]), _path([-1.0, 3.0])
    ('M1 0h0M3 50 4 100', 'M0 100 1 100', 'M0 100 1 0')
    """
    known = [value for value in values if value is not None]
    low, high = min(0.0, *known), max(0.0, *known)
    strokes: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            strokes.append([])
            continue
        share = (value - low) / (high - low) if high > low else 0.0
        strokes[-1].append(f"{place} {round(HEIGHT * (1 - share))}")
    # A period without neighbours would be a line of no length: drawn to where it is, it is a dot.
    return "".join(f"M{' '.join(points)}{'h0' if len(points) == 1 else ''}" for points in strokes if points)
