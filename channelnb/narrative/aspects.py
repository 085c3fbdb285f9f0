"""What stands beside a figure as a figure of its own: how many cases it rests on, and the ends of its interval."""

from __future__ import annotations

from channelnb.narrative.facts import Fact

CASES, LOW, HIGH = "cases", "interval_low", "interval_high"
OF = "of"
"""The grain that says of which metric cases are counted, or an interval ends."""


def cases_of(fact: Fact) -> Fact:
    """How many cases a fact rests on, as a fact of its own.

    >>> cases = cases_of(Fact("win_rate", "2026Q3", 0.5, unit="share", n=20))
    >>> cases.id, cases.value, cases.unit
    ('cases|of=win_rate|2026Q3|actual', 20.0, 'count')
    """
    return _beside(fact, CASES, fact.n, "count")


def low_of(fact: Fact) -> Fact:
    """The lower end of a fact's interval, in its unit.

    >>> low_of(Fact("win_rate", "2026Q3", 0.5, unit="share", low=0.3, high=0.7)).value
    0.3
    """
    return _beside(fact, LOW, fact.low, fact.unit)


def high_of(fact: Fact) -> Fact:
    """The upper end of a fact's interval, in its unit.

    >>> high_of(Fact("win_rate", "2026Q3", 0.5, unit="share", low=0.3, high=0.7)).id
    'interval_high|of=win_rate|2026Q3|actual'
    """
    return _beside(fact, HIGH, fact.high, fact.unit)


def _beside(fact: Fact, aspect: str, value: float | None, unit: str) -> Fact:
    grain = tuple(sorted((*fact.grain, (OF, fact.metric))))
    told = None if value is None else float(value)
    return Fact(aspect, fact.period, told, unit, grain, fact.role, state="no_data" if value is None else "ok")
