"""What changed since the review before: at the head of a partner's reports, and for the front page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from channelnb.changes import APART, CHANGES, CHANGES_IN_ALL
from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.narrative import changes as words
from channelnb.narrative.change_facts import Change, Firm, changes_of, chosen, firm_of
from channelnb.narrative.changes import Since, figure_of
from channelnb.narrative.facts import Facts
from channelnb.narrative.sentence import Sentence, say
from channelnb.portfolios import Portfolio
from channelnb.report.blocks import Text, folded, labelled, mark, paragraph
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import narrative, spoken
from channelnb.slice import Slice
from channelnb.snapshot import About, Snapshot


def changes(partner: Slice) -> Shown:
    """What changed of the partner since the review before, in words, and all headline figures then and now, folded.

    Nothing where there was no review before.
    """
    about, rows = partner.about, records(partner.frames[CHANGES])
    if not about.before:
        return together([])
    if about.apart:
        return paragraph(spoken(words.apart(about.apart, before=about.before), about.currency))
    found, firm = changes_of(rows, partner.facts), firm_of(rows)
    said = words.since(found, firm, target=about.pipeline_target)
    if not said:
        return together([])
    shown = labelled(_label(about), narrative(said, about.currency))
    return together([shown, *([_then_and_now(partner, found, firm)] if found else [])])


def _label(about: About) -> str:
    return f"Since the review of {about.before}"


def _then_and_now(partner: Slice, found: Mapping[str, Change], firm: Firm) -> Shown:
    """All headline figures as the review before told them, beside those of now."""
    about = partner.about
    named = {change.metric for change in chosen(found, target=about.pipeline_target)}
    rows: list[dict[str, Text]] = [
        {
            "figure": spoken(words.heading(change), about.currency),
            "then": spoken(say(figure_of(change.then)), about.currency),
            "now": spoken(say(figure_of(change.now)), about.currency),
            "change": _marked(change, named=named),
        }
        for change in found.values()
        if change.then.value is not None or change.now.value is not None
    ]
    if firm.tier_then or firm.tier:
        change = "changed" if firm.other_tier else "as before" if firm.tier == firm.tier_then else ""
        rows.append({"figure": "Tier", "then": firm.tier_then or "–", "now": firm.tier or "–", "change": change})
    formats = {
        "figure": ColumnFormat("Figure"),
        "then": ColumnFormat(f"Review of {about.before}", "number"),
        "now": ColumnFormat(f"Review of {about.period}", "number"),
        "change": ColumnFormat("Change"),
    }
    caption = f"As the review of {about.before} told it, known on {day_text(about.before_as_of)}, and as told now"
    listing = table(pd.DataFrame(rows), id="then-and-now", columns=formats, caption=caption)
    return folded("All headline figures then and now", listing)


def _marked(change: Change, *, named: Collection[str]) -> Text:
    """How a figure changed: an arrow and a word, or why it is not compared."""
    if change.kind == APART:
        return words.why_apart(change)
    # A verdict that the sentences above do not give would be one that a reader misses.
    change = change if change.metric in named else change.without_verdict()
    return mark(change.word, arrow=change.arrow, tone=change.tone)


def of_portfolio(portfolio: Portfolio) -> Shown:
    """Which of a manager's partners came to the other side of plan or target since the review before, joined or left.

    Nothing where there was no review before, or nothing of the kind.
    """
    about = portfolio.about
    if not about.before or about.apart:
        return together([])
    names = dict(zip(portfolio.frames["partners"]["partner_id"], portfolio.frames["partners"]["name"], strict=True))
    by_id = _by_partner(portfolio.frames[CHANGES], about, facts=portfolio.facts)
    by_name = [(str(names[partner_id]), since) for partner_id, since in by_id.items()]
    said = words.by_name(by_name, period=about.period)
    return labelled(_label(about), narrative(said, about.currency)) if said else together([])


def changes_by_partner(snapshot: Snapshot) -> dict[str, Since]:
    """What changed of each partner since the review before, by its id; empty where there is none to compare with."""
    return _by_partner(snapshot.frame(CHANGES), snapshot.about)


def _by_partner(changes: pd.DataFrame, about: About, *, facts: Facts | None = None) -> dict[str, Since]:
    """What changed of each partner in the table; its figures are those among the facts, of the grain of a partner."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in records(changes):
        rows.setdefault(str(row["partner_id"]), []).append(row)
    found = {}
    for partner_id, own in rows.items():
        by_metric = changes_of(own, facts, partner_id=partner_id)
        flagged = words.flags(by_metric, firm_of(own), target=about.pipeline_target)
        found[partner_id] = Since(tuple(flagged), by_metric)
    return found


def changes_in_all(snapshot: Snapshot) -> list[Sentence]:
    """What changed of all the vendor's partners together since the review before; nothing where there was none."""
    about = snapshot.about
    if not about.before or about.apart:
        return []
    return words.in_all(changes_of(records(snapshot.frame(CHANGES_IN_ALL))), before=about.before)


def changes_of_many(about: About, partners: Iterable[Since]) -> list[Sentence]:
    """How many of the partners changed since the review before, and in what; or why it is not compared with.

    Needs what `changes_by_partner` gives of each that is meant; nothing where there was no review before.
    """
    if not about.before:
        return []
    if about.apart:
        return [words.apart(about.apart, before=about.before)]
    return words.of_how_many(partners, before=about.before, period=about.period)
