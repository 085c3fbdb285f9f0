"""Facts of the recruiting report, gathered from the study of a quarter."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from channelnb.narrative.facts import ACTUAL, Fact, Facts, from_row
from channelnb.recruiting.gaps import detectable
from channelnb.recruiting.performance import left_out_counts
from channelnb.recruiting.study import Study
from channelnb.recruiting.traits import CATEGORY, NUMBER, SHARE, YEAR, YES_NO

HIGH, OTHERS = "high_performers", "others"
SPREADS = "standard_deviations"
UNITS = {NUMBER: "number", SHARE: "share", YEAR: "year", YES_NO: "share", CATEGORY: "share"}
"""The unit in which the mean of each kind of trait is shown."""

Grain = Mapping[str, Any]
_NONE: Grain = {}


def gather(study: Study) -> Facts:
    """Every fact that the recruiting report may state.

    >>> from channelnb.fiscal import FiscalCalendar
    >>> from channelnb.recruiting.study import study
    >>> partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sold = {"partner_id": "P1", "quarter": ["2026Q3"], "metric": "revenue", "value": 5.0, "state": "ok"}
    >>> facts = gather(study(partners, pd.DataFrame(sold), quarter="2026Q3", calendar=FiscalCalendar()))
    >>> facts.of("stable_profile", "2026Q3").value
    0.0
    """
    found = _Maker(study.quarter)
    return Facts([*_whole(found, study), *_traits(found, study), *_kinds(found, study), *_firms(found, study)])


class _Maker:
    """Makes facts of one quarter; a value that is not a number is not known."""

    def __init__(self, quarter: str) -> None:
        self.quarter = quarter

    def __call__(
        self, metric: str, value: Any, unit: str = "count", *, role: str = ACTUAL, grain: Grain = _NONE, **beside: Any
    ) -> Fact:
        """The fact; `beside` holds its n, low, high, numerator, denominator and state."""
        missing = value is None or math.isnan(value)
        row = {"state": "no_data" if missing else "ok", **beside, **grain}
        return from_row(
            row | {"metric": metric, "period": self.quarter, "value": value}, unit=unit, grain=grain, role=role
        )


def _whole(made: _Maker, study: Study) -> Iterator[Fact]:
    compared, high = study.compared, study.high_performers
    enough = "ok" if study.enough else "too_few"
    yield made("partners_compared", len(compared))
    yield made("partners_left_out", len(study.performers) - len(compared))
    yield made("high_performers", len(high), n=len(compared))
    yield made("traits_known", len(study.gaps))
    yield made("traits_judged", int(study.gaps["state"].isin(["ok", "not_distinct"]).sum()))
    yield made("traits_distinct", len(study.distinct), state=enough)
    yield made("stable_profile", int(study.stable_profile), state=enough)
    told = study.told
    yield made("told_apart", told.share, "share", low=told.low, high=told.high, n=told.pairs, state=told.state)
    others = len(compared) - len(high)
    smallest = detectable(len(high), others) if study.enough and others else None
    yield made("smallest_gap_seen", smallest, SPREADS, state=enough)
    follows = compared["score"].corr(compared["employees"], method="spearman") if study.enough else None
    yield made("score_follows_headcount", follows, "number", n=len(compared), state=enough)
    for row in left_out_counts(study.performers).to_dict("records"):
        yield made("partners_left_out", row["partners"], grain={"reason": row["reason"]})
    for role, firms in ((HIGH, high), (OTHERS, compared[~compared["high"]])):
        yield made("median_revenue_per_employee", firms["revenue_per_employee"].median(), "money_per_head", role=role)
        yield made("median_growth_four_quarters", firms["growth"].median(), "share", role=role)


def _traits(made: _Maker, study: Study) -> Iterator[Fact]:
    for row in study.gaps.to_dict("records"):
        grain = {"trait": row["trait"]}
        yield made(
            "trait_gap", row["gap"], SPREADS,
            low=row["low"], high=row["high"], n=row["known"], state=row["state"], grain=grain,
        )  # fmt: skip
        unit = UNITS[row["kind"]]
        yield made("trait_known", row["known"], denominator=row["known"] + row["missing"], grain=grain)
        for role, mean in ((HIGH, row["high_mean"]), (OTHERS, row["others_mean"])):
            yield made("trait_mean", mean, unit, role=role, grain=grain)


def _kinds(made: _Maker, study: Study) -> Iterator[Fact]:
    found = study.clusters
    yield made("stable_kinds", len(found.sizes), state="ok" if found.state == "not_distinct" else found.state)
    yield made("kinds_differ", found.differ, "number")
    yield made("values_filled", found.filled, denominator=found.values)
    if found.quality is not None:
        yield made("kinds_stability", found.quality.stability, "number")
        yield made("kinds_clearness", found.quality.silhouette, "number")
        yield made("kinds_clearness", found.quality.by_chance, "number", role="by_chance")
    for row in found.sizes.to_dict("records"):
        kind = {"kind": row["cluster"]}
        yield made("kind_partners", row["partners"], grain=kind)
        yield made("high_performer_share", row["share"], "share", grain=kind, **_interval(row))
    for row in found.profile.to_dict("records"):
        grain = {"kind": row["cluster"], "trait": row["trait"]} | ({"level": row["level"]} if row["level"] else {})
        yield made("trait_mean", row["mean"], UNITS[row["kind"]], grain=grain)


def _interval(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {
        "numerator": row["high_performers"],
        "denominator": row["partners"],
        "low": row["low"],
        "high": row["high"],
        "n": row["partners"],
    }


def _firms(made: _Maker, study: Study) -> Iterator[Fact]:
    for row in study.origins.to_dict("records"):
        grain = {row["dimension"]: row["level"]}
        yield made("partners_compared", row["partners"], grain=grain)
        few = "too_few" if row["state"] == "too_few" else "ok"
        yield made("high_performer_share", row["share"], "share", state=few, grain=grain, **_interval(row))
    for row in study.high_performers.to_dict("records"):
        firm = {"partner_id": row["partner_id"]}
        yield made("revenue_four_quarters", row["revenue"], "money", grain=firm)
        yield made("revenue_per_employee", row["revenue_per_employee"], "money_per_head", grain=firm)
        yield made("growth_four_quarters", row["growth"], "share", grain=firm)
        yield made("performance_score", row["score"], SPREADS, grain=firm)
    yield from _candidates(made, study.candidates)


def _candidates(made: _Maker, candidates: pd.DataFrame | None) -> Iterable[Fact]:
    rows = [] if candidates is None else candidates.to_dict("records")
    return [
        made("traits_shared", row["shared"], denominator=row["of"], grain={"candidate_id": row["candidate_id"]})
        for row in rows
    ]
