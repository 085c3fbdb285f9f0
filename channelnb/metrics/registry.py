"""The registry: every metric by its name, defined once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from channelnb.errors import NotUsable, unknown
from channelnb.glance import Glance, Glanced
from channelnb.metrics.parts import Formula, Part, Ratio, Window, parts_of

Unit = Literal[
    "money", "share", "count", "index", "money_per_head", "money_per_day", "days", "hours", "points", "score"
]
Better = Literal["higher", "lower", "neither"]

METRICS: dict[str, Metric] = {}
"""Every registered metric by its name, in the order in which they were registered."""


@dataclass(frozen=True, repr=False)
class Metric(Glanced):
    """One definition of a figure, at every grain.

    `absent` is what a page says when there is nothing to divide by; `at_least` the number of cases
    below which a rate is called too few to say; `asked` says that the data must be asked of the partner.
    The cases of one to `resample` are drawn anew to tell its interval. `example` is what its docstring shows
    worked by hand.
    """

    name: str
    about: str
    category: str
    unit: Unit
    better: Better
    formula: Formula
    absent: str = "no data"
    at_least: int = 0
    asked: bool = False
    resample: bool = False
    example: str = ""

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
    def is_rate(self) -> bool:
        """True when it is a share of cases: how many of those counted below are counted above.

        >>> METRICS["win_rate"].is_rate, METRICS["gross_margin"].is_rate
        (True, False)
        """
        counts = all(part.is_count for part in self.parts)
        return isinstance(self.formula, Ratio) and self.unit == "share" and counts

    @property
    def label(self) -> str:
        """The metric's name as people write it.

        >>> METRICS["growth_yoy"].label
        'Growth on the year'
        """
        return _LABELS.get(self.name, self.name.replace("_", " ").capitalize())

    def glance(self) -> Glance:
        """What there is to see of it: what it means, its formula, unit and keys, and an example worked by hand."""
        # The words are made from the registry's parts, and what makes them reads the registry.
        from channelnb.metrics.wording import told

        return Glance(
            f"{self.name}: {self.label}",
            about="\n\n".join(" ".join(paragraph.split()) for paragraph in self.about.split("\n\n")),
            facts=dict(told(self)),
            example=self.example,
            calls={f'cn.measure(book, ["{self.name}"], by=["quarter"])': "the figure itself, by any of its keys"},
        )

    def __repr__(self) -> str:
        return f"<metric {self.name}: {self.unit}, better: {self.better}>"


_LABELS = {
    "growth_yoy": "Growth on the year",
    "growth_qoq": "Growth on the period before",
    "csat": "CSAT",
    "nps": "NPS",
    "vendor_csat": "Vendor's CSAT",
    "vendor_nps": "Vendor's NPS",
    "mdf_utilisation": "MDF utilisation",
    "mdf_expiring": "MDF expiring",
    "mdf_claims": "MDF claims",
    "mdf_approval_rate": "MDF approval rate",
    "mdf_amount_per_claim": "MDF amount per claim",
    "mdf_days_to_decide": "MDF days to decide",
    "mdf_days_to_pay": "MDF days to pay",
    "mql_to_sql": "MQL to SQL",
    "sell_in": "Sell-in",
    "sell_through": "Sell-through",
    "dropped_for_follow_up": "Dropped for want of follow-up",
    "top_3_customer_share": "Share of the top three customers",
    "top_3_partner_share": "Share of the top three partners",
    "partners_for_80": "Partners who make 80 %",
    "partners_for_80_share": "Share of partners who make 80 %",
    "people_for_80": "People who make 80 %",
    "people_for_80_share": "Share of people who make 80 %",
}


def metric(
    *,
    category: str,
    unit: Unit,
    better: Better,
    absent: str = "no data",
    at_least: int = 0,
    asked: bool = False,
    resample: bool = False,
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
        name, (about, mark, example) = function.__name__, (inspect.getdoc(function) or "").partition(">>>")
        if not about.strip():
            raise NotUsable(f"metric {name!r} has no docstring; say in it what the figure means.")
        for kind, given, known in (("unit", unit, Unit), ("direction", better, Better)):
            if given not in get_args(known):
                raise unknown(kind, given, get_args(known), where=f"metric {name!r}")
        formula = function()
        if not isinstance(formula, Formula):
            raise NotUsable(f"metric {name!r} returns {formula!r}; return a formula, such as Amount(count(…)).")
        told = (about.strip(), category, unit, better, formula, absent, at_least, asked, resample, mark + example)
        METRICS[name] = Metric(name, *told)
        # So that the examples of docstrings are found, and run.
        for attribute in ("__doc__", "__module__", "__name__"):
            object.__setattr__(METRICS[name], attribute, getattr(function, attribute))
        object.__setattr__(METRICS[name], "__wrapped__", function)
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
