"""Sentences on what changed since the review before: what got worse, what got better, and what is about as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    UNSURE,
    VERSION,
    WORSE,
)
from channelnb.fiscal import length_of
from channelnb.metrics.known import KNOWN
from channelnb.narrative.change_facts import INDEX, Change, Firm, chosen, crossed, told, weight
from channelnb.narrative.facts import Fact
from channelnb.narrative.scores import score_of
from channelnb.narrative.sentence import Piece, Sentence, called, in_list, named, number_of, say, words
from channelnb.scoring import SCORE


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
    if unsure := [_in_brackets(change) for change in told(by_metric) if change.kind == UNSURE]:
        said.append(say("Too few cases to tell: ", *in_list(unsure), "."))
    return [*said, *_of_firm(firm), *_not_compared(by_metric)]


def _beside(change: Change) -> tuple[Piece, ...]:
    """A figure of now beside the one told then; of what lies ahead each with its period."""
    now, then, label = figure_of(change.now), figure_of(change.then), label_of(change.metric)
    if change.metric in _COUNTS:
        return (number_of(change.now, *_COUNTS[change.metric]), " (", then, " then)")
    if HEADLINES[change.metric].ahead:
        return (label, f" for {change.now.period} at ", now, " (", then, f" for {change.then.period} then)")
    return (label, " at ", now, " (", then, " then)")


def _in_brackets(change: Change) -> tuple[Piece, ...]:
    """What a figure is called, and in brackets both figures."""
    now, then, label = figure_of(change.now), figure_of(change.then), label_of(change.metric)
    if HEADLINES[change.metric].ahead:
        return (label, " (", now, f" for {change.now.period}, ", then, f" for {change.then.period} then)")
    return (label, " (", now, ", ", then, " then)")


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


UNDER_PLAN, AT_PLAN, UNDER_TARGET, AT_TARGET = "under_plan", "over_plan", "under_target", "over_target"
NEW, GONE, OTHER_TIER = "new", "left", "tier"


@dataclass(frozen=True)
class FlagKind:
    """What a flag is called where partners are chosen by it, what so many partners did, and how it is marked.

    `counted` is the metric of the fact that counts these partners; `of` the figure that came to the other side, if any.
    """

    choice: str
    verb: str
    counted: str
    of: str = ""
    arrow: str = "level"
    tone: str = "neutral"


_FELL, _CAME = {"arrow": "down", "tone": "bad"}, {"arrow": "up", "tone": "good"}
FLAGS = {
    UNDER_PLAN: FlagKind("now under plan", "fell under plan", "partners_now_under_plan", "attainment", **_FELL),
    AT_PLAN: FlagKind("now at plan or over", "came to plan or over", "partners_now_over_plan", "attainment", **_CAME),
    UNDER_TARGET: FlagKind(
        "pipeline now under target", "slipped under the pipeline target", "partners_now_under_target", INDEX, **_FELL
    ),
    AT_TARGET: FlagKind(
        "pipeline now at target or over", "reached the pipeline target", "partners_now_over_target", INDEX, **_CAME
    ),
    NEW: FlagKind("new", "joined", "partners_new_since"),
    GONE: FlagKind("left", "left", "partners_left_since", **_FELL),
    OTHER_TIER: FlagKind("another tier", "changed tier", "partners_of_other_tier"),
    MERGED: FlagKind("a firm merged in", "took another firm in", "partners_merged_since"),
}
"""Everything that lists of partners mark, in the order in which it is told."""


@dataclass(frozen=True)
class Flag:
    """What a reader of a list of partners looks for: the `key` of its kind, and words where it has its own.

    >>> Flag("under_plan").words, Flag("tier", "tier Gold, was Silver").words
    ('now under plan', 'tier Gold, was Silver')
    """

    key: str
    text: str = ""

    @property
    def kind(self) -> FlagKind:
        """What is said of all flags of its key."""
        return FLAGS[self.key]

    @property
    def words(self) -> str:
        """What stands in a partner's row."""
        return self.text or self.kind.choice


def flags(by_metric: Mapping[str, Change], firm: Firm, *, target: float) -> list[Flag]:
    """What changed of a partner that a list of partners marks: which side of plan and target it is on, tier, standing.

    Needs what `changes_of` and `firm_of` tell of the partner, and the target of the pipeline index.

    >>> flags({}, Firm(standing="partner"), target=4.0)
    [Flag(key='new', text='')]
    """
    if not firm.known_then:
        return [Flag(NEW)]
    found = [Flag(GONE)] if firm.left_since else []
    found += [Flag(OTHER_TIER, f"tier {firm.tier}, was {firm.tier_then}")] if firm.other_tier else []
    sides = (("attainment", 1.0, UNDER_PLAN, AT_PLAN), (INDEX, target, UNDER_TARGET, AT_TARGET))
    for metric, limit, under, over in sides:
        way = crossed(by_metric[metric], limit) if metric in by_metric else 0
        found += [Flag(under if way < 0 else over)] if way else []
    if any(change.because == MERGED for change in by_metric.values()):
        found.append(Flag(MERGED))
    return found


_MOST_NAMED = 4


@dataclass(frozen=True)
class Since:
    """What changed of one partner since the review before: its flags, and its headline figures by metric."""

    flags: tuple[Flag, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)


def in_all(changes: Mapping[str, Change], *, before: str) -> list[Sentence]:
    """What changed of all partners together since the review of `before`: one sentence, or none.

    Needs what `changes_of` tells of the table ``changes_in_all``.

    >>> then, now = Fact("win_rate", "2026Q2", 0.2, "share"), Fact("win_rate", "2026Q3", 0.5, "share")
    >>> [said.text("USD") for said in in_all({"win_rate": Change("win_rate", then, now, BETTER)}, before="2026Q2")]
    ['All partners together, since the review of 2026Q2: better in win rate (50 %, 20 % then).']
    """
    important = chosen(changes, target=0.0)
    pieces: list[Piece] = []
    for kind, opening in ((WORSE, "worse in "), (BETTER, "better in ")):
        if items := [_in_brackets(change) for change in important if change.kind == kind]:
            pieces += [*(["; "] if pieces else []), opening, *in_list(items)]
    return [say(f"All partners together, since the review of {before}: ", *pieces, ".")] if pieces else []


def of_how_many(partners: Iterable[Since], *, before: str, period: str) -> list[Sentence]:
    """How many of the partners came to the other side of plan or target, joined, left or changed tier: one sentence.

    None where nothing of the kind is so.

    >>> [said.text("") for said in of_how_many([Since((Flag(NEW),))], before="2026Q2", period="2026Q3")]
    ['Since the review of 2026Q2 1 partner joined.']
    """
    numbers = Counter(flag.key for one in partners for flag in one.flags)
    groups = [(_number(key, numbers[key], period), f" {kind.verb}") for key, kind in FLAGS.items() if numbers[key]]
    return [say(f"Since the review of {before} ", *in_list(groups), ".")] if groups else []


def _number(key: str, number: int, period: str) -> Piece:
    return number_of(Fact(FLAGS[key].counted, period, float(number), "count"), "partner")


def by_name(partners: Iterable[tuple[str, Since]], *, period: str) -> list[Sentence]:
    """Which partners came to the other side of plan or target, joined, left, or changed tier: a sentence for each.

    Needs the name of each partner and what changed of it; those furthest from where they were are named. They stand
    under a label that names the review before.

    >>> then, now = Fact("attainment", "2026Q2", 1.1, "share"), Fact("attainment", "2026Q3", 0.9, "share")
    >>> ada = Since((Flag(UNDER_PLAN),), {"attainment": Change("attainment", then, now, WORSE)})
    >>> [said.text("USD") for said in by_name([("Ada", ada)], period="2026Q3")]
    ['1 partner fell under plan: Ada at 90 % (110 % then).']
    """
    said: list[Sentence] = []
    every = list(partners)
    for key, kind in FLAGS.items():
        flagged = [place for place, (_, one) in enumerate(every) if any(flag.key == key for flag in one.flags)]
        found = sorted((-_weight(key, every[place][1]), every[place][0], place) for place in flagged)
        if found:
            items = [_one(key, name, every[place][1]) for _, name, place in found[:_MOST_NAMED]]
            among = ", among them " if len(found) > _MOST_NAMED else ": "
            said.append(say(_number(key, len(found), period), f" {kind.verb}{among}", *in_list(items), "."))
    return said


def _weight(key: str, one: Since) -> float:
    return weight(one.changes[FLAGS[key].of]) if FLAGS[key].of else 0.0


def _one(key: str, name: str, one: Since) -> tuple[Piece, ...]:
    if FLAGS[key].of:
        change = one.changes[FLAGS[key].of]
        return (named(name), " at ", change.now, " (", change.then, " then)")
    if key == OTHER_TIER:
        return (named(name), " (", named(next(flag.words for flag in one.flags if flag.key == key)), ")")
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
