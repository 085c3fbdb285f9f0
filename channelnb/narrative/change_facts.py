"""A partner's headline figures of the review before beside those of now, and what is told of the firm itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from channelnb.changes import (
    APART,
    AS_BEFORE,
    BETTER,
    CHANGED,
    HEADLINES,
    HERE,
    LEFT,
    MISSED,
    STANDING,
    TIER,
    UNSURE,
    WORSE,
)
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative import strength
from channelnb.narrative.facts import Fact, Facts, Grain
from channelnb.scoring import ALL, SCORE

TOLD_BEFORE = "told_before"
"""The role of a figure as the review before told it."""

INDEX, PIPELINE = "pipeline_index", "open_pipeline"
"""The two headline figures on the pipeline."""

MOST = 4
"""How many changes for better or worse a report tells of in words."""

Rows = Sequence[Mapping[str, Any]]
"""Rows of the table of changes, as `records` gives them."""

_UNITS = {SCORE: "score", MISSED: "count"}
_GRAINS = {SCORE: (("category", ALL),), MISSED: (("side", "partner"),)}


@dataclass(frozen=True)
class Change:
    """A headline figure then and now, and its kind of change; `because` says of what it is not compared."""

    metric: str
    then: Fact
    now: Fact
    kind: str
    because: str = ""

    @property
    def word(self) -> str:
        """What became of it, in a word that a column may hold.

        >>> then, now = Fact("win_rate", "2026Q2", 0.2, "share"), Fact("win_rate", "2026Q3", 0.4, "share")
        >>> Change("win_rate", then, now, BETTER).word
        'better'
        """
        words = {AS_BEFORE: "about as before", UNSURE: "too few cases to tell", CHANGED: self.way}
        return words.get(self.kind, self.kind.replace("_", " "))

    @property
    def way(self) -> str:
        """Whether the figure is higher or lower than it was."""
        return "higher" if (self.now.value or 0.0) > (self.then.value or 0.0) else "lower"

    @property
    def arrow(self) -> str:
        """Up for better and down for worse, as on every page; the way of the figure itself where it is neither."""
        by_kind = {BETTER: "up", WORSE: "down", CHANGED: "up" if self.way == "higher" else "down"}
        return by_kind.get(self.kind, "level")

    @property
    def tone(self) -> str:
        """Whether it is good, bad or neither."""
        return {BETTER: "good", WORSE: "bad"}.get(self.kind, "neutral")

    def without_verdict(self) -> Change:
        """The change as one that is neither better nor worse: the figure is higher or lower.

        >>> then, now = Fact("open_pipeline", "2026Q2", 9.0, "money"), Fact("open_pipeline", "2026Q3", 4.0, "money")
        >>> Change("open_pipeline", then, now, WORSE).without_verdict().word
        'lower'
        """
        return replace(self, kind=CHANGED) if self.kind in (BETTER, WORSE) else self


def changes_of(changes: Rows, facts: Facts | None = None, **grain: str) -> dict[str, Change]:
    """The headline figures of a partner, or of all, then and now, by metric and in the order of `HEADLINES`.

    Needs the rows of one partner of the table ``changes``, or those of ``changes_in_all``. On a page that tells of
    several, `grain` says whose they are; a figure that is among the page's `facts` is that fact.
    """
    rows = {str(row["metric"]): row for row in changes}
    return {name: _change(name, rows[name], facts, grain) for name in HEADLINES if name in rows}


def _change(name: str, row: Mapping[str, Any], facts: Facts | None, grain: Mapping[str, str]) -> Change:
    whose = tuple(sorted((*_GRAINS.get(name, ()), *grain.items())))
    then, now = (_fact(name, row, when, grain=whose) for when in ("then", "now"))
    if facts is not None:
        then, now = (_of_page(fact, facts) for fact in (then, now))
    return Change(name, then, now, str(row["kind"]), str(row["because"]))


def _of_page(fact: Fact, facts: Facts) -> Fact:
    """The fact as the page tells it; of a figure that is not there, why, as everything else on the page says it."""
    if fact.id not in facts and fact.value is not None:
        return fact
    return facts.of(fact.metric, fact.period, role=fact.role, unit=fact.unit, **dict(fact.grain))


def _fact(name: str, row: Mapping[str, Any], when: str, *, grain: Grain) -> Fact:
    value, low, high, n = (
        None if pd.isna(row[f"{column}_{when}"]) else float(row[f"{column}_{when}"])
        for column in ("value", "low", "high", "n")
    )
    return Fact(
        name,
        str(row[f"period_{when}"]),
        value,
        _UNITS.get(name) or KNOWN[name].unit,
        grain,
        TOLD_BEFORE if when == "then" else "actual",
        n=None if n is None else int(n),
        low=low,
        high=high,
        state=str(row[f"state_{when}"]),
    )


def change_facts(changes: pd.DataFrame) -> Iterable[Fact]:
    """The facts on a partner as the review before told them, and those of now that nothing else tells."""
    for change in changes_of(records(changes)).values():
        yield change.then
        if change.metric == MISSED:
            yield change.now


@dataclass(frozen=True)
class Firm:
    """What is told of a firm itself: its tier then and now ("" where it has none), and whether it was and is there."""

    tier_then: str = ""
    tier: str = ""
    standing_then: str = ""
    standing: str = ""

    @property
    def known_then(self) -> bool:
        """Whether the review before knew of it.

        >>> Firm(standing="partner").known_then
        False
        """
        return bool(self.standing_then)

    @property
    def other_tier(self) -> bool:
        """Whether both reviews tell its tier, and not the same one.

        >>> Firm("Silver", "Gold").other_tier, Firm("", "Gold").other_tier
        (True, False)
        """
        return bool(self.tier_then and self.tier) and self.tier != self.tier_then

    @property
    def left_since(self) -> bool:
        """Whether it was a partner then and has left."""
        return (self.standing_then, self.standing) == (HERE, LEFT)


def firm_of(changes: Rows) -> Firm:
    """What is told of a partner itself; needs its rows of the table ``changes``.

    >>> firm_of([{"metric": "tier", "said_then": "Silver", "said_now": "Gold"}]).tier
    'Gold'
    """
    said = {str(row["metric"]): (str(row["said_then"]), str(row["said_now"])) for row in changes}
    return Firm(*said.get(TIER, ("", "")), *said.get(STANDING, ("", "")))


def crossed(change: Change, limit: float) -> int:
    """Whether a figure came to a limit or over it since (1), fell under it (−1), or is on the side on which it was (0).

    >>> then, now = Fact("attainment", "2026Q2", 1.1, "share"), Fact("attainment", "2026Q3", 0.9, "share")
    >>> crossed(Change("attainment", then, now, WORSE), 1.0)
    -1
    """
    if change.kind == APART or not limit or change.then.value is None or change.now.value is None:
        return 0
    # What is level with the limit is not under it.
    gaps = [value / limit - 1 for value in (change.then.value, change.now.value)]
    under = [gap < 0 and not strength.level(gap) for gap in gaps]
    return 0 if under[0] == under[1] else -1 if under[1] else 1


def weight(change: Change) -> float:
    """How many times the least change that is one a change is."""
    headline = HEADLINES[change.metric]
    then, now = change.then.value or 0.0, change.now.value or 0.0
    largest = max(abs(then), abs(now)) if headline.relative else 1.0
    return abs(now - then) / (headline.least * largest) if largest else 0.0


def chosen(changes: Mapping[str, Change], *, target: float, most: int = MOST) -> list[Change]:
    """The changes for better or worse that matter most, in the order of `HEADLINES`.

    What crossed plan or target comes before what did not, then by how often a change holds the least that is one. Of
    the two figures on the pipeline the index speaks where it can.
    """
    limits = {"attainment": 1.0, INDEX: target}
    found = [change for change in told(changes) if change.kind in (BETTER, WORSE)]
    found.sort(key=lambda change: (not crossed(change, limits.get(change.metric, 0.0)), -weight(change)))
    return [change for change in told(changes) if change in found[:most]]


def told(changes: Mapping[str, Change]) -> list[Change]:
    """The changes that are told in words: of the pipeline one figure alone, and none that is not compared."""
    compared = {name: change for name, change in changes.items() if change.kind != APART}
    spoken_for = {PIPELINE} if INDEX in compared else set()
    return [change for name, change in compared.items() if name not in spoken_for]
