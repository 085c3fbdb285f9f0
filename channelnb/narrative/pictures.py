"""What pictures show, in words: for whoever cannot see them, from the facts that the narrative states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from channelnb.errors import NotUsable
from channelnb.narrative.aspects import high_of, low_of
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.scores import score_of
from channelnb.narrative.sentence import Piece, Sentence, in_list, named, say
from channelnb.scorecards import CATEGORIES
from channelnb.scoring import ALL, SCORE

MOST_TOLD = 8
"""Of more than these a listener has lost the first: the table behind the picture has them all."""


def each(opening: str | tuple[Piece, ...], items: Sequence[tuple[Piece, ...]]) -> Sentence:
    """What the picture shows of each thing in it, in its order; of many, of the first.

    Raises NotUsable where there is none.

    >>> lines = [("Disks ", Fact("attainment", "2026Q3", 0.9, "share")), ("Tape ", "no plan")]
    >>> each("Of its plan each line reached: ", lines).text("")
    'Of its plan each line reached: Disks 90 % and Tape no plan.'
    """
    if not items:
        raise NotUsable("a picture of nothing was to be told of; say in words that there is nothing to draw.")
    shown = [*items[:MOST_TOLD], *([("the others, which the table holds",)] if len(items) > MOST_TOLD else [])]
    begun = opening if isinstance(opening, tuple) else (opening,)
    return say(*begun, *in_list(shown), ".")


def over_time(what: str, facts: Iterable[Fact], *, against: Fact | None = None) -> Sentence:
    """The highest and the lowest period of a series and its last one, and that against its plan where it has one.

    >>> told = [Fact("revenue", f"2026Q{number}", value, "money") for number, value in ((1, 9.0), (2, 7.0), (3, 8.0))]
    >>> said = over_time("revenue", told, against=Fact("revenue", "2026Q3", 9.0, "money", role="plan"))
    >>> said.text("USD").partition("; ")[2]
    'in 2026Q3 it was USD 8, below plan.'
    """
    known = [fact for fact in facts if fact.known]
    if not known:
        return say(f"There is no {what} to show.")
    first, last = known[0], known[-1]
    if len(known) == 1:
        return say(f"In {last.period} {what} was ", last, *_beside_plan(last, against, ", "), ".")
    high, low = (pick(known, key=_value) for pick in (max, min))
    if _value(high) == _value(low):
        return say(f"From {first.period} to {last.period} {what} was level at ", last, ".")
    ends: tuple[Piece, ...] = (f"highest in {high.period}, ", high, f", and lowest in {low.period}, ", low)
    at_last: tuple[Piece, ...] = _beside_plan(last, against, "; at the end it is ")
    if last not in (high, low):
        at_last = (f"; in {last.period} it was ", last, *_beside_plan(last, against, ", "))
    return say(f"From {first.period} to {last.period} {what} was ", *ends, *at_last, ".")


def _value(fact: Fact) -> float:
    return fact.value or 0.0


def _beside_plan(last: Fact, plan: Fact | None, joiner: str) -> tuple[Piece, ...]:
    if plan is None or not plan.known or not plan.value:
        return ()
    side = "below" if _value(last) < plan.value else "above" if _value(last) > plan.value else "at"
    return (f"{joiner}{side} plan",)


def scores_over_time(facts: Facts, periods: Sequence[str]) -> Sentence:
    """Between which ends each score lay over these periods, and where it ended.

    >>> told = [("2026Q2", "all", 60.4), ("2026Q3", "all", 72.0), ("2026Q3", "activity", 41.0)]
    >>> facts = Facts(Fact(SCORE, period, value, "score", (("category", name),)) for period, name, value in told)
    >>> scores_over_time(facts, ["2026Q2", "2026Q3"]).text("")
    'Scores from 2026Q2 to 2026Q3: in all 60 to 72, at the end 72; activity at the end 41.'
    """
    parts: list[Piece] = []
    for category in (ALL, *CATEGORIES):
        known = [fact for period in periods if (fact := facts.of(SCORE, period, category=category, unit="score")).known]
        if not known:
            continue
        low, high = (pick(known, key=_value) for pick in (min, max))
        name = "in all" if category == ALL else category
        between: tuple[Piece, ...] = (score_of(low), " to ", score_of(high), ", ") if len(known) > 1 else ()
        ended: tuple[Piece, ...] = ("at the end ", score_of(known[-1]))
        if known[-1].period != periods[-1]:
            ended = (score_of(known[-1]), f" in {known[-1].period}, none since")
        parts += ["; " if parts else "", f"{name} ", *between, *ended]
    return say(f"Scores from {periods[0]} to {periods[-1]}: ", *parts, ".")


def foretold(facts: Facts, periods: Iterable[str]) -> Sentence:
    """The revenue foretold for each period as the range of eight runs in ten, its middle, and the plan.

    Raises NotUsable where none is known.

    >>> told = [Fact("foretold_revenue", "2026Q4", 90.0, "money", low=80.0, high=99.0)]
    >>> told += [Fact("revenue", "2026Q4", 95.0, "money", role="plan")]
    >>> foretold(Facts(told), ["2026Q4"]).text("USD")
    'Foretold for 2026Q4 is USD 80 to USD 99, in the middle USD 90, below its plan of USD 95.'
    """
    parts: list[Piece] = []
    for period in periods:
        middle, plan = facts.of("foretold_revenue", period, unit="money"), facts.plan(period)
        if not middle.known:
            continue
        beside: tuple[Piece, ...] = ()
        if plan.known and plan.value is not None:
            side = "below" if _value(middle) < plan.value else "above" if _value(middle) > plan.value else "at"
            beside = (f", {side} its plan of ", plan)
        opening = f"; for {period} " if parts else f"Foretold for {period} is "
        parts += [opening, low_of(middle), " to ", high_of(middle), ", in the middle ", middle, *beside]
    if not parts:
        raise NotUsable("no period of which revenue is foretold was given; say in words that there is nothing to draw.")
    return say(*parts, ".")


def steps(start: tuple[str, Fact], taken: Sequence[tuple[str, Fact]], end: tuple[str, Fact]) -> Sentence:
    """The steps of a bridge in their order, each up or down, from where it starts to where it ends.

    >>> amounts = [("Plan", 100.0), ("Slipped out", -30.0), ("2026Q3", 70.0)]
    >>> first, step, last = [(label, Fact("revenue", "2026Q3", value, "money")) for label, value in amounts]
    >>> steps(first, [step], last).text("USD")
    'The bars go from USD 100 (Plan) over “Slipped out” (USD −30) to USD 70 (2026Q3).'
    """
    over = in_list([(*_quoted(label), " (", fact, ")") for label, fact in taken])
    between: tuple[Piece, ...] = (" over ", *over) if taken else ()
    (first, begins), (last, ends) = start, end
    return say("The bars go from ", begins, " (", named(first), ")", *between, " to ", ends, " (", named(last), ").")


def _quoted(label: str) -> tuple[Piece, ...]:
    return "“", named(label), "”"
