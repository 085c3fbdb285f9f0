"""Sentences on how a business plan was made: its ways, and the rules by which inputs, season and rates are found."""

from __future__ import annotations

from channelnb.narrative.facts import Facts
from channelnb.narrative.plan_facts import PROPOSED, Span
from channelnb.narrative.sentence import Sentence, defined, in_list, number_of, say
from channelnb.planning.business.plan import CUSTOM, PERCENTAGE, SAMPLE

WAYS = {PERCENTAGE: "a percentage on the last year", SAMPLE: "a sample forecast", CUSTOM: "figures of its own"}
"""What each way to plan a line is called in a sentence."""


def ways(facts: Facts, span: Span) -> Sentence | None:
    """How many lines are planned in which way."""
    counts = [
        (number_of(fact, "line"), f" by {words}")
        for way, words in WAYS.items()
        if (fact := facts.of("planned_lines", span.year_one, role=PROPOSED, way=way)).known
    ]
    return say("The proposal plans ", *in_list(counts), ".") if counts else None


def inputs() -> Sentence:
    """What the proposal's inputs rest on, which is the same for every partner.

    >>> inputs().text("").split(",")[0]
    'A line sold for a year or more grows by half of its own trend'
    """
    return say(
        "A line sold for a year or more grows by half of its own trend, which is drawn to that of all partners in the "
        "line the more the fewer sales it rests on, and from the second year on by a quarter of theirs; one that was "
        "started within the year follows the shape in which partners that started such lines grew."
    )


def seasons() -> Sentence:
    """Where the season comes from, which is the same for every partner.

    >>> seasons().text("").split(",")[0]
    'Months hold the share of a year that they had in the last full years'
    """
    return say(
        "Months hold the share of a year that they had in the last full years, at most three: the partner's own in "
        "the line, drawn to that of all partners, where it sold for two years, else theirs."
    )


def rules(min_firms: int, fewest_sales: int) -> Sentence:
    """Where rates come from, which is the same for every partner.

    >>> rules(6, 6).text("USD").split(":")[0]
    'Rates are those of the last twelve months'
    """
    return say(
        "Rates are those of the last twelve months: the partner's in the line where it made ",
        defined(f"{fewest_sales} sales or more"), " of it, else the partner's in all lines, else those of ",
        defined(f"{min_firms} firms or more"), ", in which no firm counts for more than a quarter; what it resells the "
        "goods for is never taken from others.",
    )  # fmt: skip
