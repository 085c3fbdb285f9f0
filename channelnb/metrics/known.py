"""What a page may know of a metric: of those registered here, and of those that a snapshot or a slice tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Protocol

import pandas as pd

from channelnb.book.tables import CONTRACT
from channelnb.errors import unknown
from channelnb.frames import records
from channelnb.metrics.parts import contract_table
from channelnb.metrics.registry import METRICS, Metric

CATALOGUE = "catalogue"
"""The table of a snapshot, and of each slice, that says what each metric in it is."""


OF_SEVERAL = (
    *("partner_retention", "top_3_partner_share", "partners_for_80", "partners_for_80_share"),
    *("marketing_participation", "review_rate", "partners_without_manager"),
)
"""Metrics of a set of partners, which say nothing of one."""


class Described(Protocol):
    """All of a metric but its formula: what it takes to show a figure that was measured elsewhere."""

    @property
    def name(self) -> str:
        """The name under which it is measured."""

    @property
    def label(self) -> str:
        """Its name as people write it."""

    @property
    def about(self) -> str:
        """What the figure means and where it misleads."""

    @property
    def category(self) -> str:
        """The part of the catalogue in which it stands."""

    @property
    def unit(self) -> str:
        """What its value is in."""

    @property
    def better(self) -> str:
        """Which way is better: higher, lower or neither."""

    @property
    def absent(self) -> str:
        """What a page says when there is nothing to measure."""

    @property
    def at_least(self) -> int:
        """The number of cases below which it is called too few to say."""

    @property
    def asked(self) -> bool:
        """Whether its data must be asked of the partner."""

    @property
    def forward(self) -> bool:
        """Whether it speaks of periods that lie ahead."""


@dataclass(frozen=True)
class Told:
    """A metric as a snapshot tells of it.

    `reads` names the columns that it was measured from, also those beside the contract, `needed`
    the tables without which it can't be, `formula` says in short how it was worked out.
    """

    name: str
    label: str
    category: str
    unit: str
    better: str
    absent: str
    at_least: int
    asked: bool
    forward: bool
    reads: str
    needed: str
    about: str
    formula: str = ""


_TOLD: dict[str, Told] = {}


class _Known(Mapping[str, Described]):
    """Metrics by name; one that is registered here comes before what is told of it."""

    def __getitem__(self, name: str) -> Described:
        found = METRICS.get(name) or _TOLD.get(name)
        if found is None:
            raise unknown("metric", name, self)
        return found

    def __contains__(self, name: object) -> bool:
        # Not by asking for it: the error for a name that is not there looks for the nearest one.
        return name in METRICS or name in _TOLD

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*METRICS, *_TOLD]))

    def __len__(self) -> int:
        return len({*METRICS, *_TOLD})


KNOWN = _Known()
"""Every metric that can be shown: METRICS, and those that a snapshot or a slice opened here told of.

Reports look metrics up here: a kernel is handed figures of metrics that were registered elsewhere, by a plugin.
"""


def reads_of(metric: Described) -> tuple[str, ...]:
    """The columns of the contract that a metric reads, each as ``table.column``.

    >>> reads_of(KNOWN["revenue"])
    ('sales.sold_on', 'sales.revenue')
    """
    if isinstance(metric, Told):
        return tuple(metric.reads.split())
    assert isinstance(metric, Metric)
    return tuple(dict.fromkeys(f"{table}.{name}" for part in metric.parts for table, name in part.needs))


def tables_of(metric: Described) -> tuple[str, ...]:
    """The tables of the contract that a metric reads.

    >>> tables_of(KNOWN["attainment"])
    ('sales', 'plans')
    """
    return tuple(dict.fromkeys(column.partition(".")[0] for column in reads_of(metric)))


def needed_by(metric: Described) -> tuple[str, ...]:
    """The tables of the contract without which a metric cannot be measured.

    >>> needed_by(KNOWN["win_rate"])
    ('opportunities',)
    """
    if isinstance(metric, Told):
        return tuple(metric.needed.split())
    assert isinstance(metric, Metric)
    # A part that may be lacking is no reason, unless all may: then one of them is needed.
    parts = [part for part in metric.parts if not part.optional] or metric.parts
    return tuple(dict.fromkeys(contract_table(part.table) for part in parts))


_VENDORS_OWN = {
    *("sales.cost", "costs.amount", "leads.cost", "activities.cost", "enrolments.cost"),
    *("campaigns.budget", "campaigns.spend"),
}
"""Columns that tell of the vendor's costs: a metric that reads one of them is for the vendor alone."""

_FOR_PARTNERS = {f"{table}.{name}" for table, of in CONTRACT.items() for name in of.names} - _VENDORS_OWN


def vendors_own(metric: Described) -> bool:
    """Whether a metric tells of the vendor's costs or margins, which a partner's edition leaves out.

    So does, as far as channelnb can tell, one that reads a column which the contract does not know.

    >>> vendors_own(KNOWN["gross_margin"]), vendors_own(KNOWN["revenue"])
    (True, False)
    """
    return not _FOR_PARTNERS.issuperset([*reads_of(metric), *_outside(metric)])


def kept_back(names: Iterable[str]) -> set[str]:
    """Those of some names that are metrics which tell of the vendor's costs or margins.

    >>> sorted(kept_back(["gross_margin", "revenue", "no metric"]))
    ['gross_margin']
    """
    return {name for name in {*names} if name in KNOWN and vendors_own(KNOWN[name])}


def _outside(metric: Described) -> tuple[str, ...]:
    """What a registered metric reads beside the contract; of one that is told of, `reads` holds it."""
    parts = metric.parts if isinstance(metric, Metric) else ()
    return tuple(dict.fromkeys(f"{table}.{name}" for part in parts for table, name in part.outside))


def described() -> pd.DataFrame:
    """What every registered metric is, as a snapshot keeps it: one row for each, in the order of the catalogue.

    >>> described().set_index("metric").loc["revenue", "reads"]
    'sales.sold_on sales.revenue'
    """
    # That module reads this one.
    from channelnb.metrics.wording import formula_in_short

    return pd.DataFrame(
        [
            {
                "metric": name,
                **{field.name: getattr(metric, field.name) for field in fields(Told) if field.name not in _DERIVED},
                "reads": " ".join([*reads_of(metric), *_outside(metric)]),
                "needed": " ".join(needed_by(metric)),
                "formula": formula_in_short(metric.formula),
            }
            for name, metric in METRICS.items()
        ]
    )


_DERIVED = ("name", "reads", "needed", "formula")


def tell(catalogue: pd.DataFrame) -> None:
    """Make known the metrics in a frame that `described` made; what is told last of a name is what is known.

    >>> tell(described().iloc[:1].assign(metric="margin_abroad", unit="share"))
    >>> KNOWN["margin_abroad"].unit
    'share'
    >>> _ = _TOLD.pop("margin_abroad")
    """
    for row in records(catalogue):
        told = Told(name=row.pop("metric"), **row)
        _TOLD[told.name] = told
