"""The defection watch on figures made by hand: each sign at its threshold, and none from a figure that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.errors import ColumnsMissing, NotUsable
from channelnb.metrics.measure import measure
from channelnb.watch import SIGNALS, WATCHED, Thresholds, watch

Figures = Mapping[str, float | tuple[float, str] | None]


def rows(figures: Figures, partner: str = "P1") -> pd.DataFrame:
    """Measured rows of a partner: a value, or a value and its state; None is not measurable."""
    told = [
        (
            partner,
            metric,
            *((None, "not_measurable") if figure is None else figure if isinstance(figure, tuple) else (figure, "ok")),
        )
        for metric, figure in figures.items()
    ]
    frame = pd.DataFrame(told, columns=["partner_id", "metric", "value", "state"])
    return frame.assign(value=frame["value"].astype(float), numerator=frame["value"].astype(float))


def one(now: Figures, before: Figures, thresholds: Thresholds | None = None) -> pd.Series:
    more = {"thresholds": thresholds} if thresholds else {}
    return watch(rows(now), rows(before), **more).iloc[0]


@pytest.mark.parametrize(
    ("now", "before", "falling", "measure_"),
    [
        ({"share_of_partner_sales": 0.25}, {"share_of_partner_sales": 0.3125}, True, "share_of_partner_sales"),
        ({"share_of_partner_sales": 0.3125}, {"share_of_partner_sales": 0.34375}, False, "share_of_partner_sales"),
        (
            {"share_of_partner_sales": 0.25, "growth_yoy": -0.5},
            {"share_of_partner_sales": 0.2},
            False,
            "share_of_partner_sales",
        ),
        ({"share_of_partner_sales": 0.25, "growth_yoy": -0.1}, {}, True, "growth_yoy"),
        ({"growth_yoy": -0.09}, {"share_of_partner_sales": 0.9}, False, "growth_yoy"),
        ({"share_of_partner_sales": 0.5, "growth_yoy": 0.2}, {"share_of_partner_sales": 3.0}, False, "growth_yoy"),
        ({"share_of_partner_sales": (0.2, "too_few")}, {"share_of_partner_sales": 0.9}, None, None),
        ({"growth_yoy": None}, {"growth_yoy": -0.5}, None, None),
    ],
    ids=["fell", "fell less", "share before growth", "no share before", "small fall", "no share", "too few", "nothing"],
)
def test_share_falls_by_what_tells_of_it(
    now: Figures, before: Figures, falling: bool | None, measure_: str | None
) -> None:
    found = one(now, before)
    assert found["falling_share"] is pd.NA if falling is None else found["falling_share"] == falling
    assert found["told"] == (falling is not None)
    assert pd.isna(found["share_measure"]) if measure_ is None else found["share_measure"] == measure_


@pytest.mark.parametrize(
    ("now", "before", "fewer"),
    [
        ({"leads_given": 4, "lead_score": (50, "too_few")}, {"leads_given": 8, "lead_score": 50}, True),
        ({"leads_given": 8, "lead_score": 25}, {"leads_given": 8, "lead_score": 50}, True),
        ({"leads_given": 4, "lead_score": (60, "too_few")}, {"leads_given": 8, "lead_score": 50}, False),
        ({"leads_given": 0, "lead_score": (0, "no_data")}, {"leads_given": 5, "lead_score": 50}, True),
        ({"leads_given": 0, "lead_score": None}, {"leads_given": 4, "lead_score": (50, "too_few")}, None),
        ({"leads_given": 6, "lead_acceptance": (1, "too_few")}, {"leads_given": 8, "lead_acceptance": 4}, True),
        ({"leads_given": 6, "lead_score": None}, {"leads_given": 8, "lead_score": 50}, None),
        ({"leads_given": None, "lead_score": None}, {"leads_given": 8, "lead_score": 50}, None),
    ],
    ids=["fewer", "worse", "fewer and better", "none", "few before", "accepted", "no score", "not told"],
)
def test_good_leads_are_told_in_points_or_as_accepted(now: Figures, before: Figures, fewer: bool | None) -> None:
    found = one(now, before)
    assert found["fewer_good_leads"] is pd.NA if fewer is None else found["fewer_good_leads"] == fewer
    assert pd.isna(found["leads_now"]) == (fewer is None)


@pytest.mark.parametrize(
    ("days", "sign"),
    [(91, True), (90, False), ((0, "no_data"), None), (None, None)],
    ids=["over", "at", "none", "absent"],
)
def test_no_contact_on_record_is_no_sign(days: float | tuple[float, str] | None, sign: bool | None) -> None:
    found = one({"days_since_contact": days}, {})
    assert found["no_contact"] is pd.NA if sign is None else found["no_contact"] == sign


def test_signs_are_counted_among_those_told_with_the_figures_behind_them() -> None:
    now = {"growth_yoy": -0.3, "leads_given": 2, "lead_score": 40, "days_since_contact": 10}
    found = one(now, {"leads_given": 10, "lead_score": 50})
    assert found[[*SIGNALS, "on", "told", "of"]].tolist() == [True, True, False, 2, 3, 3]
    figures = ["share_change", "leads_measure", "leads_now", "leads_before", "days_since_contact"]
    assert found[figures].tolist() == [-0.3, "lead_score", 80, 500, 10]


def test_thresholds_can_be_others() -> None:
    strict = Thresholds(revenue_lost=0.01, days_without_contact=5)
    found = one({"growth_yoy": -0.02, "days_since_contact": 6}, {}, strict)
    assert found[["falling_share", "no_contact"]].tolist() == [True, True]


def test_every_partner_of_the_period_has_a_row_and_none_of_the_year_before_alone() -> None:
    now = pd.concat([rows({"growth_yoy": 0.1}, "P2"), rows({"revenue": 1.0}, "P1")])
    found = watch(now, rows({"growth_yoy": -0.9}, "P3"))
    assert found[["partner_id", "told"]].values.tolist() == [["P1", 0], ["P2", 1]]


def test_the_order_of_rows_does_not_matter_and_they_stay_as_they_are(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        now = measure(book, WATCHED, by=["partner_id"])
    kept = now.copy()
    found = watch(now, now)
    pd.testing.assert_frame_equal(now, kept)
    pd.testing.assert_frame_equal(watch(now.sample(frac=1, random_state=1), now.iloc[::-1]), found)
    assert not found["fewer_good_leads"].fillna(False).any()
    assert set(found["partner_id"]) == set(now["partner_id"])


def test_what_is_no_measurement_is_refused() -> None:
    with pytest.raises(ColumnsMissing, match=r"needs columns \['state'\]"):
        watch(rows({"growth_yoy": 0.1}).drop(columns="state"), rows({}))
    twice = pd.concat([rows({"growth_yoy": 0.1})] * 2)
    with pytest.raises(NotUsable, match="partner 'P1' has several rows of 'growth_yoy'"):
        watch(twice, rows({}))
