"""Signs that the partner may be leaving, on a page of the internal edition."""

from __future__ import annotations

from channelnb.frames import records
from channelnb.narrative.leaving import signs
from channelnb.report.shown import Shown
from channelnb.report.words import narrative
from channelnb.slice import Slice


def leaving(partner: Slice) -> Shown:
    """Which signs of leaving are on, and the figures behind them; nothing of a partner that left, or in its edition.

    >>> import pandas as pd
    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> leaving(Slice(about, "v1", "partner", "P1", {"watch": pd.DataFrame()})).text
    ''
    """
    rows = records(partner.frames["watch"])
    said = signs(rows[0], partner.facts, partner.about.period) if rows else []
    return narrative(said, partner.about.currency)
