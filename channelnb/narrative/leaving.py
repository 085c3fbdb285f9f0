"""Sentences on the signs that a partner may be leaving, and the facts that they state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import CHANGE, PRIOR, Fact, Facts
from channelnb.narrative.sentence import Sentence, listed, number_of, say, size_of, stated
from channelnb.numbers import value_text
from channelnb.watch import SIGNALS

SIGNS, GOOD_LEADS = "signs_of_leaving", "good_leads"
"""The metrics of the facts that say how many signs are on, and how many good leads there were."""

_NAMES = {
    "falling_share": "a falling share",
    "fewer_good_leads": "fewer good leads",
    "no_contact": "a long time without contact",
}
_UNITS = {"lead_score": "points", "lead_acceptance": "count"}


def watch_facts(watched: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """The facts on signs of leaving that are no metric's: how many are on, the change of the share, the good leads.

    Needs the partner's row of the table ``watch``, if there is one.
    """
    for row in records(watched):
        yield Fact(SIGNS, period, float(row["on"]), "count", n=int(row["told"]))
        if row["share_measure"] == "share_of_partner_sales":
            yield Fact("share_of_partner_sales", period, row["share_change"] * 100, "points", role=CHANGE)
        if pd.notna(row["leads_measure"]):
            unit = _UNITS[row["leads_measure"]]
            yield Fact(GOOD_LEADS, period, row["leads_now"], unit)
            yield Fact(GOOD_LEADS, period, row["leads_before"], unit, role=PRIOR)


def signs(watched: Mapping[str, Any], facts: Facts, period: str) -> list[Sentence]:
    """Which signs of leaving are on, each with the figures behind it, then which are not; one line where none is.

    Needs the partner's row of the table ``watch``.

    >>> row = dict.fromkeys(["falling_share", "fewer_good_leads"], False) | {"no_contact": True, "on": 1, "told": 3}
    >>> days = [Fact("days_since_contact", "2026Q3", 120.0, "days"), Fact(SIGNS, "2026Q3", 1.0, "count", n=3)]
    >>> [said.text("USD") for said in signs(row, Facts(days), "2026Q3")][:2]
    ['1 of 3 signs that it may leave is on: a long time without contact.', 'The last contact was 120 days before.']
    """
    told = {name: bool(watched[name]) for name in SIGNALS if pd.notna(watched[name])}
    if not told:
        return [say("Whether it may leave cannot be said: the data tell of no sign that is watched.")]
    on, off = ([name for name in told if told[name] is side] for side in (True, False))
    unknown = [_NAMES[name] for name in SIGNALS if name not in told]
    untold = f"of {listed(unknown)} the data do not tell" if unknown else ""
    count = facts.of(SIGNS, period)
    every = cases_of(count)
    quiet = listed(_NAMES[name] for name in off)
    if not on:
        rest = f"; {untold}" if untold else ""
        return [
            say(stated(count, "No"), " sign that it may leave is on, of ", every, f" that can be told ({quiet}){rest}.")
        ]
    are = "is" if len(on) == 1 else "are"
    signs_on = listed(_NAMES[name] for name in on)
    first = say(count, " of ", number_of(every, "sign"), f" that it may leave {are} on: {signs_on}.")
    rest = "; ".join(words for words in (f"not on: {quiet}" if off else "", untold) if words)
    last = [say(f"{rest[:1].upper()}{rest[1:]}.")] if rest else []
    return [first, *(_DETAILS[name](facts, period) for name in on), *last]


def _share(facts: Facts, period: str) -> Sentence:
    change = facts.of("share_of_partner_sales", period, role=CHANGE, unit="points")
    if not change.known:
        growth = facts.of("growth_yoy", period, unit="share")
        return say("Its revenue was ", size_of(growth), " lower than a year before.")
    share, lost = facts.of("share_of_partner_sales", period, unit="share"), abs(change.value or 0.0)
    less = stated(change, value_text(lost, "points", ""))
    return say("The vendor's share of all that it sells was ", share, ", ", less, " less than a year before.")


def _leads(facts: Facts, period: str) -> Sentence:
    now = facts.of(GOOD_LEADS, period)
    before = facts.of(GOOD_LEADS, period, role=PRIOR)
    if now.unit == "points":
        return say("The leads that it was given came to ", now, " (their number times their score), after ", before,
                   " a year before.")  # fmt: skip
    return say("It accepted ", now, " of the leads that it was given, after ", before, " a year before.")


def _contact(facts: Facts, period: str) -> Sentence:
    return say("The last contact was ", facts.of("days_since_contact", period, unit="days"), " before.")


_DETAILS: Mapping[str, Callable[[Facts, str], Sentence]] = {
    "falling_share": _share,
    "fewer_good_leads": _leads,
    "no_contact": _contact,
}
