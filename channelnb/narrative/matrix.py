"""Facts and sentences on the matrix of a manager's partners: how many call for what, and of how many it is unsure."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import Fact, Facts, Grain
from channelnb.narrative.scores import score_of
from channelnb.narrative.sentence import Piece, Sentence, defined, in_list, named, number_of, say
from channelnb.numbers import percent
from channelnb.planning.matrix import ACROSS, DECIDE, GROW, HELP, SECURE, UNDECIDED, UPWARDS
from channelnb.scoring import MOVE, SCORE

PLACED, IN_QUADRANT, UNPLACED = "partners_placed", "partners_in_quadrant", "partners_without_scores"
MEDIAN = "score_median"
"""The metrics of the facts on a matrix; what a quadrant counts has its name as its grain."""

WORDS = {
    GROW: "to grow with",
    SECURE: "to secure",
    HELP: "to help to win",
    DECIDE: "to decide on",
}
"""What each quadrant calls for, after "there are three partners"."""

MEANS = {HELP: "Help to win", GROW: "Grow", DECIDE: "Decide", SECURE: "Secure"}
"""What stands in the corners of the picture: upper left, upper right, lower left, lower right."""


def matrix_facts(
    scores: pd.DataFrame, parted: pd.DataFrame, placed: pd.DataFrame, *, period: str, there: Iterable[str]
) -> Iterable[Fact]:
    """The facts on a matrix: each score with its range, the borders, and how many partners lie where.

    Needs the scores of the manager's partners in the period, the borders, and the partners as placed; `there` are the
    ids of those that have not left.
    """
    for row in records(scores):
        grain: Grain = (("category", str(row["category"])), ("partner_id", str(row["partner_id"])))
        value, low, high = (None if pd.isna(row[name]) else float(row[name]) for name in ("score", "low", "high"))
        yield Fact(SCORE, period, value, "score", grain, low=low, high=high, state=str(row["state"]))
    for row in records(parted):
        grain = (("category", str(row["category"])),)
        yield Fact(MEDIAN, period, float(row["median"]), "score", grain, n=int(row["n"]))
    ids = set(there)
    yield Fact(PLACED, period, float(len(placed)), "count")
    yield Fact(UNPLACED, period, float(len(ids - set(placed["partner_id"]))), "count")
    for quadrant in (*WORDS, UNDECIDED):
        number = float(placed["quadrant"].eq(quadrant).sum())
        yield Fact(IN_QUADRANT, period, number, "count", (("quadrant", quadrant),))


def finding(facts: Facts, period: str) -> Sentence:
    """How many partners the matrix places for sure, and where.

    >>> told = [Fact(PLACED, "2026Q3", 7.0, "count")]
    >>> counts = {GROW: 2.0, DECIDE: 1.0, UNDECIDED: 4.0}
    >>> told += [Fact(IN_QUADRANT, "2026Q3", n, "count", (("quadrant", name),)) for name, n in counts.items()]
    >>> finding(Facts(told), "2026Q3").text("")
    'Of 7 partners with scores for 2026Q3, 2 are to grow with and 1 to decide on; 4 lie too near to a median to say.'
    """
    whole, unsure = facts.of(PLACED, period), facts.of(IN_QUADRANT, period, quadrant=UNDECIDED)
    sure = [(facts.of(IN_QUADRANT, period, quadrant=quadrant), word) for quadrant, word in WORDS.items()]
    sure = [(fact, word) for fact, word in sure if fact.value]
    opening = ("Of ", number_of(whole, "partner"), f" with scores for {period}, ")
    if not sure:
        return say(*opening, "none can be placed: each lies too near to a median to say.")
    first = "is " if sure[0][0].value == 1 else "are "
    parts: list[tuple[Piece, ...]] = [
        (fact, f" {first if place == 0 else ''}{word}") for place, (fact, word) in enumerate(sure)
    ]
    if not unsure.value:
        return say(*opening, *in_list(parts), ".")
    lie = "lies" if unsure.value == 1 else "lie"
    return say(*opening, *in_list(parts), "; ", unsure, f" {lie} too near to a median to say.")


def who(facts: Facts, placed: pd.DataFrame, names: dict[str, str], *, period: str) -> list[Sentence]:
    """The partners that each quadrant surely holds, by name; nothing of a quadrant that is empty.

    >>> one = Fact(IN_QUADRANT, "2026Q3", 1.0, "count", (("quadrant", GROW),))
    >>> placed = pd.DataFrame({"partner_id": ["P1"], "quadrant": [GROW]})
    >>> [said.text("") for said in who(Facts([one]), placed, {"P1": "Ada"}, period="2026Q3")]
    ['To grow with: Ada.']
    """
    said = []
    for quadrant, word in WORDS.items():
        ids = placed.loc[placed["quadrant"].eq(quadrant), "partner_id"].astype(str)
        if len(ids):
            shown = [named(names[partner_id]) for partner_id in ids[:_MOST_NAMED]]
            many = facts.of(IN_QUADRANT, period, quadrant=quadrant)
            among = (f"{word[:1].upper()}{word[1:]}, among ", many, ": ")
            opening = among if len(ids) > _MOST_NAMED else (f"{word[:1].upper()}{word[1:]}: ",)
            said.append(say(*opening, *in_list(shown), "."))
    return said


_MOST_NAMED = 6


def without(facts: Facts, period: str) -> list[Sentence]:
    """How many partners cannot be placed for want of a score; nothing where each has both.

    >>> [said.text("") for said in without(Facts([Fact(UNPLACED, "2026Q3", 2.0, "count")]), "2026Q3")]
    ['2 more partners are not placed: they lack a score in performance or in activity.']
    """
    number = facts.of(UNPLACED, period)
    if not number.value:
        return []
    are = "is not placed: it lacks" if number.value == 1 else "are not placed: they lack"
    counted = number_of(number, "more partner")
    return [say(counted, f" {are} a score in {ACROSS} or in {UPWARDS}.")]


def drawn(facts: Facts, period: str, *, most: int, listed: int) -> list[Sentence]:
    """That a picture draws at most so many partners, and its table has so many rows; nothing where all are drawn.

    >>> facts = Facts([Fact(PLACED, "2026Q3", 150.0, "count")])
    >>> [said.text("") for said in drawn(facts, "2026Q3", most=40, listed=100)]
    ['Drawn are 40 of 150 partners, those whose place is sure first; the table has the first 100.']
    """
    placed = facts.of(PLACED, period)
    if (placed.value or 0) <= most:
        return []
    first: tuple[Piece, ...] = ("the first ", defined(str(listed))) if (placed.value or 0) > listed else ("them all",)
    opening = ("Drawn are ", defined(str(most)), " of ", number_of(placed, "partner"))
    return [say(*opening, ", those whose place is sure first; the table has ", *first, ".")]


def reading(facts: Facts, period: str) -> Sentence:
    """How to read the picture: what parts it, and what dots and lines are.

    >>> told = [Fact(MEDIAN, "2026Q3", 80.0, "score", (("category", name),), n=9) for name in (ACROSS, UPWARDS)]
    >>> reading(Facts(told), "2026Q3").text("").split(". ")[0]
    "Dashed are the medians of all the vendor's partners, 80 in performance and 80 in activity"
    """
    across, up = (facts.of(MEDIAN, period, category=name, unit="score") for name in (ACROSS, UPWARDS))
    return say(
        "Dashed are the medians of all the vendor's partners, ", score_of(across), f" in {ACROSS} and ", score_of(up),
        f" in {UPWARDS}. The thin lines are what a score can be with each weight up to ", defined(percent(MOVE)),
        " higher or lower; where they reach over a median the dot is hollow, and nothing is said.",
    )  # fmt: skip
