"""The target of an action as a person typed it: a number in the metric's own unit, or what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from channelnb.metrics.known import KNOWN

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?) ?(%)?")
_EXAMPLES = {True: "47%", False: "10500"}
_BEYOND = frozenset(
    {
        *("attainment", "growth_yoy", "growth_qoq", "net_revenue_retention", "return_on_marketing"),
        *("forecast_bias", "cost_to_serve_share"),
    }
)
"""Metrics in per cent that are no shares of a whole: they may be above 100 %, whatever they are now."""


def target_of(value: Any, proposal: Mapping[str, Any], *, as_share: bool) -> float:
    """The target in a cell of an action that has a metric; what was proposed is always taken.

    `as_share` says whether the cell shows its number in per cent. Raises ValueError with what is wrong and what to do.

    >>> target_of("52 %", {"metric": "win_rate", "target": 0.47, "baseline": 0.4}, as_share=False)
    0.52
    >>> target_of(0.05, {"metric": "deal_registrations", "target": 5.0, "baseline": 4.0}, as_share=True)
    Traceback (most recent call last):
    ...
    ValueError: holds 5%, and it is no share: type the number alone, such as 10500.
    """
    unit = KNOWN[proposal["metric"]].unit
    number, marked = _number(value, share=unit == "share", as_share=as_share)
    if marked and unit != "share":
        raise ValueError(f"holds {number * 100:.12g}%, and it is no share: type the number alone, such as 10500.")
    proposed = _known(proposal.get("target"))
    if proposed and math.isclose(number, proposed[0], rel_tol=1e-9):
        return number
    before = [*proposed, *_known(proposal.get("baseline"))]
    beyond, held = proposal["metric"] in _BEYOND, f"holds {shown_of(value)}"
    if unit == "share" and not beyond and all(0 <= one <= 1 for one in before) and not 0 <= number <= 1:
        raise ValueError(f"{held}, which is {number:.0%}: write a share as 47%, or 0.47.")
    if unit == "share" and abs(number) > 1 and not marked:
        raise ValueError(f"{held}, which is {number:.0%}: write it with its sign, such as 120%.")
    if number < 0 and not beyond and not any(one < 0 for one in before):
        raise ValueError(f"{held}: a target cannot be below zero.")
    if unit == "count" and not number.is_integer():
        raise ValueError(f"{held}, and it is counted: type a whole number.")
    return number


def shown_of(value: Any) -> str:
    """What a cell holds, as an error quotes it.

    >>> shown_of(None), shown_of("ten")
    ('nothing', "'ten'")
    """
    return "nothing" if value is None else repr(value)


def _number(value: Any, *, share: bool, as_share: bool) -> tuple[float, bool]:
    """The number, and whether it is written or shown in per cent."""
    if isinstance(value, str) and (found := _NUMBER.fullmatch(value.strip())):
        return float(found[1]) / (100 if found[2] else 1), bool(found[2])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"holds {shown_of(value)}, which is no number: type one, such as {_EXAMPLES[share]}.")
    return float(value), as_share


def _known(value: Any) -> list[float]:
    return [] if value is None or math.isnan(value) else [float(value)]
