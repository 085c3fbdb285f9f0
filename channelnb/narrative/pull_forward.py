"""Sentences of deals brought forward: what they would fill, and the hole that they leave behind."""

from __future__ import annotations

from channelnb.narrative.ahead_facts import AFTER, GAP_AFTER
from channelnb.narrative.facts import GAP, PLAN, TARGET, Fact, Facts
from channelnb.narrative.sentence import Sentence, in_list, named, rated, say, worded


def short_period(facts: Facts) -> str:
    """The coming period that deals would be brought forward into; "" where none is under its pipeline target.

    >>> short_period(Facts([Fact("pulled_deals", "2026Q4", 1.0, "count", (("due", "2026Q4"),))]))
    '2026Q4'
    """
    found = (f.period for f in facts.values() if f.metric == "pulled_deals" and dict(f.grain)["due"] == f.period)
    return next(found, "")


def givers(facts: Facts) -> list[str]:
    """The periods that give deals to the short one, the nearest first.

    >>> pulled = [Fact("pulled_deals", "2026Q4", 2.0, "count", (("due", q),)) for q in ("2026Q4", "2027Q1")]
    >>> givers(Facts(pulled))
    ['2027Q1']
    """
    moved = [f for f in facts.values() if f.metric == "pulled_deals" and f.value]
    return sorted(of for f in moved if (of := dict(f.grain)["due"]) != f.period)


def pull_forward(facts: Facts, periods: list[str]) -> list[Sentence]:
    """The deals that would fill the nearest period under its target, and the hole that they leave behind.

    >>> made = [("2026Q4", 3.5, 4.1, 50.0), ("2027Q1", 4.5, 3.9, -50.0)]
    >>> facts = [Fact("pipeline_index", q, before, "index") for q, before, _, _ in made]
    >>> facts += [Fact("pipeline_index", q, after, "index", role=AFTER) for q, _, after, _ in made]
    >>> facts += [Fact("revenue", q, gap, "money", role=GAP) for q, _, _, gap in made]
    >>> facts += [Fact("revenue", q, 10.0, "money", role=GAP_AFTER) for q, _, _, _ in made]
    >>> facts += [Fact("pipeline_index", q, 4.0, "index", role=TARGET) for q, _, _, _ in made]
    >>> facts += [Fact("pulled_deals", "2026Q4", 1.0, "count", (("due", q),)) for q, _, _, _ in made]
    >>> deal = (("from", "2027Q1"), ("opportunity_id", "O1"))
    >>> facts += [Fact("pulled_deal", "2026Q4", 60.0, "money", deal)]
    >>> facts += [Fact("pulled_value", "2026Q4", 60.0, "money", (("due", "2026Q4"),))]
    >>> print(*(sentence.text("USD") for sentence in pull_forward(Facts(facts), ["2026Q4"])), sep="\\n")
    2026Q4 is USD 50 under its pipeline target while 2027Q1 is over its own.
    Brought forward from 2027Q1, O1 (USD 60) would take 2026Q4 from 3.5× to 4.1×, over its target.
    In 2027Q1 that leaves 3.9× in place of 4.5×, a hole of USD 10 to its target.
    """
    short = short_period(facts)
    if not short:
        known = [p for p in periods[:2] if facts.of("pipeline_index", p).known]
        said = f"Neither {known[0]} nor {known[1]}" if len(known) > 1 else "No coming period with a plan"
        return [say(f"{said} is under its pipeline target: no deal need be brought forward.")]
    giving = givers(facts)
    said_of = [_opening(facts, short, giving)]
    if not giving:
        return [*said_of, say("No deal due later is both old and advanced enough to be won by its end.")]
    if not worthwhile(facts, short):
        value = facts.of("pulled_value", short, unit="money", due=short)
        return [
            *said_of,
            say("Deals due later that are old and advanced enough come to ", value, ", too little to help."),
        ]
    if not _filled(facts, short) and (opened := [period for period in giving if not _filled(facts, period)]):
        over = [_hole(facts, period) for period in giving if period not in opened]
        return [*said_of, _brought(facts, short, giving), _even_so(facts, short, opened), *over]
    return [*said_of, _brought(facts, short, giving), *(_hole(facts, period) for period in giving)]


def worthwhile(facts: Facts, short: str) -> bool:
    """Whether the deals that could be brought forward fill a tenth of the gap at least.

    >>> told = [Fact("pulled_value", "2026Q4", 5.0, "money", (("due", "2026Q4"),))]
    >>> worthwhile(Facts([*told, Fact("revenue", "2026Q4", 100.0, "money", role=GAP)]), "2026Q4")
    False
    """
    gap, value = facts.of("revenue", short, role=GAP), facts.of("pulled_value", short, due=short)
    return (value.value or 0.0) >= (gap.value or 0.0) / 10


def _opening(facts: Facts, short: str, giving: list[str]) -> Sentence:
    gap, plan = facts.of("revenue", short, role=GAP, unit="money"), facts.of("revenue", short, role=PLAN, unit="money")
    over = [p for p in giving if (facts.of("revenue", p, role=GAP).value or 0.0) <= 0]
    target = facts.of("pipeline_index", short, role=TARGET).value or 1.0
    beside = f" while {over[0]} is over its own" if over else ""
    # Of pipeline that is missing, as much is at stake as would come of it.
    stake = (gap.value or 0.0) / target / plan.value if plan.value else 0.0
    return rated(say(f"{short} is ", gap, f" under its pipeline target{beside}."), importance=stake, tone="red")


def _filled(facts: Facts, period: str) -> bool:
    """Whether a period is at its target once deals are brought forward."""
    after, target = (facts.of("pipeline_index", period, role=role) for role in (AFTER, TARGET))
    return (after.value or 0.0) >= (target.value or 0.0)


def _even_so(facts: Facts, short: str, opened: list[str]) -> Sentence:
    """That deals brought forward leave a gap where they go, and others where they come from."""
    missing, *holes = (facts.of("revenue", period, role=GAP_AFTER, unit="money") for period in (short, *opened))
    each = in_list((f"{period} by ", hole) for period, hole in zip(opened, holes, strict=True))
    end = ": bringing them forward does not close the gap."
    return say("Even so ", missing, f" would be missing in {short}, and pipeline would be short in ", *each, end)


def _brought(facts: Facts, short: str, giving: list[str]) -> Sentence:
    deals: list[Fact] = sorted(
        (f for f in facts.values() if f.metric == "pulled_deal" and f.period == short),
        key=lambda f: (-(f.value or 0.0), f.id),
    )
    each = [(named(dict(deal.grain)["opportunity_id"]), " (", deal, ")") for deal in deals]
    before = facts.of("pipeline_index", short, unit="index")
    after = facts.of("pipeline_index", short, role=AFTER, unit="index")
    left = facts.of("revenue", short, role=GAP_AFTER, unit="money")
    opening = ("Brought forward from ", *in_list(giving), ", ", *in_list(each), f" would take {short} from ")
    if _filled(facts, short):
        return say(*opening, before, " to ", after, ", over its target.")
    if not all(_filled(facts, period) for period in giving):
        # What is missing is said beside the holes that this leaves.
        return say(*opening, before, " to ", after, ".")
    return say(*opening, before, " to ", after, ", still ", left, " under its target.")


def _hole(facts: Facts, period: str) -> Sentence:
    before = facts.of("pipeline_index", period, unit="index")
    after = facts.of("pipeline_index", period, role=AFTER, unit="index")
    gap = facts.of("revenue", period, role=GAP_AFTER, unit="money")
    opening = (f"In {period} that leaves ", after, " in place of ", before)
    other = (f"From {period} it takes so much that ", before, " becomes ", after)
    if _filled(facts, period):
        return worded(say(*opening, ", still over its target."), say(*other, ", which is over target yet."))
    return worded(say(*opening, ", a hole of ", gap, " to its target."), say(*other, ": ", gap, " will be missing."))
