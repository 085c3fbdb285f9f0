"""Revenue of a period split by line or by salesperson: a picture and its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from channelnb.metrics.keys import NONE
from channelnb.narrative import pictures
from channelnb.narrative.facts import Fact
from channelnb.narrative.sentence import Piece, Sentence, named, say
from channelnb.report.blocks import absence
from channelnb.report.charts import draw, revenue_by_line, revenue_by_salesperson
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import spoken
from channelnb.slice import Slice

MOST_BARS = 12
"""How many bars a picture holds; its table holds all."""


@dataclass(frozen=True)
class Split:
    """How revenue is split: the key, its frame in the slice, what one is called, and the plot's column."""

    key: str
    frame: str
    noun: str
    column: str
    plot: Callable[..., Any]


BY_LINE = Split("line", "partner_line", "line", "line", revenue_by_line)
BY_PERSON = Split("salesperson_id", "partner_person", "salesperson", "name", revenue_by_salesperson)


@dataclass(frozen=True)
class Group:
    """One line or person: its name, and its revenue now, a year earlier and planned."""

    name: str
    value: Fact
    prior: Fact
    plan: Fact


def groups(partner: Slice, split: Split, names: Mapping[str, str]) -> list[Group]:
    """The lines or people that sold, had sold a year earlier, or had a plan; largest first, the unnamed last."""
    period, facts = partner.about.period, partner.facts
    frame = partner.frames[split.frame]
    keys = sorted(set(frame.loc[frame["metric"].eq("revenue") & frame["period"].eq(period), split.key]))
    found = [
        Group(
            f"no {split.noun} named" if key == NONE else names.get(key, key),
            facts.of("revenue", period, unit="money", **{split.key: key}),
            facts.of("revenue", partner.year_before, unit="money", **{split.key: key}),
            facts.plan(period, **{split.key: key}),
        )
        for key in sorted(keys, key=lambda key: key == NONE)
    ]
    busy = [group for group in found if group.value.value or group.prior.value or group.plan.value]
    unnamed = f"no {split.noun} named"
    return sorted(busy, key=lambda group: (group.name == unnamed, -(group.value.value or 0.0)))


def revenue_by(partner: Slice, split: Split, names: Mapping[str, str] | None = None) -> Shown:
    """Revenue of the period by line or person, beside the year before and the plan."""
    period, currency = partner.about.period, partner.about.currency
    found = groups(partner, split, names or {})
    if not any(group.value.n for group in found):
        return absence(f"Revenue by {split.noun} cannot be shown: no sale of {period} names a {split.noun}.")
    planned = f"Plan {period}" if partner.over else f"Plan to date {period}"
    roles = {"value": period, "prior": partner.year_before, "plan": planned}
    if not any(group.plan.known for group in found):
        del roles["plan"]
    rows = [{split.column: group.name, **{role: getattr(group, role) for role in roles}} for group in found]
    heads = {split.column: ColumnFormat(split.noun.capitalize())}
    formats = heads | {role: ColumnFormat(label, "money") for role, label in roles.items()}
    title = f"Revenue by {split.noun}"
    behind = table(pd.DataFrame(rows), id=f"revenue-by-{split.noun}", columns=formats, caption=title, currency=currency)
    bars = _drawn(found, split)
    drawn = pd.DataFrame(
        [{split.column: group.name, **{role: getattr(group, role).value for role in roles}} for group in bars]
    )
    said = most(found, split, period)
    return draw(
        split.plot,
        drawn,
        alt=spoken(_shape(bars, split, partner), currency),
        caption=spoken(said, currency),
        table=behind,
        currency=currency,
        height=0.6 + 0.42 * len(drawn),
    )


def most(found: list[Group], split: Split, period: str) -> Sentence:
    """Who or what sold most, and that more is of none named where it is."""
    first, last = found[0], found[-1]
    beside: tuple[Piece, ...] = ()
    if last.name == f"no {split.noun} named" and (last.value.value or 0.0) > (first.value.value or 0.0):
        beside = ("; more, ", last.value, f", names no {split.noun}")
    return say(named(first.name), f" sold most in {period}: ", first.value, *beside, ".")


def _drawn(found: list[Group], split: Split) -> list[Group]:
    """The groups that the picture shows: a plan of nobody, beside no sale, would only squeeze the others."""
    unnamed = f"no {split.noun} named"
    return ([group for group in found if group.name != unnamed or group.value.value] or found)[:MOST_BARS]


def _shape(found: list[Group], split: Split, partner: Slice) -> Sentence:
    """Each bar of the picture in words: what was sold, and what that is beside the plan or the year before."""

    def beside(group: Group) -> tuple[Piece, ...]:
        for other, word in ((group.plan, "plan"), (group.prior, "a year before")):
            if other.known:
                return (f" ({word} ", other, ")")
        return ()

    items = [(named(group.name), " ", group.value, *beside(group)) for group in found]
    return pictures.each(f"Revenue of {partner.about.period} by {split.noun}: ", items)
