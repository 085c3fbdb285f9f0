"""Marketing and the vendor's side: what counts as spent, whose sales are marketing's, and who was looked after."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.measure import measure
from channelnb.metrics.registry import METRICS
from channelnb.metrics.vendor import VENDORS_SIDE
from channelnb.metrics.worked import made_up


def opened(*, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> Book:
    return open_book(made_up(**tables), quarter=quarter, as_of=as_of, max_rejected=0)


def told(metric: str, *by: str, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> pd.DataFrame:
    with opened(quarter=quarter, as_of=as_of, **tables) as book:
        return measure(book, [metric], by=by)


def value(metric: str, *, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> float:
    return float(told(metric, quarter=quarter, as_of=as_of, **tables).iloc[0]["value"])


# --- Marketing ---------------------------------------------------------------------------------------------------

# The sales cycle is three months unless the source says otherwise: the twelve months to June 2026 are looked at.
SOLD = {
    "opportunities": "opportunity_id campaign_id / O1 R1 / O2 -",
    "sales": "opportunity_id sold_on revenue cost / O1 2026-08-01 500 200 / O2 2026-08-01 900 100 / - 2025-01-01 1 1",
}
HELD = {"activities": "kind held_on status cost / event 2025-07-01 done 40 / event 2024-04-01 done 5"}
CLAIMED = {"mdf_claims": "requested_on paid_on amount_paid / 2025-11-01 2026-06-30 60 / 2024-03-01 2024-04-15 8"}


def test_what_is_spent_may_be_told_by_activities_or_claims_alone() -> None:
    assert value("return_on_marketing", **SOLD, **HELD, **CLAIMED) == pytest.approx((300 - 100) / 100)
    of_activities = told("return_on_marketing", **SOLD, **HELD).iloc[0]
    assert (of_activities["value"], of_activities["reason"]) == (
        pytest.approx((300 - 40) / 40),
        "without it: the source has no table mdf_claims",
    )
    assert value("return_on_marketing", **SOLD, **CLAIMED) == pytest.approx((300 - 60) / 60)


def test_claims_that_are_told_for_part_of_the_time_make_no_return_of_too_little_spend() -> None:
    late = {"mdf_claims": "requested_on paid_on amount_paid / 2026-01-01 2026-02-01 60"}
    assert told("gross_marketing_return", **SOLD, **HELD, **late)["state"].tolist() == ["no_data"]


def test_spend_that_no_key_tells_of_is_not_left_out() -> None:
    of_a_line = SOLD | {
        "products": "product_id line / G1 Backup",
        "sales": "opportunity_id product_id sold_on revenue / O1 G1 2026-08-01 500 / - G1 2025-01-01 1",
    }
    held = {"activities": "kind line held_on status cost / event Backup 2025-07-01 done 40"}
    found = told("gross_marketing_return", "line", **of_a_line, **held, **CLAIMED)
    assert set(found["reason"]) == {"table mdf_claims has no column line"}


@pytest.mark.parametrize(
    "more",
    [
        "event 2025-06-30 done 1000",
        "event 2026-07-01 done 1000",
        "event 2026-01-01 planned 1000",
        "meeting 2026-01-01 done 1000",
        "joint_call 2026-01-01 done 1000",
    ],
    ids=["too early", "too late", "planned", "a meeting", "a call"],
)
def test_spend_is_of_marketing_held_a_sales_cycle_ago(more: str) -> None:
    held = {"activities": f"{HELD['activities']} / {more}"}
    assert value("gross_marketing_return", **SOLD, **held, **CLAIMED) == 5


@pytest.mark.parametrize("more", ["2025-06-01 2025-06-30 1000", "2026-06-01 2026-07-01 1000", "2026-06-01 - 1000"])
def test_claims_count_when_they_are_paid_a_sales_cycle_ago(more: str) -> None:
    claimed = {"mdf_claims": f"{CLAIMED['mdf_claims']} / {more}"}
    assert value("gross_marketing_return", **SOLD, **HELD, **claimed) == 5


def test_marketing_that_sold_nothing_lost_all_and_none_has_no_return() -> None:
    firms = {"partners": "partner_id / P1 / P2 / P3"}
    held = {
        "activities": "partner_id kind held_on status cost / P1 event 2025-08-01 done 5 / "
        "P2 event 2025-08-01 done 40 / P1 event 2024-05-01 done 1"
    }
    found = told("return_on_marketing", "partner_id", **SOLD, **held, **firms).set_index("partner_id")
    assert found["value"].round(6).to_dict() == {"P1": 59, "P2": -1, "P3": pytest.approx(math.nan, nan_ok=True)}
    assert found["state"].to_dict() == {"P1": "ok", "P2": "ok", "P3": "no_data"}


def test_sales_and_spend_of_campaigns_add_up_to_the_whole(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        whole = measure(book, ["return_on_marketing"]).iloc[0]
        split = measure(book, ["return_on_marketing"], by=["campaign_id"])
        sold = book.query(
            "SELECT sum(s.revenue - s.cost) AS margin FROM sales AS s SEMI JOIN "
            "(FROM opportunities WHERE campaign_id IS NOT NULL) AS o ON o.opportunity_id = s.opportunity_id "
            "WHERE s.is_revenue AND s.sold_on BETWEEN '2025-10-01' AND '2026-09-30'"
        )
    spend = split["denominator"].sum()
    assert spend == pytest.approx(whole["denominator"])
    assert whole["numerator"] + spend == pytest.approx(float(sold.loc[0, "margin"]))


@pytest.mark.parametrize(("as_of", "qualified"), [("2026-08-31", 0), ("2026-09-01", 1)])
def test_a_lead_is_sales_qualified_from_its_day_on(as_of: str, qualified: int) -> None:
    leads = "created_at mql_on sql_on / 2026-07-01T09:00:00Z 2026-07-01 2026-09-01"
    found = told("mql_to_sql", as_of=as_of, leads=leads).iloc[0]
    assert (found["numerator"], found["denominator"]) == (qualified, 1)


@pytest.mark.parametrize("metric", ["mdf_days_to_decide", "mdf_days_to_pay"])
def test_waiting_claims_count_as_longer_than_they_have_waited(metric: str) -> None:
    over = "/ 2026-07-01 2026-07-11 2026-07-21 approved " * 3
    waiting = "/ 2026-07-01 - - pending " if metric == "mdf_days_to_decide" else "/ 2026-07-01 2026-07-11 - approved "
    for more, days in ((2, 10), (4, math.nan)):
        claims = f"requested_on decided_on paid_on decision {over}{waiting * more}"
        found = told(metric, mdf_claims=claims).iloc[0]
        assert (found["numerator"], found["denominator"]) == (3, 3 + more)
        assert found["value"] == pytest.approx(days, nan_ok=True)


@pytest.mark.parametrize(("period", "money"), [("2026Q3", 150), ("2026-09", 50), ("2026-11", 100), ("2026-12", 0)])
def test_funds_expire_in_the_next_period_of_the_same_length(period: str, money: float) -> None:
    budgets = "quarter allocated expires_on / 2026Q2 100 2026-12-31 / 2026Q3 50 2026-10-01 / 2026Q1 7 -"
    assert value("mdf_expiring", quarter=period, mdf_budgets=budgets) == money


# --- The vendor's side -------------------------------------------------------------------------------------------


def test_a_partner_nobody_met_has_no_days_since_contact() -> None:
    found = told(
        "days_since_contact",
        "partner_id",
        partners="partner_id / P1 / P2 / P3",
        activities="partner_id kind held_on status / P1 meeting 2026-09-30 done / P2 meeting 2026-09-01 planned",
    ).set_index("partner_id")
    assert found["state"].to_dict() == {"P1": "ok", "P2": "no_data", "P3": "no_data"}
    assert found.loc["P1", "value"] == 0


@pytest.mark.parametrize(
    ("quarter", "partners"), [("2026Q1", 1), ("2026Q2", 1), ("2026Q3", 2)], ids=["before", "still", "after"]
)
def test_a_partner_is_without_manager_from_the_day_its_manager_left(quarter: str, partners: int) -> None:
    found = value(
        "partners_without_manager",
        quarter=quarter,
        managers="manager_id left_on / M1 - / M2 2026-07-01",
        partners="partner_id manager_id joined_on / P1 M1 2020-01-01 / P2 M2 2020-01-01 / P3 - 2020-01-01",
    )
    assert found == partners


def test_a_source_that_tells_of_no_manager_leaving_counts_those_without_one() -> None:
    found = told(
        "partners_without_manager",
        managers="manager_id / M1",
        partners="partner_id manager_id merged_into left_on / P1 M1 - - / P2 - - - / P3 - P1 2026-01-01",
    ).iloc[0]
    assert (found["value"], found["reason"]) == (1, "without it: table managers has no column left_on")


def test_leads_kept_direct_are_no_partners_and_no_leads_given() -> None:
    leads = (
        "partner_id created_at assigned_at amount score / P1 2026-07-01T09:00:00Z 2026-07-02T09:00:00Z 10 40 / "
        "- 2026-07-01T09:00:00Z - 30 80 / P1 2026-06-01T09:00:00Z 2026-07-02T09:00:00Z 5 20"
    )
    with opened(leads=leads) as book:
        names = ["leads_given", "leads_given_value", "lead_score", "leads_kept_direct", "leads_kept_value"]
        found = measure(book, [*names, "kept_lead_score"], by=["partner_id"]).pivot(
            index="partner_id", columns="metric", values="value"
        )
    assert found.loc["P1", names].tolist() == [2, 15, 30, 0, 0]
    assert found.loc["(none)", names[3:]].tolist() == [1, 30]
    assert found.loc["(none)", "kept_lead_score"] == 80


@pytest.mark.parametrize(("as_of", "kept"), [("2026-07-15", 0), ("2026-07-31", 1)])
def test_a_promise_is_kept_from_the_day_on_which_it_was_closed(as_of: str, kept: int) -> None:
    promises = "side due_on made_on status closed_on / vendor 2026-07-10 2026-04-01 done 2026-07-20"
    assert told("vendor_promises_kept", as_of=as_of, commitments=promises).iloc[0]["numerator"] == kept


def test_promises_of_each_side_add_up_to_those_of_the_sample(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        found = measure(book, ["vendor_promises_kept", "partner_promises_kept"])
        due = book.query("SELECT count(*) AS due FROM commitments WHERE due_on BETWEEN '2026-07-01' AND '2026-09-30'")
    assert found["denominator"].sum() == due.loc[0, "due"]


def test_each_metric_of_the_vendors_side_is_in_the_catalogue_once() -> None:
    names = [name for _, metrics in VENDORS_SIDE for name in metrics]
    assert len(names) == len(set(names))
    assert [name for name in names if name not in METRICS] == []
