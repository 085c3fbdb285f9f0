"""A book of a month, and one of a period that is not over."""

from __future__ import annotations

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.metrics.measure import measure
from channelnb.narrative import promises, review, standing
from channelnb.report import profile, qbr
from channelnb.slice import Slice, gated
from tables import rows, small_vendor

DAY = "2026-08-20"


def slice_of(folder, *, quarter: str, as_of: str | None = None, **tables: pd.DataFrame) -> Slice:
    with open_book({**small_vendor(), **tables}, quarter=quarter, as_of=as_of) as book:
        return gated(freeze(book, folder, Settings()), "P1", "internal")


@pytest.fixture(scope="module")
def august(tmp_path_factory) -> Slice:
    promises = rows(
        "commitment_id partner_id side text made_on due_on status closed_on",
        "july P1 partner call 2026-05-01 2026-07-31 done 2026-07-01",
        "august P1 partner call 2026-05-01 2026-08-31 done 2026-08-01",
    )
    notes = rows("partner_id quarter text", "P1 2026Q3 of-this-quarter", "P1 2026Q2 of-another")
    return slice_of(tmp_path_factory.mktemp("month"), quarter="2026-08", commitments=promises, notes=notes)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Slice:
    return slice_of(tmp_path_factory.mktemp("running"), quarter="2026Q3", as_of=DAY)


def test_a_book_of_a_month_is_measured_in_that_month():
    with open_book(small_vendor(), quarter="2026-08") as book:
        assert str(book.as_of) == "2026-08-31"
        found = measure(book, ["revenue", "attainment", "growth_yoy"], by=["partner_id"])
        ahead = measure(book, ["pipeline_index"])
    of_p1 = found[found["partner_id"].eq("P1")].set_index("metric")
    assert of_p1.loc["revenue", "value"] == 100
    # Planned for August: 50.
    assert of_p1.loc["attainment", "value"] == 2.0
    assert of_p1.loc["growth_yoy", "state"] == "no_data"
    assert ahead["denominator"].tolist() == [50]


def test_a_slice_of_a_month_counts_in_months(august):
    assert (august.length, august.year_before, august.quarter, august.over) == ("month", "2025-08", "2026Q3", True)
    assert august.past_periods[-2:] == ["2026-07", "2026-08"]
    assert august.coming_periods[0] == "2026-09"


def test_a_review_of_a_month_speaks_of_the_month(august):
    assert promises.promises(august.facts, "2026-08", "partner").text("USD").endswith("due in 2026-08: 1 met.")
    shown = qbr.plan_and_pipeline(august)
    assert "Plan, actual and pipeline by month" in shown.html
    assert "2026-07" in shown.html
    assert "2026Q3" not in shown.html
    assert "of-this-quarter" in qbr.notes(august).text
    assert "of-another" not in qbr.notes(august).text
    assert "Revenue by month" in profile.revenue(august).html
    year = standing.attainment(august.facts, "2026").text("USD")
    assert year.startswith("Against the plan to date of USD 200 for 2026")


def test_a_running_quarter_is_set_against_the_plan_to_date(running):
    # July in full, and 20 of August's 31 days.
    to_date = 150 + 50 * 20 / 31
    plan = running.facts.plan("2026Q3")
    assert (plan.role, plan.value) == ("plan_to_date", pytest.approx(to_date))
    assert running.facts.of("revenue", "2026Q3", role="plan", unit="money").value == 250
    assert running.facts.of("attainment", "2026Q3", unit="share").value == pytest.approx(300 / to_date)
    assert "plan to date" in qbr.summary(running).text
    assert "In 2026Q3 so far Ada stands at" in qbr.summary(running).text
    assert "Revenue in 2026Q3 so far was USD 300" in profile.summary(running).text


def test_a_running_quarter_grows_on_as_much_of_the_year_before():
    sales = rows(
        "sold_on partner_id revenue",
        "2025-07-10 P1 100",
        "2025-08-30 P1 310",
        "2025-09-30 P1 900",
        "2026-07-10 P1 150",
        "2026-08-10 P1 300",
    )
    with open_book({**small_vendor(), "sales": sales}, quarter="2026Q3", as_of=DAY) as book:
        growth = measure(book, ["growth_yoy"]).iloc[0]
    # All of July 2025, and 20 of 31 days of August 2025.
    assert growth["denominator"] == pytest.approx(100 + 310 * 20 / 31)
    assert growth["value"] == pytest.approx(450 / 300 - 1)


def test_a_line_of_a_running_quarter_is_behind_its_plan_to_date(running):
    said = [sentence.text("USD") for sentence in review.lines(running.facts, "2026Q3")]
    assert said == ["Routers is the line furthest ahead of its plan to date (pro rata): USD 300 against USD 182."]


def test_the_table_shows_a_running_quarter_without_a_pipeline(tmp_path):
    tables = {name: frame for name, frame in small_vendor().items() if name != "opportunities"}
    with open_book(tables, quarter="2026Q3", as_of=DAY) as book:
        made = gated(freeze(book, tmp_path, Settings()), "P1", "internal")
    shown = qbr.plan_and_pipeline(made).text
    assert "2026Q3 running" in shown
    assert "ahead to date" in shown


@pytest.mark.parametrize("first_month", range(1, 13))
def test_quarters_of_any_fiscal_year_add_up_to_its_year(first_month, tmp_path):
    (tmp_path / "source.yaml").write_text(f"name: Acme\nfirst_month: {first_month}\n")
    for name in ("partners", "sales"):
        small_vendor()[name].to_csv(tmp_path / f"{name}.csv", index=False)
    with open_book(tmp_path, as_of="2026-10-31") as book:
        by = {
            key: measure(book, ["revenue"], by=[key]).dropna(subset=["value"]) for key in ("month", "quarter", "year")
        }
        quarters, years = (by[key].groupby(by[key][key].str[:4])["value"].sum() for key in ("quarter", "year"))
        months = by["month"]["value"].sum()
    assert quarters.to_dict() == years.to_dict()
    assert months == years.sum()
