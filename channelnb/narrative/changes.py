"""Sentences on what changed since the review before: what got worse, what got better, and what is about as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from channelnb.changes import (
    AS_BEFORE,
    BETTER,
    CALENDAR,
    CURRENCY,
    DEFINED,
    HEADLINES,
    MERGED,
    MISSED,
    RUNNING,
    SCORE,
    VERSION,
    WORSE,
)
from channelnb.fiscal import length_of
from channelnb.metrics.known import KNOWN
from channelnb.narrative.change_facts import INDEX, Change, Firm, changes_of, chosen, crossed, firm_of, told, weight
from channelnb.narrative.facts import Fact
from channelnb.narrative.scores import score_of
from channelnb.narrative.sentence import Piece, Sentence, called, in_list, named, number_of, say, words


def since(by_metric: Mapping[str, Change], firm: Firm, *, target: float) -> list[Sentence]:
    """What changed of a partner since the review before, as it stands under a label that names that review.

    Needs what `changes_of` and `firm_of` tell of the partner, and the target of the pipeline index. These are two or
    three sentences, mostly.

    >>> then, now = Fact("win_rate", "2026Q2", 0.2, "share"), Fact("win_rate", "2026Q3", 0.5, "share")
    >>> rate, firm = Change("win_rate", then, now, BETTER), Firm(standing_then="partner", standing="partner")
    >>> [said.text("USD") for said in since({"win_rate": rate}, firm, target=4.0)]
    ['Better: win rate at 50 % (20 % then).']
    """
    if not firm.known_then:
        return [say("That review did not tell of it yet: there is nothing to compare with.")]
    important = chosen(by_metric, target=target)
    said: list[Sentence] = []
    for kind, opening in ((WORSE, "Worse"), (BETTER, "Better")):
        if items := [_beside(change) for change in important if change.kind == kind]:
            said.append(say(f"{opening}: ", *in_list(items), "."))
    if level := [label_of(change.metric) for change in told(by_metric) if change.kind == AS_BEFORE]:
        said.append(say("About as before: ", *in_list(level), "."))
    return [*said, *_of_firm(firm), *_not_compared(by_metric)]


def _beside(change: Change) -> tuple[Piece, ...]:
    """A figure of now beside the one told then; of what lies ahead each with its period."""
    now, then, label = figure_of(change.now), figure_of(change.then), label_of(change.metric)
    if change.metric in _COUNTS:
        return (number_of(change.now, *_COUNTS[change.metric]), " (", then, " then)")
    if HEADLINES[change.metric].ahead:
        return (label, f" for {change.now.period} at ", now, " (", then, f" for {change.then.period} then)")
    return (label, " at ", now, " (", then, " then)")


_COUNTS = {
    MISSED: ("promise missed", "promises missed"),
    "certified_people": ("certified person", "certified people"),
}


def label_of(metric: str) -> Piece:
    """A headline figure as it is called in a sentence.

    >>> label_of("win_rate"), label_of("promises_missed")
    ('win rate', 'promises missed')
    """
    return {MISSED: "promises missed", SCORE: "the score in all"}.get(metric) or called(metric)


def figure_of(fact: Fact) -> Piece:
    """A headline figure as it is written: a score in whole points."""
    return score_of(fact) if fact.metric == SCORE else fact


def _of_firm(firm: Firm) -> list[Sentence]:
    """That the tier is another one, or that the partner left since."""
    said = []
    if firm.other_tier:
        said.append(say("Its tier is ", named(firm.tier), ", where it was ", named(firm.tier_then), "."))
    if firm.left_since:
        said.append(say("It has left since."))
    return said


def _not_compared(changes: Mapping[str, Change]) -> list[Sentence]:
    """Why most figures are not compared, where a reader would wonder."""
    reasons = {change.because for change in changes.values()}
    if MERGED in reasons:
        return [say("A firm merged into it since, so its figures are not compared.")]
    if RUNNING in reasons:
        return [say("Compared is only what is told of a day, as the period is not over.")]
    return []


@dataclass(frozen=True)
class Flag:
    """What a reader of a list of partners looks for: a `key` to filter by, words, an arrow and a tone."""

    key: str
    text: str
    arrow: str = "level"
    tone: str = "neutral"


def flags(changes: pd.DataFrame, *, target: float) -> list[Flag]:
    """What changed of a partner that a list of partners marks: which side of plan and target it is on, tier, standing.

    Needs the partner's rows of the table ``changes``, and the target of the pipeline index.

    >>> row = {"metric": "standing", "said_then": "", "said_now": "partner"}
    >>> flags(pd.DataFrame([row]), target=4.0)
    [Flag(key='new', text='new since', arrow='level', tone='neutral')]
    """
    firm, by_metric = firm_of(changes), changes_of(changes)
    if not firm.known_then:
        return [Flag(NEW, "new since")]
    found = [Flag(GONE, "left since", "down", "bad")] if firm.left_since else []
    found += [Flag(OTHER_TIER, f"tier {firm.tier}, was {firm.tier_then}")] if firm.other_tier else []
    for metric, limit, subject, against in (("attainment", 1.0, "", "plan"), (INDEX, target, "pipeline ", "target")):
        way = crossed(by_metric[metric], limit) if metric in by_metric else 0
        if way < 0:
            found.append(Flag(f"under_{against}", f"{subject}now under {against}", "down", "bad"))
        elif way > 0:
            found.append(Flag(f"over_{against}", f"{subject}now at {against} or over", "up", "good"))
    if any(change.because == MERGED for change in by_metric.values()):
        found.append(Flag(MERGED, "a firm merged in since"))
    return found


UNDER_PLAN, AT_PLAN, UNDER_TARGET, AT_TARGET = "under_plan", "over_plan", "under_target", "over_target"
NEW, GONE, OTHER_TIER = "new", "left", "tier"
_OF_PARTNERS = {
    UNDER_PLAN: ("partners_now_under_plan", "fell under plan"),
    AT_PLAN: ("partners_now_over_plan", "came to plan or over"),
    UNDER_TARGET: ("partners_now_under_target", "slipped under the pipeline target"),
    AT_TARGET: ("partners_now_over_target", "reached the pipeline target"),
    NEW: ("partners_new_since", "joined"),
    GONE: ("partners_left_since", "left"),
    OTHER_TIER: ("partners_of_other_tier", "changed tier"),
}
_CROSSES = {UNDER_PLAN: "attainment", AT_PLAN: "attainment", UNDER_TARGET: INDEX, AT_TARGET: INDEX}
_MOST_NAMED = 4


@dataclass(frozen=True)
class Since:
    """What changed of one partner since the review before: its flags, and its headline figures by metric."""

    flags: tuple[Flag, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)


def in_all(changes: pd.DataFrame, partners: Iterable[Since], *, before: str, period: str) -> list[Sentence]:
    """What changed of all partners together since the review of `before`, and of how many: at most three sentences.

    Needs the table ``changes_in_all``, and what changed of each partner.
    """
    important = chosen(changes_of(changes), target=0.0)
    said: list[Sentence] = []
    for kind, opening in ((WORSE, "Worse"), (BETTER, "Better")):
        if items := [_beside(change) for change in important if change.kind == kind]:
            opens = f"{opening}: " if said else f"{opening} of all together than in the review of {before}: "
            said.append(say(opens, *in_list(items), "."))
    every = list(partners)
    groups = [
        (_number(key, number, period), f" {_OF_PARTNERS[key][1]}")
        for key in _OF_PARTNERS
        if (number := sum(any(flag.key == key for flag in one.flags) for one in every))
    ]
    return [*said, say(f"Since the review of {before} ", *in_list(groups), ".")] if groups else said


def _number(key: str, number: int, period: str) -> Piece:
    return number_of(Fact(_OF_PARTNERS[key][0], period, float(number), "count"), "partner")


def by_name(partners: Iterable[tuple[str, Since]], *, period: str) -> list[Sentence]:
    """Which partners came to the other side of plan or target, joined, left, or changed tier: a sentence for each.

    Needs the name of each partner and what changed of it; those furthest from where they were are named. They stand
    under a label that names the review before.

    >>> then, now = Fact("attainment", "2026Q2", 1.1, "share"), Fact("attainment", "2026Q3", 0.9, "share")
    >>> ada = Since((Flag(UNDER_PLAN, "now under plan"),), {"attainment": Change("attainment", then, now, WORSE)})
    >>> [said.text("USD") for said in by_name([("Ada", ada)], period="2026Q3")]
    ['1 partner fell under plan: Ada at 90 % (110 % then).']
    """
    said: list[Sentence] = []
    every = list(partners)
    for key, (_, verb) in _OF_PARTNERS.items():
        flagged = [place for place, (_, one) in enumerate(every) if any(flag.key == key for flag in one.flags)]
        found = sorted((-_weight(key, every[place][1]), every[place][0], place) for place in flagged)
        if found:
            items = [_one(key, name, every[place][1]) for _, name, place in found[:_MOST_NAMED]]
            among = ", among them " if len(found) > _MOST_NAMED else ": "
            said.append(say(_number(key, len(found), period), f" {verb}{among}", *in_list(items), "."))
    return said


def _weight(key: str, one: Since) -> float:
    return weight(one.changes[_CROSSES[key]]) if key in _CROSSES else 0.0


def _one(key: str, name: str, one: Since) -> tuple[Piece, ...]:
    if key in _CROSSES:
        change = one.changes[_CROSSES[key]]
        return (named(name), " at ", change.now, " (", change.then, " then)")
    if key == OTHER_TIER:
        return (named(name), " (", named(next(flag.text for flag in one.flags if flag.key == key)), ")")
    return (named(name),)


def heading(change: Change) -> Sentence:
    """A headline figure as it heads a row.

    >>> ahead = [Fact("pipeline_index", period, 3.0, "index") for period in ("2026Q3", "2026Q4")]
    >>> heading(Change("pipeline_index", *ahead, AS_BEFORE)).text("USD")
    'Pipeline index, next quarter'
    """
    metric = change.metric
    label = {MISSED: "Promises missed", SCORE: "Score in all"}.get(metric) or KNOWN[metric].label
    return say(words(label), f", next {length_of(change.now.period)}" if HEADLINES[metric].ahead else "")


def why_apart(change: Change) -> str:
    """Why a figure is not compared, in the words of a cell.

    >>> then, now = Fact("win_rate", "2026Q2", None, "share", state="no_data"), Fact("win_rate", "2026Q3", 0.5, "share")
    >>> why_apart(Change("win_rate", then, now, "not_compared", "unknown"))
    'not compared'
    """
    return f"not compared: {_APART[change.because]}" if change.because in _APART else "not compared"


_APART = {
    CURRENCY: "its figures were in another currency",
    CALENDAR: "it went by another fiscal calendar",
    VERSION: "an older version of channelnb kept too little of it",
    RUNNING: "the period is not over",
    MERGED: "a firm merged into this one since",
    DEFINED: "it is worked out of other figures now",
}


def apart(reason: str, *, before: str) -> Sentence:
    """Why nothing is compared with the review of the period `before`.

    >>> apart(CURRENCY, before="2026Q2").text("USD")
    'Nothing is compared with the review of 2026Q2: its figures were in another currency.'
    """
    return say(f"Nothing is compared with the review of {before}: {_APART[reason]}.")
