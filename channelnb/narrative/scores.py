"""Sentences on a partner's scores, and the facts that they state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.aspects import high_of, low_of
from channelnb.narrative.facts import CHANGE, TARGET, Fact, Facts, Grain, from_row
from channelnb.narrative.figures import STATE_WORDS
from channelnb.narrative.sentence import (
    Piece,
    Sentence,
    Stated,
    called,
    defined,
    in_list,
    listed,
    say,
    stated,
)
from channelnb.numbers import percent, value_text, whole_number
from channelnb.scorecards import CATEGORIES
from channelnb.scoring import ALL, MOVE, SCORE

_UNIT, _POINTS = "score", "points"
_FULL = defined("100")
_COUNTS = ["metric", "weight", "target", "category_weight"]


def score_facts(scores: pd.DataFrame, metrics: pd.DataFrame, *, period: str, before: str) -> Iterable[Fact]:
    """The facts on a partner's scores: each period's by category, and for `period` what they are made of.

    Needs the partner's rows of the tables ``scores`` and ``score_metrics``. A change since the period `before` is told
    only where the same metrics counted in both, by the same weights and targets.
    """
    for row in records(scores):
        yield _fact(row, (("category", str(row["category"])),))
    for row in records(metrics[metrics["period"].eq(period)]):
        category, name = str(row["category"]), str(row["metric"])
        yield _fact(row, (("category", category), ("scored", name)))
        yield Fact(name, period, float(row["target"]), KNOWN[name].unit, (("category", category),), TARGET)
    yield from _changes(scores, metrics, period, before)


def _fact(row: Mapping[str, Any], grain: Grain) -> Fact:
    return replace(from_row({**row, "metric": SCORE, "value": row["score"]}, unit=_UNIT), grain=grain)


def _changes(scores: pd.DataFrame, metrics: pd.DataFrame, period: str, before: str) -> Iterable[Fact]:
    for category in (ALL, *CATEGORIES):
        rows = scores[scores["category"].eq(category) & scores["score"].notna()].set_index("period")["score"]
        if period in rows and before in rows and comparable(metrics, category, period, before):
            change = float(rows[period] - rows[before])
            yield Fact(SCORE, period, change, _POINTS, (("category", category),), CHANGE)


def comparable(metrics: pd.DataFrame, category: str, period: str, before: str) -> bool:
    """Did the same metrics count in a category in both periods, by the same weights and targets?

    Needs the partner's rows of the table ``score_metrics``.

    >>> rows = {"category": "activity", "metric": "win_rate", "weight": 1.0, "category_weight": 1.0, "score": 50.0}
    >>> metrics = pd.DataFrame({**rows, "period": ["2026Q2", "2026Q3"], "target": [0.4, 0.5]})
    >>> comparable(metrics, "activity", "2026Q3", "2026Q2")
    False
    """
    return _made_of(metrics, category, period) == _made_of(metrics, category, before)


def _made_of(metrics: pd.DataFrame, category: str, period: str) -> set[tuple[Any, ...]]:
    """What counted in a category: two scores can be compared when the same did."""
    there = metrics["period"].eq(period) & metrics["score"].notna()
    within = metrics["category"].eq(category) if category != ALL else True
    return set(metrics.loc[there & within, _COUNTS].itertuples(index=False, name=None))


def score_of(fact: Fact) -> Stated:
    """A score as it is written, in whole points, or why there is none.

    >>> score_of(Fact("score", "2026Q3", 72.4, "score")).text
    '72'
    """
    return stated(fact, STATE_WORDS.get(fact.state, fact.state) if fact.value is None else whole_number(fact.value))


def range_of(fact: Fact) -> tuple[Piece, ...]:
    """The range that a score takes when weights move, its ends each a figure; nothing where it has none.

    >>> say(*range_of(Fact("score", "2026Q3", 72.4, "score", low=70.2, high=74.0))).text("")
    '70 to 74'
    """
    low, high = low_of(fact), high_of(fact)
    return (score_of(low), " to ", score_of(high)) if low.known and high.known else ()


def in_all(facts: Facts, period: str, before: str, *, so_far: bool = False) -> Sentence:
    """The score in all, its change since the period before, and how far it hangs on the weights.

    >>> grain = (("category", "all"),)
    >>> whole = Fact("score", "2026Q3", 72.4, "score", grain, low=70.2, high=74.0)
    >>> change = Fact("score", "2026Q3", 3.0, "points", grain, CHANGE)
    >>> in_all(Facts([whole, change]), "2026Q3", "2026Q2").text("USD").split("; ")[0]
    'The partner scored 72 of 100 in 2026Q3, up 3 points on 2026Q2'
    >>> in_all(Facts([whole]), "2026Q3", "2026Q2").text("USD").split("; ")[1]
    'with each weight up to 20 % higher or lower it lies between 70 and 74.'
    """
    whole = facts.of(SCORE, period, category=ALL, unit=_UNIT)
    if not whole.known:
        return say(f"The partner has no score in {period}: no metric of its scorecard has a figure to go by.")
    change = facts.of(SCORE, period, role=CHANGE, category=ALL, unit=_POINTS)
    opening = ("The partner scored ", score_of(whole), " of ", _FULL, f" in {period}{' so far' if so_far else ''}")
    moved = ("; with each weight up to ", defined(percent(MOVE)), " higher or lower it ", *_lies(whole), ".")
    return say(*opening, *_since(change, before), *moved)


def _lies(whole: Fact) -> tuple[Piece, ...]:
    low, high = low_of(whole), high_of(whole)
    if not low.known or not high.known or score_of(low).text == score_of(high).text:
        return ("stays",)
    return "lies between ", score_of(low), " and ", score_of(high)


def _since(change: Fact, before: str) -> tuple[str | Stated, ...]:
    if not change.known or change.value is None:
        return ()
    size = whole_number(abs(change.value))
    if size == "0":
        return (f", level with {before}",)
    told = value_text(float(size), _POINTS, "")
    return (", up " if change.value > 0 else ", down ", stated(change, told), f" on {before}")


def extremes(facts: Facts, period: str) -> Sentence | None:
    """The categories with the highest and the lowest score; None where fewer than two have one, or all are level.

    >>> by = {"performance": 88.0, "activity": 41.2}
    >>> scored = [Fact("score", "2026Q3", value, "score", (("category", name),)) for name, value in by.items()]
    >>> extremes(Facts(scored), "2026Q3").text("USD")
    'Its highest score is in performance, 88, its lowest in activity, 41.'
    """
    scored = [facts.of(SCORE, period, category=name, unit=_UNIT) for name in CATEGORIES]
    known = sorted((fact for fact in scored if fact.known), key=lambda fact: fact.value or 0.0)
    if len(known) < 2 or whole_number(known[0].value or 0.0) == whole_number(known[-1].value or 0.0):
        return None
    (_, lowest), (_, highest) = known[0].grain[0], known[-1].grain[0]
    return say(
        f"Its highest score is in {highest}, ", score_of(known[-1]),
        f", its lowest in {lowest}, ", score_of(known[0]), ".",
    )  # fmt: skip


def left_out(facts: Facts, period: str) -> list[Sentence]:
    """Which metrics, and which categories, have no score, and what became of their weight.

    >>> grain = (("category", "activity"), ("scored", "lead_acceptance"))
    >>> few = Fact("score", "2026Q3", None, "score", grain, state="too_few")
    >>> none = Fact("score", "2026Q3", None, "score", (("category", "activity"),), state="no_data")
    >>> [said.text("USD") for said in left_out(Facts([few, none]), "2026Q3")]
    ['Not scored: lead acceptance (too few to say); no score: activity. What is left has their weight.']
    """
    unscored = [fact for fact in facts.values() if fact.metric == SCORE and fact.period == period and not fact.known]
    names: list[tuple[Piece, ...]] = [
        (called(dict(fact.grain)["scored"]), f" ({STATE_WORDS.get(fact.state, fact.state)})")
        for fact in unscored
        if "scored" in dict(fact.grain)
    ]
    blank = [dict(fact.grain)["category"] for fact in unscored if len(fact.grain) == 1]
    whole = [name for name in blank if name != ALL]
    if not names:
        return []
    categories = f"; no score: {listed(whole)}" if whole else ""
    weight = "" if ALL in blank else " What is left has their weight."
    return [say("Not scored: ", *in_list(names), f"{categories}.{weight}")]


def not_compared(facts: Facts, period: str, before: str) -> list[Sentence]:
    """Which scores are not set against those of the period before, as they are made of something else.

    >>> whole = [Fact("score", period, 70.0, "score", (("category", "all"),)) for period in ("2026Q2", "2026Q3")]
    >>> [said.text("USD") for said in not_compared(Facts(whole), "2026Q3", "2026Q2")]
    ['Not compared with 2026Q2, when other metrics, weights or targets counted: the score in all.']
    """
    names = {ALL: "the score in all"}
    apart = [
        names.get(category, category)
        for category in (ALL, *CATEGORIES)
        if all(facts.of(SCORE, when, category=category, unit=_UNIT).known for when in (period, before))
        and not facts.of(SCORE, period, role=CHANGE, category=category, unit=_POINTS).known
    ]
    said = f"Not compared with {before}, when other metrics, weights or targets counted: {listed(apart)}."
    return [say(said)] if apart else []
