"""Sentences and figures of the narrative as things that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.known import Described
from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.figures import Markup, figure
from channelnb.narrative.select import apart
from channelnb.narrative.sentence import Piece, Sentence, say
from channelnb.report.blocks import Card, sentences
from channelnb.report.shown import Shown
from channelnb.slice import INTERNAL

NOT_NAMED = "not named here"
"""What a page says of a person whose name it does not hold."""


def spoken(sentence: Sentence, currency: str) -> Shown:
    """One sentence, with its facts.

    >>> from channelnb.narrative.sentence import say
    >>> spoken(say("Nothing is known."), "USD").text
    'Nothing is known.'
    """
    markup = sentence.markup(currency)
    return Shown(markup.html, sentence.facts, markup.text)


def run_on(said: Iterable[Sentence], currency: str) -> Shown:
    """Sentences one after the other in a paragraph or caption, with their facts.

    >>> from channelnb.narrative.sentence import say
    >>> run_on([say("So."), say("Or so.")], "USD").text
    'So. Or so.'
    """
    parts = [spoken(sentence, currency) for sentence in said]
    facts = tuple(fact for part in parts for fact in part.facts)
    return Shown(" ".join(part.html for part in parts), facts, " ".join(part.text for part in parts))


def told(*pieces: Piece, currency: str = "") -> Shown:
    """Words, names and figures as they stand in a cell, a caption or a remark; each figure keeps its fact.

    >>> from channelnb.narrative.sentence import named
    >>> told("No sale is recorded for ", named("Granite 24"), ".").html
    'No sale is recorded for <span class="name">Granite 24</span>.'
    """
    return spoken(say(*pieces), currency)


def narrative(said: Iterable[Sentence], currency: str) -> Shown:
    """Sentences one below the other, no two neighbours worded alike.

    >>> from channelnb.narrative.sentence import say
    >>> narrative([say("So."), say("Or so.")], "USD").text
    'So.\\nOr so.'
    """
    return sentences([spoken(sentence, currency) for sentence in apart(said)])


def shown_figure(fact: Fact, currency: str) -> Shown:
    """A figure that keeps its fact, for a cell whose column holds several units.

    >>> shown_figure(Fact("win_rate", "2026Q3", 0.5, unit="share"), "USD").text
    '50 %'
    """
    markup: Markup = figure(fact, currency)
    return Shown(markup.html, (fact,), markup.text)


def metric_fact(facts: Facts, metric: Described, period: str, **grain: str) -> Fact:
    """The fact of a metric in its own unit.

    >>> from channelnb.metrics.registry import find
    >>> metric_fact(Facts([]), find("win_rate"), "2026Q3").unit
    'share'
    """
    return facts.of(metric.name, period, unit=metric.unit, **grain)


def headline(facts: Facts, metric: Described, period: str, *, beside: Sentence, currency: str) -> Card:
    """A headline figure with what stands beside it, or why there is none.

    >>> from channelnb.metrics.registry import find
    >>> from channelnb.narrative.sentence import say
    >>> headline(Facts([]), find("attainment"), "2026Q3", beside=say("plan"), currency="USD").otherwise
    'no plan for this partner'
    """
    fact = metric_fact(facts, metric, period)
    told = fact.known and all(other.known for other in beside.facts)
    why = f"no {fact.lacking} in the vendor's data" if fact.lacking else f"{metric.absent} for this partner"
    return Card(metric.label, fact, spoken(beside, currency) if told else "", why)


def names_of(people: pd.DataFrame, *, edition: str = INTERNAL) -> dict[str, str]:
    """What the people of a slice are called, by id: their name, or the id where they have none.

    An id tells the partner nothing: whoever has no name in its edition, for want of consent mostly, is a colleague,
    with a number where there are several.

    >>> people = pd.DataFrame({"salesperson_id": ["S1", "S2"], "name": ["Ann", None]})
    >>> names_of(people), names_of(people, edition="partner")
    ({'S1': 'Ann', 'S2': 'S2'}, {'S1': 'Ann', 'S2': 'a colleague not named here'})
    """
    rows = sorted(records(people), key=lambda row: str(row["salesperson_id"]))
    if edition == INTERNAL:
        return {str(row["salesperson_id"]): text(row["name"], row["salesperson_id"]) for row in rows}
    unnamed = [str(row["salesperson_id"]) for row in rows if pd.isna(row["name"])]
    several = len(unnamed) > 1
    called = {one: f"colleague {number} ({NOT_NAMED})" for number, one in enumerate(unnamed, start=1)}
    named = {str(row["salesperson_id"]): text(row["name"]) for row in rows}
    return named | (called if several else dict.fromkeys(unnamed, f"a colleague {NOT_NAMED}"))


def text(value: Any, otherwise: str = "") -> str:
    """A value from data as text; `otherwise` where it is missing.

    >>> text("north"), text(None, "no region")
    ('north', 'no region')
    """
    return otherwise if value is None or pd.isna(value) else str(value)
