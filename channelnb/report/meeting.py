"""The meeting of a review on one page: agenda, who should be there, next targets, what else, and the next date."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.narrative import meeting as words
from channelnb.narrative.facts import TARGET
from channelnb.narrative.sentence import listed, named, say
from channelnb.planning.meeting import attendees as present
from channelnb.planning.meeting.agenda import AGENDA, AGENDA_INTERNAL, AREAS, OF_MISSED, OF_PROMISES
from channelnb.planning.meeting.meetings import MEETINGS
from channelnb.planning.meeting.targets import NEXT_TARGETS, UPDATES
from channelnb.report.blocks import Text, callout, labelled, mark, safe
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, shown_figure, spoken, text
from channelnb.slice import Slice

MOST = 8
"""How many items an agenda has at most; what weighs less is named below it."""

MOST_TO_DECIDE = 3
"""How many decisions a page's summary names."""

_GIVE_CAUSE = ("plans", "opportunities", "leads", "commitments", "certifications", "activities")
_NONE = "\N{EN DASH}"


def meeting(partner: Slice) -> Shown:
    """The meeting on one page: agenda, people, targets of the next period, other business, and the next date."""
    return together(
        [agenda(partner), attendees(partner), next_targets(partner), other_business(partner), next_date(partner)]
    )


def _items(partner: Slice) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The items of the agenda, and those that weigh too little for it.

    Promises that were missed come first, one of each side where it is for the first time; all else goes by its area.
    """
    every = pd.concat([partner.frames[AGENDA], partner.frames[AGENDA_INTERNAL]])
    # A promise that this edition does not tell of can be no item in it.
    untold = every["topic"].isin(OF_PROMISES) & ~every["about"].isin(partner.frames["promises"]["commitment_id"])
    every = every[~untold]
    every = every.sort_values(["weight", "topic", "about"], ascending=[False, True, True])
    every = every[~(every["topic"].eq("missed") & every.duplicated(["topic", "side"]))]
    # The sort is stable: by weight within what was missed, and within the rest.
    ranked = sorted(records(every), key=lambda row: row["topic"] not in OF_MISSED)
    kept = sorted(
        ranked[:MOST], key=lambda row: (row["topic"] not in OF_MISSED, AREAS.index(row["area"]), -row["weight"])
    )
    return kept, ranked[MOST:]


def agenda(partner: Slice) -> Shown:
    """The agenda: each item with why it is there, what to decide, who leads it and for how long."""
    kept, rest = _items(partner)
    if not kept:
        return callout(_no_item(partner))
    shown = pd.DataFrame([_row(partner, row) for row in kept])
    formats = {
        "item": ColumnFormat("Item"),
        "why": ColumnFormat("Why"),
        "decide": ColumnFormat("Decide whether"),
        "leads": ColumnFormat("Leads"),
        "minutes": ColumnFormat("Minutes", "count"),
    }
    listing = table(shown, id="agenda", columns=formats, caption="Agenda")
    titles = dict.fromkeys(_words(partner, row).title for row in rest)
    said = words.length(sum(int(row["minutes"]) for row in kept), partner.about.period, list(titles))
    return together([listing, narrative(said, partner.about.currency)])


def decisions(partner: Slice) -> Shown:
    """What there is to decide: of the gravest items of the agenda, one of a kind; nothing with a partner that left.

    As on the agenda, what was missed comes first.
    """
    if partner.partner.get("left_on"):
        return Shown("")
    items = _items(partner)[0]
    gravest = sorted(items, key=lambda row: (row["topic"] not in OF_MISSED, -row["weight"]))
    of_a_kind = {row["topic"]: row for row in reversed(gravest)}
    kept = [row for row in gravest if of_a_kind[row["topic"]] is row][:MOST_TO_DECIDE]
    said = [words.to_decide(_words(partner, row)) for row in kept]
    said += words.more(len(items) - len(kept), partner.about.period)
    return labelled("To decide", narrative(said, partner.about.currency)) if kept else Shown("")


def _no_item(partner: Slice) -> str:
    lacking = [name for name in _GIVE_CAUSE if name in partner.about.absent.split(", ")]
    more = f"; {listed(lacking)} would tell of more" if lacking else ""
    return f"Nothing in the vendor's data calls for an item on the agenda{more}."


def _words(partner: Slice, row: dict[str, Any]) -> words.Item:
    promises = {str(one["commitment_id"]): one for one in records(partner.frames["promises"])}
    return words.item(row, partner.facts, partner.about.period, promises)


def _row(partner: Slice, row: dict[str, Any]) -> dict[str, Text]:
    found, currency = _words(partner, row), partner.about.currency
    area = str(row["area"])
    title = f"{area[:1].upper()}{area[1:]}: {found.title[:1].lower()}{found.title[1:]}"
    return {
        "item": title,
        "why": spoken(found.why, currency),
        "decide": spoken(found.decide, currency),
        "leads": _leader(partner, str(row["side"]), str(row["area"])),
        "minutes": row["minutes"],
    }


def _leader(partner: Slice, side: str, area: str) -> str:
    contacts = partner.frames["contacts"]
    person = present.lead_of(contacts, side=side, area=area) if "side" in contacts else None
    return f"{person[1]}, {side}" if person else f"The {side}"


def attendees(partner: Slice) -> Shown:
    """Who should attend, by role from both sides, and for what a side has nobody on record."""
    contacts = partner.frames["contacts"]
    if "side" not in contacts:
        return callout("Who should attend cannot be said: the vendor's data hold no contacts.")
    found = present.attendees(contacts, ((str(row["side"]), str(row["area"])) for row in _items(partner)[0]))
    there = [row for row in records(found) if row["name"]]
    nobody = narrative(words.on_nobody(row for row in records(found) if not row["name"]), partner.about.currency)
    if not there:
        return nobody
    rows = pd.DataFrame(
        {
            "side": [str(row["side"]).capitalize() for row in there],
            "name": [row["name"] for row in there],
            "role": [row["role"] for row in there],
            "areas": [_for(row) for row in there],
        }
    )
    formats = {
        "side": ColumnFormat("Side"),
        "name": ColumnFormat("Who"),
        "role": ColumnFormat("Role"),
        "areas": ColumnFormat("For"),
    }
    return together([table(rows, id="attendees", columns=formats, caption="Who should attend"), nobody])


def _for(row: dict[str, Any]) -> str:
    """The areas of a person, and those in which they stand in for somebody whom nobody has on record."""
    own = words.areas_text(str(row["areas"]))
    stood_in = f"{row['for_nobody']} (standing in)" if row["for_nobody"] else ""
    return "; ".join(part for part in (own, stood_in) if part)


def next_targets(partner: Slice) -> Shown:
    """The targets of the next period that the run names, with how far along it is; nothing where it names none."""
    frame, facts, currency = partner.frames[NEXT_TARGETS], partner.facts, partner.about.currency
    if frame.empty:
        return Shown("")
    period, after = partner.about.period, str(frame["period"].iloc[0])

    def cell(name: str, when: str, unit: str, role: str = "actual") -> Text:
        fact = facts.of(words.NEXT_TARGET, when, role=role, unit=unit, target=name)
        return shown_figure(fact, currency) if fact.known else _NONE

    rows = pd.DataFrame(
        {
            "target": words.target_label(row["target"]),
            "value": cell(row["target"], after, row["unit"], TARGET),
            "reached": cell(row["target"], period, row["unit"]),
            "in_place": cell(row["target"], after, row["unit"], words.IN_PLACE),
            "funds": _funds(partner, row, after),
        }
        for row in records(frame)
    )
    formats = {
        "target": ColumnFormat("Target"),
        "value": ColumnFormat(f"To reach in {after}", "number"),
        "reached": ColumnFormat(f"Reached in {period}", "number"),
        "in_place": ColumnFormat(f"In place for {after}", "number"),
        "funds": ColumnFormat("Remark"),
    }
    if not frame["funds_open"].notna().any():
        del formats["funds"]
        rows = rows.drop(columns="funds")
    return table(rows, id="next-targets", columns=formats, caption=f"Targets of {after}")


def _funds(partner: Slice, row: dict[str, Any], after: str) -> Text:
    """The development funds that are open for a target, flagged where they are less than it asks for."""
    said = words.funds_open(partner.facts, after, str(row["target"]))
    if said is None:
        return ""
    shown = spoken(said, partner.about.currency)
    if row["funds_open"] >= row["value"]:
        return shown
    short = mark(shown, arrow="down", tone="bad")
    return Shown(short.html, shown.facts, short.text)


def other_business(partner: Slice) -> Shown:
    """What the vendor has to tell, and remarks for the review as any other business; nothing where there are none."""
    told = [str(row["text"]) for row in records(partner.frames[UPDATES])]
    notes = partner.frames["notes"]
    notes = notes[notes["quarter"].eq(partner.quarter)] if "quarter" in notes else notes.head(0)
    remarks = [f"{text(row['author'], 'unnamed')}: {row['text']}" for row in records(notes)]
    parts = []
    for heading, items in (("From the vendor", told), ("Any other business", remarks)):
        if items:
            head = Shown(f"<h3>{safe(heading)}</h3>", text=heading)
            parts += [head, narrative([say(named(item)) for item in items], partner.about.currency)]
    return together(parts)


def next_date(partner: Slice) -> Shown:
    """When this review and the next one are."""
    said = words.dates(partner.frames[MEETINGS])
    return labelled("Dates", narrative(said, partner.about.currency)) if said else Shown("")
