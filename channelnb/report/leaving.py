"""Signs that the partner may be leaving, on a page of the internal edition."""

from __future__ import annotations

from channelnb.frames import records
from channelnb.narrative.leaving import signs
from channelnb.narrative.sentence import named
from channelnb.report.blocks import paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.words import narrative, told
from channelnb.slice import PARTNER, Slice


def leaving(partner: Slice) -> Shown:
    """Which signs of leaving are on, and the figures behind them; nothing at all in the partner's own edition.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> leaving(Slice(about, "v1", "partner", "P1", {})).html
    ''
    """
    if partner.edition == PARTNER:
        return together([])
    rows = records(partner.frames["watch"])
    if not rows:
        return paragraph(told(named(partner.name), " has left, so it is not watched for signs of leaving."))
    return narrative(signs(rows[0], partner.facts, partner.about.period), partner.about.currency)
