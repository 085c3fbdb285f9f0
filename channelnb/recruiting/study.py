"""Everything that the recruiting page says of one quarter, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sklearn.metrics import adjusted_rand_score

from channelnb.fiscal import FiscalCalendar
from channelnb.recruiting.candidates import COLUMNS, ranked
from channelnb.recruiting.clusters import Clusters, clusters
from channelnb.recruiting.gaps import NOT_DISTINCT, OK, gaps
from channelnb.recruiting.origins import origins
from channelnb.recruiting.performance import LEAST_HIGH, performance
from channelnb.recruiting.traits import CATEGORY, Trait, read_traits
from channelnb.recruiting.validation import Told, told_apart

SIZE = "it is nearly headcount, and partners are compared with firms of like headcount"
CHANNEL = "it is nearly the channel, and partners are compared within their channel"
_NEARLY_SIZE, _NEARLY_CHANNEL, _LEAST = 0.9, 0.95, 10


@dataclass(frozen=True)
class Study:
    """What is known of high performers in one quarter; the frames are those of the functions of their names.

    `candidates` is None where the source lists none.
    """

    quarter: str
    performers: pd.DataFrame
    gaps: pd.DataFrame
    told: Told
    clusters: Clusters
    origins: pd.DataFrame
    candidates: pd.DataFrame | None

    @property
    def compared(self) -> pd.DataFrame:
        """The partners that are compared."""
        return self.performers[self.performers["left_out"] == ""]

    @property
    def high_performers(self) -> pd.DataFrame:
        """The high performers, the best first."""
        high = self.performers[self.performers["high"]]
        return high.sort_values(["score", "partner_id"], ascending=[False, True], ignore_index=True)

    @property
    def enough(self) -> bool:
        """True when there are high performers enough to compare with others.

        >>> best = pd.DataFrame({"partner_id": ["P1", "P2"], "high": [True, False], "score": [1.0, -1.0]})
        >>> none = pd.DataFrame()
        >>> Study("2026Q3", best, none, Told(0.5, 0.4, 0.6, 1, "ok"), Clusters(none, none, none, OK), none, None).enough
        False
        """
        return len(self.high_performers) >= LEAST_HIGH

    @property
    def distinct(self) -> pd.DataFrame:
        """The traits that set high performers apart, the widest gap first."""
        found = self.gaps[self.gaps["state"] == OK]
        return found.sort_values("gap", key=lambda gap: -gap.abs(), kind="stable", ignore_index=True)

    @property
    def stable_profile(self) -> bool:
        """True when a trait sets high performers apart, and traits also tell them among partners held back."""
        return not self.distinct.empty and self.told.better_than_chance


def study(
    partners: pd.DataFrame,
    measured: pd.DataFrame,
    candidates: pd.DataFrame | None = None,
    *,
    quarter: str,
    calendar: FiscalCalendar,
) -> Study:
    """The study of one quarter.

    Needs the partners table with its ``trait_…`` columns, ``revenue`` and ``revenue_per_employee`` by partner_id and
    quarter (see `performance`), and the candidates table, or None. The order of rows doesn't matter.

    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sold = {"partner_id": "P1", "quarter": ["2026Q3"], "metric": "revenue", "value": 5.0, "state": "ok"}
    >>> study(partners, pd.DataFrame(sold), quarter="2026Q3", calendar=FiscalCalendar()).enough
    False
    """
    performers = performance(partners, measured, quarter=quarter, calendar=calendar)
    traits = read_traits(partners)
    compared = performers[performers["left_out"] == ""].set_index("partner_id")
    high = compared["high"]
    found = gaps(traits, high, set_aside=set_aside(traits, compared))
    judged = set(found.loc[found["state"].isin([OK, NOT_DISTINCT]), "trait"])
    listed = None
    if candidates is not None and not candidates.empty:
        listed = ranked(candidates, traits, found) if OK in set(found["state"]) else pd.DataFrame(columns=COLUMNS)
    return Study(
        quarter=quarter,
        performers=performers,
        gaps=found,
        told=told_apart([trait for trait in traits if trait.name in judged], high),
        clusters=clusters(traits, high),
        origins=origins(performers),
        candidates=listed,
    )


def set_aside(traits: Sequence[Trait], compared: pd.DataFrame) -> dict[str, str]:
    """The traits that the comparison itself takes out, with the reason.

    Needs the partners compared, by partner_id, with employees and channel. A trait that is headcount by another
    name (rank correlation of 0.9 or more), or the channel (adjusted Rand index of 0.95 or more), can't show a gap.

    >>> compared = pd.DataFrame({"employees": range(10), "channel": "agent"}, index=list("abcdefghij"))
    >>> staff = Trait("trait_staff", "number", pd.DataFrame({"": range(10)}, index=compared.index, dtype=float))
    >>> set_aside([staff], compared) == {"trait_staff": SIZE}
    True
    """
    result = {}
    for trait in traits:
        values = trait.values.reindex(compared.index)
        if trait.kind != CATEGORY:
            known = values[""].notna() & compared["employees"].notna()
            column, size = values.loc[known, ""], compared.loc[known, "employees"]
            if known.sum() >= _LEAST and abs(column.corr(size, method="spearman")) >= _NEARLY_SIZE:
                result[trait.name] = SIZE
        elif not values.columns.empty:
            known = values.notna().all(axis=1) & (values.sum(axis=1) > 0)
            level = values[known].to_numpy(float).argmax(axis=1)
            channel = compared.loc[known, "channel"]
            several = channel.nunique() > 1 and known.sum() >= _LEAST
            if several and adjusted_rand_score(channel, level) >= _NEARLY_CHANNEL:
                result[trait.name] = CHANNEL
    return result
