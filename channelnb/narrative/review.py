"""Sentences of a quarterly review: promises, where the plan was missed or beaten, and what lies ahead."""

from __future__ import annotations

from channelnb.narrative.facts import GAP, PIPELINE, PLAN, TARGET, Fact, Facts
from channelnb.narrative.sentence import Sentence, cannot, listed, say

_RESULTS = {"met": "met", "missed": "missed", "open": "still open", "not_measurable": "that cannot be measured"}
_SIDES = {"partner": "The partner", "vendor": "The vendor"}


def promises(facts: Facts, quarter: str, side: str) -> Sentence:
    """What became of one side's promises that were due in a quarter."""
    every = facts.of("promises", quarter, side=side)
    if not every.known:
        return say(f"{_SIDES[side]} had no promise due in {quarter}.")
    found = [
        (words, fact)
        for result, words in _RESULTS.items()
        if (fact := facts.of("promises", quarter, result=result, side=side)).known
    ]
    noun = "promise" if every.value == 1 else "promises"
    pieces: list[str | Fact] = [f"{_SIDES[side]} had ", every, f" {noun} due in {quarter}: "]
    for place, (words, fact) in enumerate(found):
        joiner = "" if place == 0 else " and " if place == len(found) - 1 else ", "
        pieces += [joiner, fact, f" {words}"]
    return say(*pieces, ".")


def lines(facts: Facts, quarter: str) -> list[Sentence]:
    """The line furthest behind its plan in money, and the one furthest ahead."""
    gaps = []
    for plan in facts.values():
        if plan.role == PLAN and plan.period == quarter and dict(plan.grain).keys() == {"line"} and plan.known:
            actual = facts.of("revenue", quarter, unit="money", **dict(plan.grain))
            if actual.known:
                gaps.append(((actual.value or 0.0) - (plan.value or 0.0), dict(plan.grain)["line"], actual, plan))
    gaps.sort(key=lambda gap: gap[:2])
    result = []
    if gaps and gaps[0][0] < 0:
        _, line, actual, plan = gaps[0]
        result.append(say(f"{line} is the line furthest behind its plan: ", actual, " against ", plan, "."))
    if gaps and gaps[-1][0] > 0:
        _, line, actual, plan = gaps[-1]
        result.append(say(f"{line} is the line furthest ahead of its plan: ", actual, " against ", plan, "."))
    return result


def ahead(facts: Facts, quarter: str) -> Sentence:
    """The pipeline due in a coming quarter against its plan and target."""
    index = facts.of("pipeline_index", quarter, unit="index")
    due, plan = (facts.of("revenue", quarter, role=role, unit="money") for role in (PIPELINE, PLAN))
    target = facts.of("pipeline_index", quarter, role=TARGET, unit="index")
    if not index.known or index.value is None or target.value is None:
        return cannot("pipeline", f"Whether the pipeline covers the plan for {quarter}", index)
    side = "over" if index.value >= target.value else "under"
    opening = f"For {quarter}, open pipeline of "
    if not due.known:
        return say(f"For {quarter}, no open pipeline is due against a plan of ", plan, ": the index is ", index, ".")
    return say(
        opening,
        due,
        " is due against a plan of ",
        plan,
        ": an index of ",
        index,
        f", {side} the target of ",
        target,
        ".",
    )


def shortfalls(facts: Facts, quarters: list[str]) -> Sentence:
    """Which coming quarters are under their pipeline target."""
    known = [q for q in quarters if facts.of("pipeline_index", q).known]
    under = [q for q in known if (facts.of("revenue", q, role=GAP).value or 0.0) > 0]
    if not known:
        return say("No coming quarter has a plan to measure the pipeline against.")
    if not under:
        return say(f"Every coming quarter with a plan ({listed(known)}) is over its pipeline target.")
    nearest = under[0]
    missing = facts.of("revenue", nearest, role=GAP, unit="money")
    return say(
        f"Under the target {'is' if len(under) == 1 else 'are'} {listed(under)}; for {nearest}, ", missing,
        " more pipeline would reach it.",
    )  # fmt: skip


def concentration(facts: Facts, quarter: str) -> Sentence:
    """How much of the open pipeline hangs on three deals, and what is overdue."""
    share = facts.of("top_three_share", quarter, unit="share")
    overdue, late = facts.of("overdue_pipeline", quarter, unit="money"), facts.of("overdue_deals", quarter)
    if not share.known or share.n is None:
        return say("There is no open deal for this partner.")
    if share.n <= 3:
        return say(f"The open pipeline is {share.n} deal{'s' if share.n > 1 else ''} only.")
    opening = ("The three largest of ", f"{share.n} open deals make up ", share, " of the open pipeline")
    undated = facts.of("undated_deals", quarter)
    if undated.value == share.n:
        return say(*opening, "; no deal says when it is due.")
    if not late.value:
        return say(*opening, "; none is past the date on which it was due.")
    verb = "is" if late.value == 1 else "are"
    return say(*opening, "; ", late, f" {verb} past the date due, worth ", overdue, ".")
