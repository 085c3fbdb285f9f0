"""Sentences on figures that were restated: what was reported first, what it is now, and what accounts for it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.aspects import cases_of
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.sentence import Piece, Sentence, in_list, number_of, say, stated, when
from channelnb.numbers import cents
from channelnb.restatement import CAUSES

FIRST_REPORTED = "first_reported"
"""The role of a figure as it stood in the first report on its period."""

_MOST = 6


def restatements(restated: pd.DataFrame, facts: Facts, *, period: str, currency: str) -> list[Sentence]:
    """What was restated, in one sentence on `period`, or on the latest period restated, and one on the others.

    Needs the rows of one partner, or of the whole channel: period, cause, amount, rows, first_as_of; and facts
    that hold its revenue. Nothing restated, nothing said.

    >>> rows = {"period": ["2026Q3"], "cause": ["late"], "amount": [Decimal("5")], "rows": [2]}
    >>> facts = Facts([Fact("revenue", "2026Q3", 105.2, unit="money")])
    >>> frame = pd.DataFrame(rows | {"first_as_of": ["2026-10-05"]})
    >>> restatements(frame, facts, period="2026Q3", currency="USD")[0].text("USD")
    '2026Q3 was first reported with USD 100.20, as known on 2026-10-05; it is USD 105.20 now: late rows +5.00 (2 rows).'
    """
    if restated.empty:
        return []
    by_period = {str(name): rows for name, rows in restated.groupby("period")}
    # Causes that cancel out are told of the period itself, where each has its figure.
    changes = [
        fact for name in sorted(by_period, reverse=True) if round((fact := _change(by_period[name])).value or 0, 2)
    ]
    main = period if period in by_period else changes[0].period if changes else None
    if main is None:
        return []
    told = _told(by_period[main], facts.of("revenue", main, unit="money"), currency=currency)
    others = [fact for fact in changes if fact.period != main]
    return [told, _also(others)] if others else [told]


def _told(rows: pd.DataFrame, now: Fact, *, currency: str) -> Sentence:
    """One period: first, now, and each cause with what it adds."""
    before = Decimal(repr(now.value or 0.0)) - sum(rows["amount"], Decimal())
    first = Fact("revenue", now.period, float(before), "money", role=FIRST_REPORTED)
    day = str(rows["first_as_of"].iloc[0])
    causes = [
        (f"{CAUSES[dict(fact.grain)['cause']]} ", _added(fact), " (", number_of(cases_of(fact), "row"), ")")
        for fact in _by_cause(rows, now.period)
    ]
    return say(
        when(now.period), f" was first reported with {currency} ", stated(first, cents(before)),
        f", as known on {day}; it is {currency} ", stated(now, cents(now.value or 0.0)), " now: ",
        *in_list(causes), ".",
    )  # fmt: skip


def _by_cause(rows: pd.DataFrame, period: str) -> Iterator[Fact]:
    for row in sorted(records(rows), key=lambda row: [*CAUSES].index(row["cause"])):
        grain = (("cause", str(row["cause"])),)
        yield Fact("restatement", period, float(row["amount"]), "money", grain, n=int(row["rows"]))


def _change(rows: pd.DataFrame) -> Fact:
    """The whole change of a period."""
    change, count = sum(rows["amount"], Decimal()), int(rows["rows"].sum())
    return Fact("restatement", str(rows["period"].iloc[0]), float(change), "money", n=count)


def _also(changes: list[Fact]) -> Sentence:
    each: list[Piece | tuple[Piece, ...]] = [(when(fact.period), " by ", _added(fact)) for fact in changes[:_MOST]]
    earlier = changes[_MOST:]
    if earlier:
        span = f"{earlier[-1].period}–{earlier[0].period}"
        restated = Fact("periods_restated", span, float(len(earlier)), "count")
        each.append((number_of(restated, "period"), " before"))
    return say("Restated too: ", *in_list(each), ".")


def _added(fact: Fact) -> Piece:
    return stated(fact, cents(fact.value or 0.0, signed=True))
