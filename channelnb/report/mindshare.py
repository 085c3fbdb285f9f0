"""How much of its attention the partner gives the vendor, on a page: the firm as a whole, and each salesperson."""

from __future__ import annotations

import pandas as pd

from channelnb.metrics.keys import NONE
from channelnb.metrics.known import KNOWN
from channelnb.metrics.mindshare import MINDSHARE
from channelnb.narrative.facts import Fact
from channelnb.report.blocks import callout, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import metric_fact, names_of, shown_figure
from channelnb.slice import Slice

_HOW = (
    "Of a salesperson count the events, and the closing calls, at which nobody else of the partner was; so the people "
    "need not add up to the firm."
)


def mindshare(partner: Slice) -> Shown:
    """Customers brought to events, requests for executives, and the share of its deals that hold the vendor's goods.

    One row is the firm, then one each salesperson of whom there is a figure other than nil; one line where there is
    no figure at all.
    """
    period, currency = partner.about.period, partner.about.currency
    firm = [metric_fact(partner.facts, KNOWN[name], period) for name in MINDSHARE]
    if not any(fact.value is not None for fact in firm):
        return callout(f"How much of its attention the vendor has in {period} cannot be said: there are no such data.")
    people = [(name, figures) for name, figures in _people(partner) if any(fact.value for fact in figures)]
    rows = [_row(who, figures, currency) for who, figures in [(partner.name, firm), *people]]
    formats = {"who": ColumnFormat("Who")} | {name: ColumnFormat(KNOWN[name].label, "number") for name in MINDSHARE}
    shown = table(pd.DataFrame(rows), id="mindshare", columns=formats, caption=f"Mindshare in {period}")
    return together([shown, *([paragraph(_HOW)] if people else [])])


def _row(who: str, figures: list[Fact], currency: str) -> dict[str, Shown | str]:
    cells = zip(MINDSHARE, figures, strict=True)
    told = {name: "\N{EN DASH}" if fact.value is None else shown_figure(fact, currency) for name, fact in cells}
    return {"who": who} | told


def _people(partner: Slice) -> list[tuple[str, list[Fact]]]:
    """Each salesperson by name, and the figures."""
    facts, period, frame = partner.facts, partner.about.period, partner.frames["partner_person"]
    names = names_of(partner.frames["people"], edition=partner.edition)
    here = frame["metric"].isin(MINDSHARE) & frame["period"].eq(period) & frame["salesperson_id"].ne(NONE)
    return [
        (names.get(one, one), [metric_fact(facts, KNOWN[name], period, salesperson_id=one) for name in MINDSHARE])
        for one in sorted(set(frame.loc[here, "salesperson_id"]))
    ]
