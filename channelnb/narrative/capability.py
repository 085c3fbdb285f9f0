"""Sentences on what a partner's people are able to sell, and on the roadmap of the next four quarters."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.narrative.facts import PEER_MEDIAN, Fact, Facts
from channelnb.narrative.sentence import Piece, Sentence, listed, named, number_of, rated, say
from channelnb.planning.sides.roadmap import CERTIFIED, EXPIRING, FOR_COVERAGE, FOR_LINE, FOR_TIER, TRAINING

ENDING, SESSIONS, CERTIFIED_THEN, NEEDED, MISSING = (
    *("certificates_ending", "training_planned", "certified_then"),
    *("certified_needed", "certified_missing"),
)
"""The metrics of the facts of a roadmap, all counts: people whose certificates end, training sessions, people certified
on a quarter's last day if nobody renews, and how many are needed for something and missing."""

YEARS_SHARE = "share_of_years_revenue"
"""The metric of a line's share in the revenue of twelve months."""


def roadmap_facts(roadmap: pd.DataFrame) -> Iterable[Fact]:
    """The facts of a roadmap; needs the partner's rows of the table ``roadmap``."""
    for row in records(roadmap):
        when, kind = str(row["quarter"]), row["kind"]
        line = (("line", str(row["line"])),)
        if kind == EXPIRING:
            yield Fact(ENDING, when, row["people"], "count", line)
        elif kind == TRAINING:
            yield Fact(SESSIONS, when, row["sessions"], "count", line)
        elif kind == CERTIFIED:
            yield Fact(CERTIFIED_THEN, when, row["people"], "count")
        elif kind in (FOR_TIER, FOR_COVERAGE):
            purpose = (("for", str(row["tier"]) if kind == FOR_TIER else "coverage"),)
            yield Fact(NEEDED, when, row["needed"], "count", purpose)
            yield Fact(MISSING, when, row["missing"], "count", purpose)
    for name, kind, column in ((ENDING, EXPIRING, "people"), (SESSIONS, TRAINING, "sessions")):
        for quarter, rows in roadmap[roadmap["kind"].eq(kind)].groupby("quarter"):
            yield Fact(name, str(quarter), float(rows[column].sum()), "count")
    alone = roadmap[roadmap["kind"].eq(FOR_LINE)]
    for quarter, rows in alone.groupby("quarter"):
        yield Fact(MISSING, str(quarter), float(len(rows)), "count", (("for", "lines"),))


def mix_facts(mix: pd.DataFrame, *, period: str) -> Iterable[Fact]:
    """The share of each line in a partner's sales, and in the middle of its peers'; needs the table ``line_mix``."""
    for row in records(mix):
        line = (("line", str(row["line"])),)
        yield Fact(YEARS_SHARE, period, row["share"], "share", line, numerator=row["revenue"])
        if pd.notna(row["peer_median"]):
            yield Fact(YEARS_SHARE, period, row["peer_median"], "share", line, PEER_MEDIAN, n=int(row["others"]))


def expiring(facts: Facts, quarters: list[str]) -> list[Sentence]:
    """In which of the coming quarters certificates end; nothing where none does.

    >>> facts = Facts([Fact(ENDING, "2026Q4", 1.0, "count")])
    >>> expiring(facts, ["2026Q4", "2027Q1"])[0].text("USD")
    'Certificates end for 1 person in 2026Q4.'
    """
    told = [fact for quarter in quarters if (fact := facts.of(ENDING, quarter)).known and fact.value]
    if not told:
        return []
    pieces: list[Piece] = ["Certificates end for "]
    for place, fact in enumerate(told):
        joiner = "" if place == 0 else " and " if place == len(told) - 1 else ", "
        shown = number_of(fact, "person", "people") if place == 0 else fact
        pieces += [joiner, shown, f" in {fact.period}"]
    return [say(*pieces, ".")]


def training(facts: Facts, quarters: list[str]) -> Sentence:
    """What training is planned for the coming quarters, or that none is.

    >>> training(Facts([]), ["2026Q4", "2027Q3"]).text("USD")
    'No training is planned from 2026Q4 to 2027Q3.'
    """
    told = [fact for quarter in quarters if (fact := facts.of(SESSIONS, quarter)).known and fact.value]
    if not told:
        return say(f"No training is planned from {quarters[0]} to {quarters[-1]}.")
    pieces: list[Piece] = ["Planned is training: "]
    for place, fact in enumerate(told):
        joiner = "" if place == 0 else " and " if place == len(told) - 1 else ", "
        pieces += [joiner, number_of(fact, "session"), f" in {fact.period}"]
    return say(*pieces, ".")


def tiers(facts: Facts, quarters: list[str], tier: str, wanted: Iterable[str]) -> list[Sentence]:
    """When a partner's own tier would be short of certified people, and how many the next one is short of.

    `tier` is the partner's own; `wanted` names the tiers of the roadmap.

    >>> told = [Fact(n, "2026Q4", v, "count", (("for", "Gold"),)) for n, v in ((NEEDED, 3.0), (MISSING, 1.0))]
    >>> tiers(Facts(told), ["2026Q4"], "Silver", ["Gold"])[0].text("USD")
    'Gold asks for 3 certified people: if nobody renews, 1 will be missing at the end of 2026Q4.'
    """
    said = []
    for name in wanted:
        short = [q for q in quarters if (facts.of(MISSING, q, **{"for": name}).value or 0.0) > 0]
        if not short:
            continue
        needed = number_of(facts.of(NEEDED, short[0], **{"for": name}), "certified person", "certified people")
        missing = facts.of(MISSING, short[0], **{"for": name})
        own = name == tier
        opening: tuple[Piece, ...] = ("To keep ", named(name), " it takes ") if own else (named(name), " asks for ")
        tail = (needed, ": if nobody renews, ", missing, f" will be missing at the end of {short[0]}.")
        said.append(rated(say(*opening, *tail), tone="red" if own else "neutral"))
    return said


def alone(lines: Iterable[str], quarter: str) -> list[Sentence]:
    """In which lines that the partner sells nobody will be certified; nothing where there is no such line.

    >>> alone(["Backup"], "2026Q4")[0].text("USD")
    'At the end of 2026Q4 nobody will be certified in Backup, which it sells, unless somebody certifies.'
    """
    lines = list(lines)
    if not lines:
        return []
    opening = f"At the end of {quarter} nobody will be certified in "
    return [say(opening, named(listed(lines)), ", which it sells, unless somebody certifies.")]
