"""What a review cannot say for want of data, and what each table that is missing would tell."""

from __future__ import annotations

import pandas as pd

from channelnb.book.tables import CONTRACT
from channelnb.narrative.sentence import gist
from channelnb.report.opening import topics
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative
from channelnb.slice import Slice


def missing(partner: Slice) -> Shown:
    """What cannot be said of the partner, and the tables that the source does not give; nothing where all is there.

    One row of the table is a table of the contract, with what it would unlock.
    """
    unsaid = gist(said for sentences in topics(partner).values() for said in sentences if said.lacking)
    parts = [narrative(unsaid, partner.about.currency)] if unsaid else []
    absent = [CONTRACT[name] for name in partner.about.absent.split(", ") if name in CONTRACT]
    if absent:
        rows = pd.DataFrame({"table": [one.name for one in absent], "unlocks": [one.unlocks for one in absent]})
        formats = {"table": ColumnFormat("Not in the data"), "unlocks": ColumnFormat("What it would tell")}
        parts.append(table(rows, id="missing", columns=formats, caption="What the vendor's data do not hold"))
    return together(parts)
