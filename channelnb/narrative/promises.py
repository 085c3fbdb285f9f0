"""Sentences on promises: what became of those that were due, which were missed again, and what is proposed next."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.metrics.parts import Amount
from channelnb.metrics.registry import METRICS
from channelnb.narrative.facts import NOT_MEASURABLE, TARGET, Fact, Facts, from_row
from channelnb.narrative.sentence import (
    Piece,
    Sentence,
    cannot,
    in_list,
    listed,
    mid_sentence,
    named,
    number_of,
    rated,
    say,
    when,
    worded,
    words,
)
from channelnb.planning.promises.last_four import LAST_FOUR, POOLED

BASELINE, MISSES = "baseline", "misses"
COST, GAIN = "proposal_cost", "proposal_gain"

_RESULTS = {"met": "met", "missed": "missed", "open": "still open", "not_measurable": "that cannot be measured"}
_SIDES = {"partner": "The partner", "vendor": "The vendor"}
_ROLES = {
    "peer_median": "median of its peers",
    "plan": "plan",
    LAST_FOUR: "last four quarters",
    POOLED: "last four quarters, all partners",
}
_A_QUARTER = "a quarter, on average of the last four"


def promise_facts(promises: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """The facts on promises missed again: how many quarters in a row each was, and how many there are of a side."""
    again = promises[promises["due_period"].eq(period) & promises["misses"].ge(2)]
    for row in records(again):
        grain = (("commitment_id", str(row["commitment_id"])),)
        yield Fact(MISSES, period, float(row["misses"]), "count", grain)
    for whose, rows in again.groupby("side"):
        yield Fact("missed_again", period, float(len(rows)), "count", (("side", str(whose)),))


def proposal_facts(proposals: pd.DataFrame, figures: pd.DataFrame) -> Iterable[Fact]:
    """The facts of what is proposed: from where to where, cost and gain of each, and the figures reckoned with."""
    for row in records(proposals):
        grain, due = (("proposal_id", str(row["proposal_id"])),), str(row["due_period"])
        told = {COST: (COST, "money", "actual", row["cost"]), GAIN: (GAIN, "money", "actual", row["gain"])}
        if row["metric"] in KNOWN:
            unit = KNOWN[row["metric"]].unit
            told |= {role: (str(row["metric"]), unit, role, row[role]) for role in (BASELINE, TARGET)}
        for name, unit, role, value in told.values():
            if pd.notna(value):
                yield Fact(name, due, float(value), unit, grain, role)
    for (period, side), rows in proposals.groupby(["due_period", "side"]):
        yield Fact("proposals", str(period), float(len(rows)), "count", (("side", str(side)),))
    for row in records(figures):
        state = "ok" if pd.notna(row["value"]) else "no_data"
        yield from_row(row | {"state": state}, unit=KNOWN[row["metric"]].unit, role=str(row["role"]))


def promises(facts: Facts, period: str, side: str) -> Sentence:
    """What became of one side's promises that were due in a period.

    >>> told = {"": 3.0, "met": 2.0, "missed": 1.0}
    >>> grains = {how: ((("result", how),) if how else ()) + (("side", "partner"),) for how in told}
    >>> facts = Facts(Fact("promises", "2026Q3", value, "count", grains[how]) for how, value in told.items())
    >>> promises(facts, "2026Q3", "partner").text("USD")
    'The partner had 3 promises due in 2026Q3: 2 met and 1 missed.'
    """
    every = facts.of("promises", period, side=side)
    if every.state == NOT_MEASURABLE:
        return cannot("promises", f"What became of promises due in {period}", every)
    if not every.known:
        nothing = say(f"{_SIDES[side]} had no promise due in {period}.")
        return worded(nothing, say(f"Of the {side}, nothing that it promised was due in {period}."))
    found = [
        (said, fact)
        for result, said in _RESULTS.items()
        if (fact := facts.of("promises", period, result=result, side=side)).known
    ]
    noun = "promise" if every.value == 1 else "promises"
    pieces: list[str | Fact] = []
    for place, (said, fact) in enumerate(found):
        joiner = "" if place == 0 else " and " if place == len(found) - 1 else ", "
        pieces += [joiner, fact, f" {said}"]
    return worded(
        say(f"{_SIDES[side]} had ", every, f" {noun} due in {period}: ", *pieces, "."),
        say(f"Due from the {side} in {period}: ", every, f" {noun}, ", *pieces, "."),
    )


def missed_again(facts: Facts, rows: pd.DataFrame, period: str) -> list[Sentence]:
    """The promises due in a period that were missed for the second quarter in a row, or longer: one sentence each.

    Needs the partner's rows of the table ``promises``.

    >>> row = {"commitment_id": "Z1", "side": "vendor", "text": "Call", "due_period": "2026Q3", "misses": 2}
    >>> rows = pd.DataFrame([row])
    >>> [said.text("USD") for said in missed_again(Facts(promise_facts(rows, period="2026Q3")), rows, "2026Q3")]
    ['Missed by the vendor for 2 quarters in a row: Call.']
    """
    due = rows[rows["due_period"].eq(period) & rows["misses"].ge(2)]
    due = due.sort_values(["side", "misses", "commitment_id"], ascending=[False, False, True])
    said = []
    for row in records(due):
        times = facts.of(MISSES, period, commitment_id=str(row["commitment_id"]))
        opening = f"Missed by the {row['side']} for "
        sentence = say(opening, number_of(times, "quarter"), " in a row: ", named(row["text"]), ".")
        said.append(rated(sentence, importance=0.1, tone="red"))
    return said


def proposed(facts: Facts, period: str) -> Sentence:
    """How many actions are proposed for a period, and whose they are.

    >>> told = [Fact("proposals", "2026Q4", n, "count", (("side", side),)) for side, n in (("vendor", 1.0),)]
    >>> proposed(Facts(told), "2026Q4").text("USD")
    'Proposed for 2026Q4: 1 action by the vendor.'
    """
    found = [(side, facts.of("proposals", period, side=side)) for side in ("vendor", "partner")]
    known = [(side, fact) for side, fact in found if fact.known]
    if not known:
        return say(f"Nothing new is proposed for {period}.")
    pieces: list[object] = []
    for place, (side, fact) in enumerate(known):
        pieces += [" and " if place else "", number_of(fact, "action"), f" by the {side}"]
    return say(f"Proposed for {period}: ", *pieces, ".")  # type: ignore[arg-type]  # each is a piece of a sentence


def rests_on(facts: Facts, ids: Iterable[str], text: str) -> Sentence:
    """What a proposal rests on: the figures that it cites, each by its name, period and role.

    >>> rate = Fact("win_rate", "2026Q3", 0.4, "share", role="last_four_quarters")
    >>> rests_on(Facts([rate]), [rate.id], "Win more").text("USD")
    'Win more: win rate of 40 % (last four quarters).'
    >>> deals = Fact("pipeline_created", "2026Q3", 500.0, "money", role="last_four_quarters")
    >>> rests_on(Facts([deals]), [deals.id], "Open more").text("USD")
    'Open more: pipeline created of USD 500 (a quarter, on average of the last four).'
    """
    cited = [facts[name] for name in ids if name in facts]
    each: list[Piece | tuple[Piece, ...]] = [
        (
            words(_label(fact.metric)), " of ", fact, " (", _rests_on_what(fact.metric, fact.role) or when(fact.period),
            *((" of ", when(fact.period)) if fact.role in ("plan", "peer_median") else ()), ")",
        )
        for fact in cited
    ]  # fmt: skip
    figures = in_list(each) if each else ("nothing that was measured",)
    return worded(say(named(text), ": ", *figures, "."), say(named(text), " rests on ", *figures, "."))


def whenever(gains: Iterable[float]) -> list[Sentence]:
    """That what proposals may bring is told whenever it is won; nothing where none tells what it may bring.

    >>> [said.text("USD") for said in whenever([500.0])]
    ['What an action may bring is told whenever it is won, which may be later than the day on which it is due.']
    """
    if not any(pd.notna(gain) for gain in gains):
        return []
    return [
        say("What an action may bring is told whenever it is won, which may be later than the day on which it is due.")
    ]


_AIMS = {
    "vendor": "the vendor's side",
    "plan": "plan",
    "tier": "tier {for_what}",
    "funds": "funds that end",
    "peers": "median of its peers",
}


def way_to(aim: str, for_what: str = "") -> str:
    """What a proposal is a way to, in words.

    >>> way_to("tier", "Gold")
    'tier Gold'
    """
    return _AIMS[aim].format(for_what=for_what)


def cited(ids: Iterable[str]) -> str:
    """The figures that a proposal cites, by their names, each once: for a cell of a workbook.

    >>> cited(["win_rate||2026Q3|last_four_quarters", "revenue||2026Q4|plan", "revenue||2027Q1|plan"])
    'win rate (last four quarters); revenue (plan)'
    """
    parts = [name.split("|") for name in ids]
    told = [_label(part[0]) + _in_brackets(_rests_on_what(part[0], part[-1])) for part in parts]
    return "; ".join(dict.fromkeys(told))


def _rests_on_what(metric: str, role: str) -> str:
    """What a figure of a role is, in words; "" for one of a single period."""
    amount = role == LAST_FOUR and metric in METRICS and isinstance(METRICS[metric].formula, Amount)
    return _A_QUARTER if amount else _ROLES.get(role, "")


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _label(metric: str) -> str:
    return "number that wait longer than usual" if metric == "waiting_late" else mid_sentence(KNOWN[metric].label)


_UNLOCKS = {
    "plans": "the way to plan",
    "opportunities": "the way to plan",
    "tiers": "the way to the next tier",
    "leads": "what a lead brings",
    "mdf_budgets": "funds that end",
}


def cannot_propose(absent: Iterable[str]) -> list[Sentence]:
    """What proposals lack for want of tables, and what these would unlock; nothing where all are given.

    >>> [said.text("USD") for said in cannot_propose(["plans", "tiers", "notes"])]
    ["The vendor's data hold no plans and tiers: with them the way to plan and the way to the next tier could be told."]
    """
    lacking = [name for name in _UNLOCKS if name in set(absent)]
    if not lacking:
        return []
    unlocked = listed(dict.fromkeys(_UNLOCKS[name] for name in lacking))
    return [say(f"The vendor's data hold no {listed(lacking)}: with them {unlocked} could be told.")]
