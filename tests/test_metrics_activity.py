"""Leads, deals registered, marketing, mindshare and engagement: the cases in which their figures could go wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.activity import STALE_DAYS
from channelnb.metrics.derived import DERIVED
from channelnb.metrics.leads import FOLLOW_UP_HOURS
from channelnb.metrics.measure import measure
from channelnb.metrics.mindshare import MINDSHARE
from channelnb.metrics.registry import METRICS
from channelnb.metrics.rows import rows_of
from channelnb.metrics.worked import made_up

OF_LEADS = [name for name, one in METRICS.items() if one.__module__ == "channelnb.metrics.leads"]


def vendor(*, quarter: str | None = "2026Q3", as_of: str | None = None, **tables: str) -> Book:
    return open_book(made_up(**tables), quarter=quarter, as_of=as_of, max_rejected=0)


def figures(book: Book, metric: str, *by: str) -> dict[tuple[str, ...], Any]:
    """A metric's value by some keys, where there is one."""
    with book:
        rows = measure(book, [metric], by=by).dropna(subset="value")
    return {tuple(row[key] for key in by): row["value"] for _, row in rows.iterrows()}


def figure(book: Book, metric: str) -> float:
    return float(figures(book, metric).get((), math.nan))


# Leads

LEADS = """lead_id created_at assigned_at accepted_at first_contact_at returned_at outcome amount cost partner_id
    A 2026-07-01T08:00:00Z 2026-07-01T09:00:00Z 2026-07-02T09:00:00Z 2026-07-02T19:00:00Z - dropped 100 10 P1
    B 2026-07-01T08:00:00Z 2026-07-01T10:00:00Z - - - open 200 20 P1
    C 2026-07-01T08:00:00Z 2026-07-01T11:00:00Z - - 2026-07-03T09:00:00Z dropped 300 30 P1"""
KEPT = "/ K 2026-07-01T08:00:00Z {} - - - dropped 900 90 -"
OUTSIDE = LEADS.replace("partner_id\n", "region segment line partner_id\n").replace(" P1", " - - - P1")
FIRMS = {
    "partners": "partner_id region segment / P1 north retail",
    "products": "product_id line / R1 Routers / D1 Disks",
    "customers": "customer_id segment / C1 banks / C2 farms",
    "sales": "sold_on product_id customer_id revenue / 2026-05-05 R1 C1 10 / 2026-08-01 D1 C2 10",
}


@pytest.mark.parametrize("assigned", ["-", "2026-07-01T09:00:00Z"])
def test_leads_kept_direct_are_no_partners(assigned: str) -> None:
    kept = OUTSIDE + KEPT.format(assigned).replace("90 -", "90 south farms Disks -")
    without, with_them = (
        measure(vendor(**FIRMS, leads=leads), OF_LEADS, resample=False)[["metric", "numerator", "value", "n"]]
        for leads in (OUTSIDE, kept)
    )
    assert (without["n"] >= 2).all()
    pd.testing.assert_frame_equal(with_them, without)


def test_a_source_that_never_says_that_leads_were_given_back_has_none_of_them() -> None:
    leads = "assigned_at outcome amount first_contact_at / 2026-07-01T09:00:00Z dropped 5 2026-07-01T19:00:00Z"
    with vendor(leads=leads) as book:
        rows = measure(book, ["dropped_leads", "dropped_lead_value", "lead_response_time"])
        split = measure(book, ["dropped_to_wrong_partner"]).iloc[0]
    assert rows["value"].tolist() == [1, 5, 10]
    assert split["state"] == "not_measurable"
    assert split["reason"].startswith("table leads has no column returned_at")


@pytest.mark.parametrize(
    ("assigned", "quarter"),
    [
        ("2026-07-01T01:00:00+02:00", "2026Q2"),
        ("2026-06-30T22:00:00-05:00", "2026Q3"),
    ],
)
def test_a_lead_belongs_to_the_quarter_that_its_hour_lies_in(assigned: str, quarter: str) -> None:
    found = figures(vendor(leads=f"assigned_at accepted_at / {assigned} {assigned}"), "lead_acceptance", "quarter")
    assert found == {(quarter,): 1}


@pytest.mark.parametrize(("as_of", "called"), [("2026-07-02", 1), ("2026-07-01", 0)])
def test_a_call_that_is_yet_to_come_is_not_known(as_of: str, called: int) -> None:
    with vendor(quarter=None, as_of=as_of, leads="\n".join(LEADS.splitlines()[:2])) as book:
        row = measure(book, ["lead_response_time"]).iloc[0]
    assert (row["numerator"], row["n"]) == (called, 1)
    assert row["value"] == pytest.approx(34 if called else math.nan, nan_ok=True)


def test_silence_makes_nobody_quick() -> None:
    """One call at once, four leads without any: half of them take longer than anybody has seen."""
    silent = " / 2026-07-01T09:00:00Z -" * 4
    book = vendor(leads=f"assigned_at first_contact_at / 2026-07-01T09:00:00Z 2026-07-01T10:00:00Z {silent}")
    with book:
        row = measure(book, ["lead_response_time"]).iloc[0]
    assert (row["numerator"], row["n"], row["state"]) == (1, 5, "too_few")
    assert math.isnan(row["value"])


def test_events_in_the_wrong_order_are_no_times() -> None:
    book = vendor(leads="created_at assigned_at / 2026-07-02T09:00:00Z 2026-07-01T09:00:00Z")
    assert math.isnan(figure(book, "lead_handover_time"))


@pytest.mark.parametrize(
    ("lead", "wrong"),
    [
        ("north retail Routers 2026-07-01", False),
        ("south retail Routers 2026-07-01", True),
        ("- - - 2026-07-01", False),
        ("north banks Routers 2026-07-01", False),
        ("north farms Routers 2026-07-01", True),
        ("north farms Routers 2026-08-15", False),
        ("north retail Disks 2026-07-01", True),
        ("north retail Disks 2026-08-15", False),
        ("north retail Disks 2026-04-15", False),
        ("north farms Routers 2026-04-15", False),
        ("south retail Routers 2026-04-15", True),
    ],
    ids=[
        *(
            "all fits",
            "another region",
            "nothing told",
            "a segment sold to",
            "another segment",
            "a segment sold to since",
        ),
        *("another line", "a line sold since", "a line before any sale", "a segment before any sale"),
        "another region before any sale",
    ],
)
def test_what_is_sent_to_the_wrong_firm(lead: str, wrong: bool) -> None:
    region, segment, line, day = lead.split()
    leads = f"""assigned_at outcome returned_at first_contact_at region segment line
        {day}T09:00:00Z dropped - - {region} {segment} {line}"""
    quarter = "2026Q2" if day < "2026-07" else "2026Q3"
    for name, share in (("dropped_to_wrong_partner", wrong), ("dropped_for_follow_up", not wrong)):
        found = figures(vendor(**FIRMS, leads=leads), name, "quarter")
        assert found == {(quarter,): share}


@pytest.mark.parametrize(("more", "late"), [(0, False), (1, True)])
def test_a_call_is_late_after_so_many_hours(more: int, late: bool) -> None:
    called = f"2026-07-{1 + FOLLOW_UP_HOURS // 24:02}T09:00:{more:02}Z"
    leads = f"""assigned_at outcome returned_at first_contact_at region segment line
        2026-07-01T09:00:00Z dropped - {called} north retail Routers"""
    assert figure(vendor(**FIRMS, leads=leads), "dropped_for_follow_up") == late


def test_the_two_kinds_of_dropped_leads_are_apart_and_no_more_than_all(sample: Path) -> None:
    names = ["dropped_leads", "dropped_to_wrong_partner", "dropped_for_follow_up"]
    with open_book(sample, quarter="2026Q3") as book:
        rows = measure(book, names, by=["partner_id", "quarter"])
        planted = book.query(
            "SELECT count(*) FILTER (drop_reason LIKE '%line%' OR drop_reason LIKE '%region%') AS wrong, "
            "count(*) FILTER (drop_reason = 'no time for it') AS no_time FROM leads"
        ).iloc[0]
    all_dropped, wrong, late = (rows[rows["metric"] == name]["numerator"].fillna(0).to_numpy() for name in names)
    assert (wrong + late <= all_dropped).all()
    assert 0 < late.sum() < all_dropped.sum() - wrong.sum()
    # All that the sample sent amiss is found, with what was given back for want of time, and little else.
    there = planted["wrong"] + planted["no_time"]
    assert there <= wrong.sum() <= 1.15 * there


# Deals


def test_deals_whose_age_nobody_knows_are_neither_stale_nor_fresh() -> None:
    deals = {"opportunities": "created_on closed_on outcome amount / - - open 70"}
    assert figure(vendor(**deals), "stale_pipeline") == 0
    assert math.isnan(figure(vendor(**deals), "stale_share"))
    assert figure(vendor(**deals), "open_pipeline") == 70


def test_a_deal_is_stale_from_one_day_to_the_next() -> None:
    found = {
        day: figure(vendor(quarter=None, as_of=day, opportunities="created_on amount / 2026-01-01 5"), "stale_pipeline")
        for day in ("2026-06-29", "2026-06-30")
    }
    assert STALE_DAYS == 180
    assert found == {"2026-06-29": 0, "2026-06-30": 5}


def test_a_registration_decided_later_is_pending() -> None:
    deals = {"opportunities": "registered_on decided_on registration_decision / 2026-09-01 2026-10-05 approved"}
    assert math.isnan(figure(vendor(**deals), "registration_approval_rate"))
    with vendor(**deals) as book:
        row = measure(book, ["registration_approval_time"]).iloc[0]
    assert (row["numerator"], row["n"]) == (0, 1)
    assert figures(vendor(**deals, as_of="2026-12-31"), "registration_approval_rate", "quarter") == {("2026Q4",): 1}


# Marketing

TWO = "partner_id joined_on left_on merged_into / P1 - - - / P2 - - - "


@pytest.mark.parametrize(
    ("others", "share"),
    [
        ("", 1 / 2),
        ("/ P3 2026-10-05 - -", 1 / 2),
        ("/ P3 - 2026-06-30 -", 1 / 2),
        ("/ P3 - 2026-08-01 -", 1 / 3),
        ("/ P3 - 2026-08-01 P2", 2 / 2),
    ],
    ids=["nobody else", "one to come", "one that had left", "one that left", "one that merged, having done some"],
)
def test_who_takes_part_in_marketing(others: str, share: float) -> None:
    done = "P1 event 2026-08-05 / P1 webinar 2026-08-06 / P2 training 2026-08-06"
    merged = "/ P3 social 2026-07-05" if "P2" in others else ""
    activities = f"partner_id kind held_on / {done} {merged}"
    book = vendor(partners=TWO + others, activities=activities)
    assert figure(book, "marketing_participation") == pytest.approx(share)


def test_of_one_partner_participation_is_one_or_nothing() -> None:
    book = vendor(partners=TWO, activities="partner_id kind held_on / P1 event 2026-08-05 / P1 webinar 2026-08-06")
    assert figures(book, "marketing_participation", "partner_id") == {("P1",): 1, ("P2",): 0}


CAMPAIGNS = "campaign_id digital started_on ended_on / A true 2026-08-10 2026-08-25 / B - 2026-08-01 2026-08-20"
IN_THEM = """campaign_id kind held_on status requested_on
    A webinar 2026-08-12 done 2026-08-05 / A social 2026-08-20 done - / B social 2026-08-12 done 2026-08-05"""


@pytest.mark.parametrize(
    ("day", "stages"),
    [
        ("2026-08-04", (0, 0, 0)),
        ("2026-08-05", (1, 0, 0)),
        ("2026-08-10", (0, 1, 0)),
        ("2026-08-24", (0, 1, 0)),
        ("2026-08-25", (0, 0, 1)),
    ],
)
def test_a_digital_campaign_is_planned_runs_and_is_done(day: str, stages: tuple[int, ...]) -> None:
    book = vendor(quarter=None, as_of=day, campaigns=CAMPAIGNS, activities=IN_THEM + " / - qbr 2026-01-05 done -")
    with book:
        rows = measure(book, [f"digital_campaigns_{stage}" for stage in ("planned", "running", "done")])
    assert tuple(rows["value"]) == stages


# Mindshare


def test_mindshare_is_of_metrics_that_are_there_by_firm_and_salesperson() -> None:
    tables = {
        "activities": """activity_id kind held_on requested_on requested_by customer_attendees
            A event 2026-08-05 - - 10 / B webinar 2026-08-06 - - 7 / C exec_call 2026-08-07 2026-08-01 partner -""",
        "attendance": """activity_id salesperson_id customer_id
            A S1 - / A - C1 / B S1 - / B S2 - / C S2 - """,
        "opportunities": "created_on salesperson_id / 2026-07-05 S1 / 2026-08-05 S2",
        "deals_worked": "quarter deals salesperson_id / 2026Q3 4 S1 / 2026Q3 2 S2",
    }
    by_person = {name: figures(vendor(**tables), name, "salesperson_id") for name in MINDSHARE}
    assert by_person["customers_at_events"] == {("S1",): 10, ("S2",): 0, ("(none)",): 7}
    assert by_person["executive_requests"] == {("S2",): 1}
    assert by_person["share_of_deals_worked"] == {("S1",): 1 / 4, ("S2",): 1 / 2}
    by_firm = {name: figures(vendor(**tables), name, "partner_id")["P1",] for name in MINDSHARE}
    assert by_firm == {"customers_at_events": 17, "executive_requests": 1, "share_of_deals_worked": 2 / 6}


SHARES = {
    "opportunities": """partner_id created_on
        P1 2026-01-05 / P1 2026-04-05 / P1 2026-08-05 / P1 2026-09-05 / P2 2026-08-05""",
    "deals_worked": "partner_id quarter deals / P1 2026Q2 2 / P1 2026Q3 4",
}


@pytest.mark.parametrize(
    ("by", "shares"),
    [
        ("month", {"2026-04": 1 / 2, "2026-07": 2 / 4}),
        ("quarter", {"2026Q2": 1 / 2, "2026Q3": 2 / 4}),
        ("year", {"2026": 3 / 6}),
        ("partner_id", {"P1": 2 / 4}),
    ],
)
def test_quarters_and_partners_not_asked_count_on_neither_side(by: str, shares: dict[str, float]) -> None:
    assert figures(vendor(**SHARES), "share_of_deals_worked", by) == {(key,): share for key, share in shares.items()}


def test_the_share_of_deals_is_a_rate_with_its_interval() -> None:
    with vendor(**SHARES) as book:
        row = measure(book, ["share_of_deals_worked"]).iloc[0]
    assert (row["n"], row["denominator"]) == (4, 4)
    assert row["low"] < 0.5 < row["high"]


def test_the_share_of_deals_goes_by_the_vendors_fiscal_quarters(tmp_path: Path) -> None:
    """With a year that begins in May, 2027Q1 is May to July 2026."""
    for name, frame in made_up(
        opportunities="created_on / 2026-04-30 / 2026-05-01 / 2026-07-31 / 2026-08-01",
        deals_worked="quarter deals / 2027Q1 4",
    ).items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text("name: Acme\nfirst_month: 5\n")
    with open_book(tmp_path, quarter="2027Q1") as book:
        row = measure(book, ["share_of_deals_worked"]).iloc[0]
    assert (row["numerator"], row["denominator"]) == (2, 4)


def test_the_share_of_deals_worked_is_at_most_one_on_the_sample(sample: Path) -> None:
    with open_book(sample) as book:
        for by in ([], ["partner_id", "quarter"], ["salesperson_id", "year"], ["line", "month"]):
            value = measure(book, ["share_of_deals_worked"], by=by)["value"].dropna()
            assert len(value)
            assert value.between(0, 1).all()


NEW = "partner_id joined_on left_on merged_into / P1 2026-01-01 - - "
FIRST = "partner_id sold_on revenue / OLD 2025-01-01 1 / P1 2026-01-21 5 / P1 2026-01-11 5 / P1 2026-09-15 5 "


@pytest.mark.parametrize(
    ("partners", "sales", "days"),
    [
        ("", "", {"P1": 10}),
        ("/ P2 2025-01-01 - -", "/ P2 2025-01-04 7", {"P1": 10, "P2": 3}),
        ("/ P2 2024-12-31 - -", "/ P2 2025-01-04 7", {"P1": 10}),
        ("/ P2 2026-03-01 - -", "/ P2 2026-02-01 7", {"P1": 10}),
        ("/ P2 2026-03-01 - -", "", {"P1": 10}),
        ("/ P2 2026-03-01 - -", "/ P2 2026-03-01 7", {"P1": 10, "P2": 0}),
        ("/ P2 2025-06-01 2026-02-01 P1", "/ P2 2026-01-06 7", {"P1": 5}),
    ],
    ids=[
        *("the first of several", "on the day that sales begin", "before sales begin", "sold before it joined"),
        *("no sale yet", "sold at once", "merged: its sales are those of the other firm"),
    ],
)
def test_the_time_to_the_first_deal(partners: str, sales: str, days: dict[str, float]) -> None:
    book = vendor(partners=NEW + "/ OLD 2020-01-01 - -" + partners, sales=FIRST + sales)
    found = figures(book, "time_to_first_deal", "partner_id")
    assert found == {(firm,): value for firm, value in days.items()}


def test_a_firm_that_merged_is_not_waited_for() -> None:
    firms = NEW + "/ OLD 2020-01-01 - - / P2 2025-06-01 2026-02-01 P1 / P3 2026-03-01 - -"
    with vendor(partners=firms, sales=FIRST) as book:
        row = measure(book, ["time_to_first_deal"]).iloc[0]
    assert (row["numerator"], row["n"]) == (1, 2)


def test_a_sale_yet_to_come_is_not_known() -> None:
    later = "partner_id sold_on revenue / OLD 2025-01-01 1 / P1 2026-02-11 5"
    for day, known in (("2026-01-31", 0), ("2026-02-28", 1)):
        with vendor(quarter=None, as_of=day, partners=NEW + "/ OLD 2020-01-01 - -", sales=later) as book:
            row = measure(book, ["time_to_first_deal"]).iloc[0]
        assert (row["numerator"], row["n"]) == (known, 1)


# Engagement


def test_what_was_planned_is_done_once_its_day_has_come() -> None:
    tables = {
        "activities": "activity_id kind held_on requested_on / A training 2026-09-10 2026-08-01 / B qbr 2026-08-02 -"
    }
    tables |= {"attendance": "activity_id salesperson_id / A S1 / A S2"}
    for day, sessions, people in (("2026-09-09", 0, 0), ("2026-09-10", 1, 2)):
        for name, expected in (("training_sessions", sessions), ("trained_people", people)):
            assert figure(vendor(as_of=day, **tables), name) == expected


def test_people_trained_can_be_told_by_whatever_is_known_of_their_firm() -> None:
    book = vendor(
        partners="partner_id channel / P1 reseller / P2 agent",
        activities="""activity_id partner_id kind held_on line
            A P1 training 2026-08-05 Routers / B P2 training 2026-08-05 -""",
        attendance="activity_id salesperson_id / A S1 / A S2 / B S3",
    )
    with book:
        by_channel, by_line = (measure(book, ["trained_people"], by=[key]) for key in ("channel", "line"))
    assert dict(zip(by_channel["channel"], by_channel["value"], strict=True)) == {"agent": 1, "reseller": 2}
    assert dict(zip(by_line["line"], by_line["value"], strict=True)) == {"(none)": 1, "Routers": 2}


def test_no_row_is_told_twice(sample: Path) -> None:
    """Each derived column finds at most one row of the tables that it looks into."""
    with open_book(sample, quarter="2026Q3") as book:
        for table in ("leads", "opportunities", "activities", "attendance", "partners", "deals_worked"):
            rows = book.query(f"SELECT count(*) AS n FROM {rows_of(book, table, DERIVED[table])}")["n"][0]
            assert rows == book.query(f"SELECT count(*) AS n FROM {table}")["n"][0], table
