"""Capability: who is certified, trained and assessed, in the cases in which a figure could be unfair."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.measure import measure
from channelnb.metrics.worked import made_up


def opened(*, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> Book:
    return open_book(made_up(**tables), quarter=quarter, as_of=as_of, max_rejected=0)


def told(metric: str, *by: str, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> pd.DataFrame:
    with opened(quarter=quarter, as_of=as_of, **tables) as book:
        return measure(book, [metric], by=by)


def value(metric: str, *, quarter: str = "2026Q3", as_of: str | None = None, **tables: str) -> float:
    return float(told(metric, quarter=quarter, as_of=as_of, **tables).iloc[0]["value"])


# --- Certificates ------------------------------------------------------------------------------------------------

PEOPLE = "salesperson_id partner_id role joined_on left_on / S1 P1 sales - - / S2 P1 technical - -"


@pytest.mark.parametrize(
    ("more", "share"),
    [
        ("S3 P1 sales - 2026-08-31", 1 / 2),
        ("S3 P1 sales - 2026-10-31", 2 / 3),
        ("S3 P1 other - -", 1 / 2),
        ("S3 P1 - - -", 1 / 2),
        ("S3 P2 sales - -", 1 / 2),
        ("S3 P1 sales 2026-10-01 -", 1 / 2),
    ],
    ids=["left", "leaves later", "does something else", "of no known role", "at another firm", "not there yet"],
)
def test_only_people_who_are_there_and_sell_or_advise_count_above_and_below(more: str, share: float) -> None:
    certificates = "salesperson_id partner_id earned_on / S1 P1 2026-01-10 / S3 P1 2026-01-10"
    found = told("certified_coverage", "partner_id", salespeople=f"{PEOPLE} / {more}", certifications=certificates)
    assert found.set_index("partner_id").loc["P1", "value"] == pytest.approx(share)


def test_coverage_of_a_line_is_of_all_people() -> None:
    certificates = "salesperson_id partner_id line earned_on / S1 P1 Backup 2026-01-10 / S2 P1 Wireless 2026-01-10"
    found = told("certified_coverage", "line", salespeople=PEOPLE, certifications=certificates)
    assert found.set_index("line")[["numerator", "denominator"]].to_dict("index") == {
        "Backup": {"numerator": 1, "denominator": 2},
        "Wireless": {"numerator": 1, "denominator": 2},
    }


def test_people_of_a_firm_that_merged_are_its_survivors() -> None:
    found = told(
        "certified_coverage",
        "partner_id",
        partners="partner_id merged_into left_on / P1 - - / P2 P1 2026-05-01",
        salespeople=f"{PEOPLE} / S3 P2 sales - -",
        certifications="salesperson_id partner_id earned_on / S3 P2 2026-01-10",
    )
    assert found[["partner_id", "numerator", "denominator"]].values.tolist() == [["P1", 1, 3]]


@pytest.mark.parametrize(("period", "people"), [("2026Q3", 2), ("2026-09", 1), ("2026-10", 0), ("2026-11", 1)])
def test_certificates_expire_in_the_next_period_of_the_same_length(period: str, people: int) -> None:
    certificates = "salesperson_id earned_on expires_on / S1 2024-10-01 2026-10-01 / S2 2024-12-31 2026-12-31"
    assert value("certificates_expiring", quarter=period, certifications=certificates) == people


@pytest.mark.parametrize("metric", ["certified_people", "strategic_certified_people"])
def test_people_count_until_they_leave_where_the_source_says_who_did(metric: str) -> None:
    tables = {
        "certifications": "salesperson_id line earned_on / S1 Backup 2026-01-10 / S2 Backup 2026-01-10 / "
        "S2 Backup 2026-09-20 / S3 Backup 2026-10-10",
        "products": "product_id line strategic / G1 Backup true",
    }
    left = {"salespeople": "salesperson_id left_on / S1 - / S2 2026-07-31 / S3 2026-08-31"}
    assert [value(metric, quarter=quarter, **tables, **left) for quarter in ("2026Q2", "2026Q3")] == [2, 1]
    assert told(metric, **tables)[["value", "reason"]].values.tolist() == [
        [2, "without it: the source has no table salespeople"]
    ]


def test_a_certificate_without_a_person_is_nobodys() -> None:
    certificates = "salesperson_id earned_on expires_on / - 2026-01-10 2026-10-10 / S1 2026-01-10 2026-10-10"
    assert value("certified_people", certifications=certificates) == 1
    assert value("certificates_expiring", certifications=certificates) == 1


def test_a_line_is_one_to_grow_when_one_of_its_products_is() -> None:
    products = "product_id line strategic emerging / G1 Backup - true / G2 Backup false false / G3 Wireless - -"
    certificates = "salesperson_id line earned_on / S1 Backup 2026-01-10 / S2 Wireless 2026-01-10 / S3 - 2026-01-10"
    assert value("strategic_certified_people", products=products, certifications=certificates) == 1
    sales = "product_id sold_on revenue / G2 2025-10-01 25 / G3 2026-08-01 75 / G3 2025-01-01 1"
    assert value("strategic_share", products=products, sales=sales) == 0.25


@pytest.mark.parametrize("before", ["2025-10-01 5", "2024-10-01 0"], ids=["too young", "base zero"])
def test_there_is_no_trajectory_without_a_year_before(before: str) -> None:
    found = told(
        "strategic_share_change",
        products="product_id line strategic / G1 Backup true",
        sales=f"product_id sold_on revenue / G1 2026-08-01 5 / G1 {before}",
    )
    assert found["state"].tolist() == ["no_data"]


# --- Training ----------------------------------------------------------------------------------------------------

TRAINED = {
    "products": "product_id line / G1 Backup",
    "activities": "activity_id kind line held_on status / A1 training Backup 2026-01-15 done",
    "attendance": "activity_id salesperson_id / A1 S1",
    "opportunities": "salesperson_id product_id created_on / S9 G1 2026-01-01",
}
SOLD = "salesperson_id product_id sold_on revenue / S9 G1 2025-01-01 1"


@pytest.mark.parametrize(
    ("day", "relevant"),
    [("2026-01-31", 0), ("2026-02-01", 1), ("2026-07-31", 1), ("2026-08-01", 0), ("2025-12-31", 0)],
    ids=["same month", "next month", "sixth month", "seventh month", "before"],
)
@pytest.mark.parametrize("how", ["sales", "opportunities"])
def test_two_quarters_after_the_month_of_a_training_count(how: str, day: str, relevant: int) -> None:
    tables = TRAINED | {"sales": SOLD}
    own = f"/ S1 G1 {day}" + (" 5" if how == "sales" else "")
    with opened(**tables | {how: f"{tables[how]} {own}"}) as book:
        # Deals are folded by the day on which they closed first: what is asked before must not matter.
        measure(book, ["win_rate"], by=["partner_id", "salesperson_id", "line"])
        found = measure(book, ["training_relevance"]).iloc[0]
    assert (found["numerator"], found["denominator"]) == (relevant, 1)


@pytest.mark.parametrize(("quarter", "people"), [("2026Q1", 0), ("2026Q2", 0), ("2026Q3", 1)])
def test_those_trained_are_looked_at_when_their_time_is_up(quarter: str, people: int) -> None:
    found = told("training_relevance", quarter=quarter, sales=SOLD, **TRAINED).iloc[0]
    assert (found["denominator"] == people) if people else (found["state"] == "no_data")


@pytest.mark.parametrize(
    ("activities", "attendance"),
    [
        ("/ A2 training Backup 2026-02-15 done", "/ A2 S1"),
        ("/ A2 training Wireless 2026-02-15 planned", "/ A2 S1"),
        ("/ A2 event Wireless 2026-02-15 done", "/ A2 S1"),
        ("/ A2 training - 2026-02-15 done", "/ A2 S1"),
        ("", "/ A1 -"),
    ],
    ids=["again in the line", "planned", "no training", "of no line", "a customer"],
)
def test_a_person_and_line_count_once_and_only_when_trained(activities: str, attendance: str) -> None:
    tables = TRAINED | {
        "activities": f"{TRAINED['activities']} {activities}",
        "attendance": f"{TRAINED['attendance']} {attendance}",
    }
    assert told("training_relevance", sales=SOLD, **tables).iloc[0]["denominator"] == 1


# --- Knowledge ---------------------------------------------------------------------------------------------------

ASSESSED = {
    "salespeople": "salesperson_id partner_id left_on / S1 P1 - / S2 P2 2026-08-31",
    "assessments": "salesperson_id area score assessed_on tested / S1 product 40 2025-05-01 true / "
    "S1 product 70 2026-08-15 false / S2 product 10 2026-05-01 true",
}


@pytest.mark.parametrize(
    ("quarter", "as_of", "score", "tested"),
    [("2026Q2", None, 25, 1), ("2026Q3", "2026-08-10", 25, 1), ("2026Q3", None, 70, 0)],
    ids=["before", "not known yet", "replaced, and one has left"],
)
def test_the_latest_assessment_of_whoever_is_there_stands(
    quarter: str, as_of: str | None, score: float, tested: float
) -> None:
    assert value("knowledge", quarter=quarter, as_of=as_of, **ASSESSED) == score
    assert value("tested_share", quarter=quarter, as_of=as_of, **ASSESSED) == tested


def test_two_assessments_of_one_day_are_one() -> None:
    same = "salesperson_id area score assessed_on / S1 product 40 2026-05-01 / S1 product 60 2026-05-01"
    found = told("knowledge", **ASSESSED | {"assessments": same}).iloc[0]
    assert (found["numerator"], found["denominator"]) == (60, 1)


def test_knowledge_is_told_by_partner_and_what_partners_have() -> None:
    found = told("knowledge", "partners.channel", "area", quarter="2026Q2", **ASSESSED)
    assert found[["area", "numerator", "denominator"]].values.tolist() == [["product", 50, 2]]


# --- The sample, worked out in another way -----------------------------------------------------------------------


def read(sample: Path, name: str) -> pd.DataFrame:
    """A table of the sample, its days as times."""
    frame = pd.read_parquet(sample / f"{name}.parquet")
    return frame.assign(**{str(day): pd.to_datetime(frame[day]) for day in frame if str(day).endswith("_on")})


def test_on_the_sample_coverage_knowledge_and_training_are_what_pandas_finds(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        found = measure(book, ["certified_coverage", "knowledge", "training_relevance"]).set_index("metric")
    staff = read(sample, "salespeople")[lambda d: d["left_on"].isna() & (d["joined_on"] <= "2026-09-30")]
    staff = staff[staff["role"].isin(["sales", "technical"])]
    valid = read(sample, "certifications")[lambda d: d["expires_on"].isna() | (d["expires_on"] > "2026-09-30")]
    certified = valid["salesperson_id"].isin(staff["salesperson_id"])
    assert found.loc["certified_coverage", "numerator"] == valid.loc[certified, "salesperson_id"].nunique()
    assert found.loc["certified_coverage", "denominator"] == len(staff)
    gone = read(sample, "salespeople").dropna(subset="left_on")["salesperson_id"]
    latest = read(sample, "assessments").sort_values("assessed_on").groupby(["salesperson_id", "area"]).tail(1)
    assert found.loc["knowledge", "value"] == pytest.approx(
        latest[~latest["salesperson_id"].isin(gone)]["score"].mean()
    )
    assert found.loc["training_relevance", "value"] == pytest.approx(_relevance(sample))


def _relevance(sample: Path) -> float:
    held = read(sample, "activities")[
        lambda d: d["kind"].eq("training") & d["held_on"].between("2026-01-01", "2026-03-31")
    ]
    trained = read(sample, "attendance").dropna(subset="salesperson_id").merge(held, on="activity_id")
    lines = read(sample, "products")[["product_id", "line"]]
    parts = [
        read(sample, name).merge(lines, on="product_id").assign(day=lambda rows, at=at: rows[at])
        for name, at in (("sales", "sold_on"), ("opportunities", "created_on"))
    ]
    done = pd.concat([part[["salesperson_id", "line", "day"]] for part in parts])
    both = trained[["salesperson_id", "line", "held_on"]].merge(done, on=["salesperson_id", "line"])
    month, after = (pd.PeriodIndex(both[one], freq="M") for one in ("held_on", "day"))
    put_to_use = both[(after > month) & (after <= month + 6)]
    return len(put_to_use[["salesperson_id", "line"]].drop_duplicates()) / len(
        trained[["salesperson_id", "line"]].drop_duplicates()
    )
