"""The registry: every metric by its name, defined once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from channelnb.errors import NotUsable, unknown
from channelnb.metrics.parts import Formula, Part, Window, parts_of

Unit = Literal["money", "share", "count", "index", "money_per_head"]
Better = Literal["higher", "lower", "neither"]

METRICS: dict[str, Metric] = {}
"""Every registered metric by its name, in the order in which they were registered."""


@dataclass(frozen=True)
class Metric:
    """One definition of a figure, at every grain.

    `absent` is what a page says when there is nothing to divide by; `at_least` the number of cases
    below which a rate is called too few to say.
    """

    name: str
    about: str
    category: str
    unit: Unit
    better: Better
    formula: Formula
    absent: str = "no data"
    at_least: int = 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part that the metric reads.

        >>> [part.table for part in METRICS["attainment"].parts]
        ['sales', 'plans_in_force']
        """
        return parts_of(self.formula)

    @property
    def forward(self) -> bool:
        """True when the metric speaks of periods that lie ahead.

        >>> METRICS["pipeline_index"].forward
        True
        """
        return any(part.window is Window.DUE for part in self.parts)

    @property
    def label(self) -> str:
        """The metric's name as people write it.

        >>> METRICS["growth_yoy"].label
        'Growth on the year'
        """
        return _LABELS.get(self.name, self.name.replace("_", " ").capitalize())


_LABELS = {"growth_yoy": "Growth on the year"}


def metric(
    *, category: str, unit: Unit, better: Better, absent: str = "no data", at_least: int = 0
) -> Callable[[Callable[[], Formula]], Metric]:
    """Register a function that returns a formula as the metric of its name.

    Its docstring says what the figure means and where it misleads. Registering a
    name again replaces the metric, so that a notebook's cell can be run twice.

    >>> @metric(category="performance", unit="count", better="higher")
    ... def returns():
    ...     "Sales with negative revenue."
    ...     from channelnb.metrics.parts import Amount, count
    ...     return Amount(count("sales", at="sold_on", where="revenue < 0"))
    >>> METRICS.pop("returns").about
    'Sales with negative revenue.'
    """

    def register(function: Callable[[], Formula]) -> Metric:
        name, about = function.__name__, inspect.getdoc(function)
        if not about:
            raise NotUsable(f"metric {name!r} has no docstring; say in it what the figure means.")
        METRICS[name] = Metric(name, about, category, unit, better, function(), absent, at_least)
        return METRICS[name]

    return register


def find(name: str) -> Metric:
    """The metric of a name; raises UnknownName, with the nearest one, where there is none.

    >>> find("win_rate").unit
    'share'
    """
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name]


def catalogue() -> pd.DataFrame:
    """The catalogue: one row per metric, with its category, unit, direction and meaning.

    >>> catalogue().set_index("metric").loc["win_rate", "unit"]
    'share'
    """
    return pd.DataFrame(
        [(m.name, m.category, m.unit, m.better, " ".join(m.about.split())) for m in METRICS.values()],
        columns=["metric", "category", "unit", "better", "about"],
    )
