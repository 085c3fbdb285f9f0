"""The firms that a partner belongs with: its group, those it took over, and both tiers of what is sold through it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.narrative.facts import PRIOR, Fact
from channelnb.narrative.sentence import Piece, Sentence, in_list, named, number_of, say
from channelnb.related import DISTRIBUTOR, GROUP, MERGED, RESELLER
from channelnb.report.blocks import paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, text
from channelnb.slice import Slice


def belongs_with(partner: Slice) -> list[Sentence]:
    """Whom the partner includes and buys from, a sentence each; none where it stands alone.

    >>> from channelnb.snapshot import About
    >>> about = About("Acme", "USD", 1, "2026Q3", "2026-09-30", "", 4.0, 5)
    >>> rows = {"relation": [MERGED, DISTRIBUTOR], "name": ["Bea", "Dee"], "left_on": ["2026-05-31", None]}
    >>> told = belongs_with(Slice(about, "v1", "internal", "P1", {"related": pd.DataFrame(rows)}))
    >>> [sentence.text("USD") for sentence in told]
    ['It includes Bea (merged on 31 May 2026).', 'It buys through Dee.']
    """
    merged: list[tuple[Piece, ...]] = [
        (named(row["name"]), _day(" (merged on {})", row["left_on"])) for row in _related(partner, MERGED)
    ]
    through = [text(row["name"]) for row in _related(partner, DISTRIBUTOR)]
    said = [say("It includes ", *in_list(merged), ".")] if merged else []
    return [*said, say("It buys through ", named(through[0]), ".")] if through else said


def in_group(partner: Slice) -> list[Sentence]:
    """How many firms are of the partner's group, and what they sold together; nothing where it has no group."""
    there = sum(pd.isna(row["left_on"]) for row in _related(partner, GROUP))
    if there < 2:
        return []
    firms = number_of(Fact("firms_of_group", partner.about.period, float(there), "count"), "firm")
    if _top(partner) == partner.partner_id:
        head: tuple[Piece, ...] = (named(partner.name), " heads a group of ", firms)
    else:
        head = (named(partner.name), " is one of ", firms, " of the group of ", named(_top_name(partner)))
    whole = _of_group(partner, "revenue", "money")
    if not whole.known:
        return [say(*head, ".")]
    return [say(*head, "; together they sold ", whole, f" in {partner.about.period}.")]


def firms(partner: Slice) -> Shown:
    """Each firm of the group with its revenue, that of the year before and its attainment, and the group's."""
    group = _related(partner, GROUP)
    if not group:
        return Shown("")
    told = [(_named(partner, row), _figures(partner, partner_id=str(row["firm_id"]))) for row in group]
    told.sort(key=lambda one: -(one[1]["revenue"].value or 0.0))
    told.append(("The group", _figures(partner, group_id=_top(partner))))
    formats = {
        "firm": ColumnFormat("Firm"),
        "revenue": ColumnFormat("Revenue", "money"),
        "before": ColumnFormat("A year earlier", "money"),
        "attainment": ColumnFormat("Attainment", "share"),
    }
    if not any(figures["attainment"].known for _, figures in told):
        del formats["attainment"]
    caption = f"Firms of the group of {_top_name(partner)} in {partner.about.period}"
    rows = pd.DataFrame([{"firm": name, **figures} for name, figures in told])
    shown = table(rows, id="group", columns=formats, caption=caption, currency=partner.about.currency)
    return together([shown, *_counted_once([figures["revenue"] for _, figures in told])])


def _counted_once(revenue: list[Fact]) -> list[Shown]:
    """The remark that the group's revenue, which comes last, is not the sum of its firms', where it isn't."""
    *firms, whole = [fact.value or 0.0 for fact in revenue]
    if abs(sum(firms) - whole) < 0.005:
        return []
    return [paragraph("What one firm of the group bought from another counts once in the group's revenue.")]


def two_tiers(partner: Slice) -> Shown:
    """What a distributor bought, what its resellers reported to have sold on, and how many they are."""
    resellers = _related(partner, RESELLER)
    if not resellers:
        return Shown("")
    period, currency = partner.about.period, partner.about.currency
    number = sum(pd.isna(row["left_on"]) for row in resellers)
    many = Fact("resellers", period, float(number), "count", n=len(resellers))
    noun = "reseller buys" if number == 1 else "resellers buy"
    said = narrative([say(many, f" {noun} through ", named(partner.name), ".")], currency)
    through = {"distributor_id": partner.partner_id}
    rows = [
        {"what": what, **{name: partner.facts.of(metric, at, unit="money", **grain) for name, at in _periods(partner)}}
        for what, metric, grain in (
            ("Bought (sell-in)", "sell_in", {}),
            ("Sold on by its resellers (sell-through)", "sell_through", through),
        )
    ]
    formats = {"what": ColumnFormat("Tier")} | {name: ColumnFormat(at, "money") for name, at in _periods(partner)}
    caption = f"Both tiers in {period}"
    behind = table(pd.DataFrame(rows), id="two-tiers", columns=formats, caption=caption, currency=currency)
    return together([said, behind])


def _periods(partner: Slice) -> list[tuple[str, str]]:
    return [("now", partner.about.period), ("before", partner.year_before)]


def _figures(partner: Slice, **grain: str) -> dict[str, Fact]:
    facts, period = partner.facts, partner.about.period
    return {
        "revenue": facts.of("revenue", period, unit="money", **grain),
        "before": facts.of("revenue", period, role=PRIOR, unit="money", **grain),
        "attainment": facts.of("attainment", period, unit="share", **grain),
    }


def _of_group(partner: Slice, metric: str, unit: str) -> Fact:
    return partner.facts.of(metric, partner.about.period, unit=unit, group_id=_top(partner))


def _top(partner: Slice) -> str:
    return str(partner.partner["group_id"])


def _top_name(partner: Slice) -> str:
    """The name of the firm at the top of the group; its id where it is no partner."""
    names = {row["firm_id"]: text(row["name"]) for row in _related(partner, GROUP)}
    return names.get(_top(partner), _top(partner))


def _related(partner: Slice, relation: str) -> list[dict[str, Any]]:
    frame = partner.frames["related"]
    return records(frame[frame["relation"].eq(relation)])


def _named(partner: Slice, row: dict[str, Any]) -> str:
    this = " (this partner)" if row["firm_id"] == partner.partner_id else ""
    return f"{row['name']}{this}{_day(', left on {}', row['left_on'])}"


def _day(words: str, day: Any) -> str:
    return "" if pd.isna(day) else words.format(day_text(str(day)))
