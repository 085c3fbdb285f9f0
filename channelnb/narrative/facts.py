"""Facts: the typed figures that a report states, each with an id that is the same in every run."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from channelnb.errors import NotUsable, unknown
from channelnb.metrics.known import KNOWN, needed_by

ACTUAL, PRIOR, PIPELINE, TARGET = "actual", "prior", "pipeline", "target"
PLAN, PLAN_TO_DATE = "plan", "plan_to_date"
PEER_LOW, PEER_MEDIAN, PEER_HIGH = "peer_q25", "peer_median", "peer_q75"
PEER_MEAN, PEER_TOP, SHRUNK = "peer_mean", "peer_top_quarter", "shrunk"
PEER_BANDS = {
    PEER_MEDIAN: ("peer_median_from", "peer_median_to"),
    PEER_MEAN: ("peer_mean_from", "peer_mean_to"),
    PEER_TOP: ("peer_top_quarter_from", "peer_top_quarter_to"),
}
"""What the ends of a band are called that stands for a figure of money in a partner's edition."""
AHEAD_OF, GAP, SUM, CHANGE = "ahead_of", "gap", "sum", "change"
NOT_MEASURABLE = "not_measurable"

_TOLD_BY = {
    "promises": ("commitments",),
    "top_three_share": ("opportunities",),
    "plan_chance": ("opportunities", "plans"),
}

Grain = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fact:
    """One figure: what was measured, of what, when, in which role, and how sure it is.

    `grain` is empty for the subject as a whole; `value` is None unless `state` is ok or too_few; `lacking` is
    the table for want of which it is not measurable.

    >>> Fact("win_rate", "2026Q3", 0.5, unit="share", grain=(("line", "Networks"),)).id
    'win_rate|line=Networks|2026Q3|actual'
    """

    metric: str
    period: str
    value: float | None
    unit: str
    grain: Grain = ()
    role: str = ACTUAL
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    state: str = "ok"
    lacking: str = ""

    @property
    def id(self) -> str:
        """The name under which a figure is found again in another run.

        >>> Fact("revenue", "2026Q3", 5.0, unit="money", role=PLAN).id
        'revenue||2026Q3|plan'
        """
        grain = ",".join(f"{key}={value}" for key, value in self.grain)
        return f"{self.metric}|{grain}|{self.period}|{self.role}"

    @property
    def known(self) -> bool:
        """True when there is a figure to speak of.

        >>> Fact("revenue", "2026Q3", None, unit="money", state="no_data").known
        False
        """
        return self.state == "ok" and self.value is not None

    def as_dict(self) -> dict[str, Any]:
        """The fact as it stands in a ``.facts.json``.

        >>> Fact("revenue", "2026Q3", 12.5, unit="money").as_dict()["value"]
        12.5
        """
        return {
            "id": self.id,
            "metric": self.metric,
            "grain": dict(self.grain),
            "period": self.period,
            "role": self.role,
            "value": self.value,
            "unit": self.unit,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "n": self.n,
            "low": self.low,
            "high": self.high,
            "state": self.state,
        }


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def from_row(row: Mapping[str, Any], *, unit: str, grain: Iterable[str] = (), role: str = ACTUAL) -> Fact:
    """The fact in one row of a measured frame; `grain` names the columns that are its grain.

    >>> row = {"metric": "revenue", "period": "2026Q3", "value": 12.5, "line": "Networks", "state": "ok"}
    >>> from_row(row, unit="money", grain=["line"]).id
    'revenue|line=Networks|2026Q3|actual'
    """
    n = _number(row.get("n"))
    return Fact(
        metric=str(row["metric"]),
        period=str(row["period"]),
        value=_number(row.get("value")),
        unit=unit,
        grain=tuple(sorted((key, str(row[key])) for key in grain)),
        role=role,
        numerator=_number(row.get("numerator")),
        denominator=_number(row.get("denominator")),
        n=None if n is None else int(n),
        low=_number(row.get("low")),
        high=_number(row.get("high")),
        state=str(row["state"]),
    )


def collect(facts: Iterable[Fact | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every fact once, in the order of ids; raises NotUsable where one id has two contents.

    >>> revenue = Fact("revenue", "2026Q3", 12.5, unit="money")
    >>> [fact["id"] for fact in collect([revenue, revenue])]
    ['revenue||2026Q3|actual']
    """
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        content = fact.as_dict() if isinstance(fact, Fact) else dict(fact)
        before = found.setdefault(content["id"], content)
        if before != content:
            raise NotUsable(
                f"two facts are called {content['id']!r}: {before} and {content}; "
                "give one of them another role or grain."
            )
    return [found[name] for name in sorted(found)]


class Facts(Mapping[str, Fact]):
    """The facts that a report may state, by id.

    `absent` names tables that the source does not give: what they would tell is not measurable, which is
    something else than none. `pro_rata` says that the month in which things are known is not over.

    >>> facts = Facts([Fact("revenue", "2026Q3", 12.5, unit="money")])
    >>> facts.of("revenue", "2026Q3").value
    12.5
    """

    def __init__(self, facts: Iterable[Fact], *, absent: Collection[str] = (), pro_rata: bool = False) -> None:
        self._absent, self.pro_rata = frozenset(absent), pro_rata
        self._tables: dict[str, tuple[str, ...]] = {}
        self._facts = {fact.id: self._explained(fact) for fact in facts}

    def __getitem__(self, name: str) -> Fact:
        if name not in self._facts:
            raise unknown("fact", name, self._facts)
        return self._facts[name]

    def __iter__(self) -> Any:
        return iter(self._facts)

    def __contains__(self, name: object) -> bool:
        # Not by asking for it: the error for a name that is not there looks for the nearest one.
        return name in self._facts

    def __len__(self) -> int:
        return len(self._facts)

    def of(self, metric: str, period: str, *, role: str = ACTUAL, unit: str = "count", **grain: str) -> Fact:
        """The fact of a metric and period, or one that says there is none.

        >>> Facts([]).of("revenue", "2026Q3", unit="money").state
        'no_data'
        """
        asked = Fact(metric, period, None, unit, tuple(sorted(grain.items())), role, state="no_data")
        return self._facts.get(asked.id) or self._explained(asked)

    def _explained(self, fact: Fact) -> Fact:
        if not self._absent or fact.value is not None:
            return fact
        if fact.metric not in self._tables:
            of_metric = needed_by(KNOWN[fact.metric]) if fact.metric in KNOWN else ()
            self._tables[fact.metric] = _TOLD_BY.get(fact.metric, of_metric)
        lacking = [table for table in self._tables[fact.metric] if table in self._absent]
        return replace(fact, state=NOT_MEASURABLE, lacking=lacking[0]) if lacking else fact

    def plan(self, period: str, **grain: str) -> Fact:
        """What revenue of a period is measured against: the plan, or the plan to date where it is not over.

        >>> Facts([Fact("revenue", "2026Q4", 80.0, "money", role=PLAN_TO_DATE)]).plan("2026Q4").role
        'plan_to_date'
        """
        to_date = self.of("revenue", period, role=PLAN_TO_DATE, unit="money", **grain)
        # One that says there is no plan yet must not be taken for a period that is over.
        return to_date if to_date.id in self._facts else self.of("revenue", period, role=PLAN, unit="money", **grain)

    def plan_name(self, plan: Fact) -> str:
        """What a fact of `plan` is called; of a month that is not over, the plan to date has the days gone by.

        >>> Facts([], pro_rata=True).plan_name(Fact("revenue", "2026Q4", 80.0, "money", role=PLAN_TO_DATE))
        'plan to date (pro rata)'
        """
        if plan.role != PLAN_TO_DATE:
            return "plan"
        return "plan to date (pro rata)" if self.pro_rata else "plan to date"
