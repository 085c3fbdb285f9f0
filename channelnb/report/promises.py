"""Promises on a page: what became of those of either side, the vendor first, and what is proposed next."""

from __future__ import annotations

from typing import Any

import pandas as pd

from channelnb.fiscal import day_text, is_month
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import promises as words
from channelnb.narrative.facts import TARGET, Fact
from channelnb.narrative.figures import STATE_WORDS, Markup
from channelnb.narrative.promises import BASELINE, COST, GAIN, MISSES
from channelnb.planning.promises.commitments import OPEN
from channelnb.report.blocks import Text, callout, folded, mark
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, shown_figure, text
from channelnb.slice import INTERNAL, Slice

_TONES = {"met": ("up", "good"), "missed": ("down", "bad")}
_SIDES = {"vendor": "What the vendor had promised", "partner": "What the partner had promised"}
_COLUMNS = {
    "text": ColumnFormat("Promise"),
    "owner": ColumnFormat("Owner"),
    "target": ColumnFormat("Target", "number"),
    "reached": ColumnFormat("Reached", "number"),
    "result": ColumnFormat("Result"),
    "next": ColumnFormat("If missed"),
}
_OPEN = {
    "side": ColumnFormat("Side"),
    "text": ColumnFormat("Promise"),
    "owner": ColumnFormat("Owner"),
    "target": ColumnFormat("Target", "number"),
    "due": ColumnFormat("Due", "date"),
}


def promises(partner: Slice) -> Shown:
    """What each side had promised for the period, the vendor first, what became of it, and what is still open."""
    period, currency = partner.about.period, partner.about.currency
    frame = partner.frames["promises"]
    due = frame[frame["due_period"].eq(period)].sort_values("commitment_id")
    if lacking := partner.facts.of("promises", period).lacking:
        return callout(f"The vendor's data hold no {lacking}.")
    if due.empty:
        none = callout(f"No promise of either side is recorded as due in {period}.")
        return together([part for part in (none, still_open(partner)) if part.html])
    parts = []
    for side, caption in _SIDES.items():
        parts.append(narrative([words.promises(partner.facts, period, side)], currency))
        own = due[due["side"].eq(side)]
        if len(own):
            rows = pd.DataFrame([_promise(partner, row) for row in records(own)])
            parts.append(table(rows, id=f"promises-{side}", columns=_COLUMNS, caption=f"{caption} for {period}"))
    return together([part for part in (*parts, still_open(partner)) if part.html])


def still_open(partner: Slice) -> Shown:
    """The promises of either side that are not due yet, the first due first; nothing where there are none."""
    frame = partner.frames["promises"]
    waiting = frame[frame["result"].eq(OPEN)].sort_values(["due_on", "side", "commitment_id"])
    if waiting.empty:
        return Shown("")
    rows = pd.DataFrame([_open(partner, row) for row in records(waiting)])
    return table(rows, id="promises-open", columns=_OPEN, caption="Still open")


def _open(partner: Slice, row: dict[str, Any]) -> dict[str, Any]:
    target = partner.facts.of(
        str(row["metric"]), str(row["due_period"]), role=TARGET, commitment_id=str(row["commitment_id"])
    )
    return {
        "side": str(row["side"]).capitalize(),
        "text": text(row["text"]),
        "owner": text(row["owner"], "–"),
        "target": _figure(target, partner.about.currency),
        "due": pd.Timestamp(row["due_on"]).date(),
    }


def _promise(partner: Slice, row: dict[str, Any]) -> dict[str, Text]:
    result = str(row["result"])
    arrow, tone = _TONES.get(result, ("level", "neutral"))
    grain = {"commitment_id": str(row["commitment_id"])}
    figures = {
        column: partner.facts.of(str(row["metric"]), str(row["due_period"]), role=role, **grain)
        for column, role in (("target", TARGET), ("reached", "actual"))
    }
    marked = mark(f"{STATE_WORDS.get(result, result)}: {row['because']}", arrow=arrow, tone=tone)
    times = partner.facts.of(MISSES, str(row["due_period"]), **grain)
    return {
        "text": text(row["text"]),
        "owner": text(row["owner"], "–"),
        **{column: _figure(fact, partner.about.currency) for column, fact in figures.items()},
        "result": _again(marked, times) if times.known else marked,
        "next": text(row["if_missed"]) if result == "missed" else "",
    }


def _again(said: Markup, times: Fact) -> Shown:
    """The result with how many quarters in a row it was missed."""
    figure = shown_figure(times, "")
    html = f"{said.html} <strong>{figure.html} quarters in a row</strong>"
    return Shown(html, (times,), f"{said.text}, {figure.text} quarters in a row")


def _figure(fact: Fact, currency: str) -> Text:
    return shown_figure(fact, currency) if fact.known else "–"


_PROPOSED = {
    "text": ColumnFormat("Action"),
    "aim": ColumnFormat("Way to"),
    "owner": ColumnFormat("Owner"),
    "due": ColumnFormat("Due", "date"),
    "measure": ColumnFormat("Told by"),
    "baseline": ColumnFormat("From", "number"),
    "target": ColumnFormat("To", "number"),
    "cost": ColumnFormat("Cost", "money"),
    "gain": ColumnFormat("Revenue that it may bring", "money"),
}


def proposed(partner: Slice) -> Shown:
    """The actions proposed for the next period, at most five: owner, date, the figure that tells, cost and gain.

    Nothing in the partner's own edition: what is proposed to it is for the review to say.
    """
    if partner.edition != INTERNAL:
        return Shown("")
    if is_month(partner.about.period) or not partner.over:
        return callout("Actions are proposed when a quarter is over: promises are measured by quarters.")
    facts, currency, rows = partner.facts, partner.about.currency, partner.frames["proposals"]
    lacking = narrative(words.cannot_propose(partner.about.absent.split(", ")), currency)
    said = [words.proposed(facts, partner.calendar.shift(partner.about.period, 1))]
    if rows.empty:
        return together([part for part in (narrative(said, currency), lacking) if part.html])
    rows = rows.sort_values("place")
    listing = pd.DataFrame([_proposal(partner, row) for row in records(rows)])
    days = listing["due"].nunique()
    columns = {name: form for name, form in _PROPOSED.items() if _told(listing[name]) and (name != "due" or days > 1)}
    # One day for all is said once: the table is read on paper.
    caption = (
        "Actions proposed" if days > 1 else f"Actions proposed, due on {day_text(listing['due'].iloc[0].isoformat())}"
    )
    shown = table(listing, id="proposed", columns=columns, caption=caption, currency=currency)
    cited = [words.rests_on(facts, row["rests_on"].split("\n"), row["text"]) for row in records(rows)]
    parts = [
        narrative(said, currency),
        shown,
        folded("What each rests on", narrative([*words.whenever(rows["gain"]), *cited], currency)),
    ]
    if rows["cost"].isna().all():
        parts.append(callout("No costs of actions are given in the parameters: the ways nearest to go come first."))
    return together([part for part in (*parts, lacking) if part.html])


def _told(column: pd.Series) -> bool:
    return any(value is not None for value in column)


def _proposal(partner: Slice, row: dict[str, Any]) -> dict[str, Any]:
    facts, due = partner.facts, str(row["due_period"])
    grain = {"proposal_id": str(row["proposal_id"])}
    metric = text(row["metric"])
    figures = {role: facts.of(metric, due, role=role, **grain) for role in (BASELINE, TARGET)}
    money = {"cost": facts.of(COST, due, unit="money", **grain), "gain": facts.of(GAIN, due, unit="money", **grain)}
    side = "vendor" if row["side"] == "vendor" else "partner"
    return {
        "text": text(row["text"]),
        "aim": words.way_to(str(row["aim"]), text(row["for_what"])),
        "owner": f"{text(row['owner'], 'nobody named')} ({side})",
        "due": pd.Timestamp(row["due_on"]).date(),
        "measure": _measure(metric),
        **{role: _figure(fact, partner.about.currency) for role, fact in figures.items()},
        **{name: fact if fact.known else None for name, fact in money.items()},
    }


def _measure(metric: str) -> str:
    return KNOWN[metric].label if metric else "whether it is done by then"
