"""The mappings of public data reconcile, to the cent, with the totals that are published for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.measure import measure

DATA = Path(__file__).resolve().parents[1] / "data"


def mapped(name: str) -> Book:
    if not os.environ.get("CHANNELNB_RAW") and not (DATA.parents[1] / "shared" / "data").is_dir():
        pytest.skip("the public data is not here: data/README.md says where to get it")
    return open_book(DATA / name, max_rejected=0)


@pytest.fixture(scope="module")
def adventureworks() -> Iterator[Book]:
    with mapped("adventureworks") as book:
        yield book


@pytest.fixture(scope="module")
def crm() -> Iterator[Book]:
    with mapped("crm") as book:
        yield book


def one(book: Book, sql: str) -> object:
    return book.con.execute(sql).fetchall()[0][0]


@pytest.mark.parametrize(
    "table, rows", [("partners", 701), ("sales", 60_855), ("plans", 163), ("products", 606), ("managers", 17)]
)
def test_adventureworks_rows(adventureworks: Book, table: str, rows: int) -> None:
    load = adventureworks.loads[table]
    assert (load.rows_in, load.rows_used, load.rows_rejected) == (rows, rows, 0)


PUBLISHED = {
    "Specialty Bike Shop": "6756166.18 65125.48 6080117.73 252933.91 357989.07",
    "Value Added Reseller": "34967517.33 175002.81 30892354.33 592385.71 3307774.48",
    "Warehouse": "38726913.48 331169.64 29329909.50 932521.23 8133313.11",
    "%": "80450596.98 571297.93 66302381.56 1777840.84 11799076.66",
}


@pytest.mark.parametrize("channel", PUBLISHED)
def test_adventureworks_revenue_by_channel_and_category(adventureworks: Book, channel: str) -> None:
    rows = adventureworks.con.execute(
        "SELECT category, round(sum(revenue), 2) FROM sales JOIN partners USING (partner_id) "
        "JOIN products USING (product_id) WHERE channel LIKE ? "
        "GROUP BY ROLLUP (category) ORDER BY category NULLS FIRST",
        [channel],
    ).fetchall()
    names = [None, "Accessories", "Bikes", "Clothing", "Components"]
    assert rows == list(zip(names, map(Decimal, PUBLISHED[channel].split()), strict=True))


def test_adventureworks_totals(adventureworks: Book) -> None:
    assert one(adventureworks, "SELECT round(sum(revenue - cost), 2) FROM sales") == Decimal("470482.60")
    assert one(adventureworks, "SELECT sum(target_revenue) FROM plans_in_force") == Decimal("95714000")
    attained = "round(100 * (SELECT sum(revenue) FROM sales) / sum(target_revenue), 2)"
    assert float(str(one(adventureworks, f"SELECT {attained} FROM plans"))) == 84.05
    assert one(adventureworks, "SELECT count(*) FROM sales WHERE revenue < cost") == 21_829
    assert one(adventureworks, "SELECT count(DISTINCT partner_id) FROM sales") == 635
    assert one(adventureworks, "SELECT count(*) FROM sales WHERE round(list_price - discount - revenue, 2) <> 0") == 0


@pytest.mark.parametrize("channel", PUBLISHED)
def test_adventureworks_revenue_through_measure(adventureworks: Book, channel: str) -> None:
    """By channel and category, and in all."""
    of_one = channel != "%"
    whole = measure(adventureworks, ["revenue"], by=["channel"] if of_one else [])
    parts = measure(adventureworks, ["revenue"], by=["channel", "category"] if of_one else ["category"])
    if of_one:
        whole, parts = (frame[frame["channel"].eq(channel)] for frame in (whole, parts))
    total, *by_category = map(float, PUBLISHED[channel].split())
    assert whole["value"].round(2).tolist() == [total]
    assert parts.sort_values("category")["value"].round(2).tolist() == by_category


def test_adventureworks_profit_attainment_and_years_through_measure(adventureworks: Book) -> None:
    row = measure(adventureworks, ["gross_margin", "attainment"]).set_index("metric")
    assert round(row.loc["gross_margin", "numerator"], 2) == 470_482.60
    assert round(row.loc["attainment", "value"], 4) == 0.8405
    assert row.loc["attainment", "denominator"] == 95_714_000
    years = measure(adventureworks, ["revenue"], by=["year"]).set_index("year")["value"]
    counted = adventureworks.con.execute(
        "SELECT CAST(year(sold_on) AS VARCHAR), CAST(sum(revenue) AS DOUBLE) FROM sales GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert years.round(2).to_dict() == {year: round(revenue, 2) for year, revenue in counted}
    assert round(years.sum(), 2) == 80_450_596.98


def test_adventureworks_has_no_figure_of_what_it_does_not_tell(adventureworks: Book) -> None:
    """No deals, leads, training or funds: not measurable, never zero."""
    found = measure(adventureworks).set_index("metric")
    absent = ["win_rate", "open_pipeline", "lead_acceptance", "trained_people", "mdf_claims", "csat", "contribution"]
    assert set(found.loc[absent, "state"]) == {"not_measurable"}
    assert found.loc[absent, "value"].isna().all()


def test_linda_mitchell(adventureworks: Book) -> None:
    rows = adventureworks.con.execute(
        "SELECT round(sum(revenue), 2), count(DISTINCT order_id) FROM sales JOIN managers USING (manager_id) "
        "WHERE name = 'Linda Mitchell'"
    ).fetchall()
    assert rows == [(Decimal("10367007.43"), 418)]


def test_adventureworks_lies_on_thirty_six_months(adventureworks: Book) -> None:
    months = adventureworks.query("SELECT DISTINCT strftime(sold_on, '%Y-%m') AS month FROM sales ORDER BY month")
    assert months["month"].tolist() == [f"{year}-{month:02}" for year in (2011, 2012, 2013) for month in range(1, 13)]
    starts = adventureworks.query("SELECT DISTINCT strftime(month, '%Y-%m') AS month FROM plans ORDER BY month")
    assert starts["month"].tolist() == [
        f"{year}-{month}" for year in (2011, 2012, 2013) for month in ("01", "04", "07", "10")
    ]
    assert str(adventureworks.as_of) == "2013-12-31"


def test_adventureworks_oddities(adventureworks: Book) -> None:
    assert one(adventureworks, "SELECT count(*) FROM managers WHERE region = 'NA'") == 3
    assert one(adventureworks, "SELECT count(*) - count(DISTINCT name) FROM partners") == 2
    assert not adventureworks.has("plans", "partner_id"), "quotas are the vendor's own people's"
    assert not adventureworks.has("sales", "currency"), "amounts are dollars"
    assert one(adventureworks, "SELECT count(*) FROM sales ANTI JOIN managers USING (manager_id)") == 0
    assert one(adventureworks, "SELECT count(*) FROM plans ANTI JOIN managers USING (manager_id)") == 0
    assert one(adventureworks, "SELECT count(*) FROM partners WHERE region IS NULL OR country IS NULL") == 0


def test_crm_outcomes(crm: Book) -> None:
    stages = crm.query("SELECT stage, outcome, count(*) AS deals FROM opportunities GROUP BY ALL ORDER BY deals DESC")
    assert stages.values.tolist() == [
        ["Won", "won", 4238],
        ["Lost", "lost", 2473],
        ["Engaging", "open", 1589],
        ["Prospecting", "open", 500],
    ]


def test_crm_totals(crm: Book) -> None:
    assert one(crm, "SELECT sum(revenue) FROM sales") == Decimal("10005534")
    assert one(crm, "SELECT sum(amount) FROM opportunities WHERE outcome = 'won'") == Decimal("10005534")
    assert round(float(str(one(crm, "SELECT avg(revenue) FROM sales"))), 2) == 2360.91
    assert one(crm, "SELECT sum(amount) FROM opportunities WHERE outcome = 'open'") == Decimal("4966215")
    decided = "round(100 * avg((outcome = 'won')::INT) FILTER (outcome IN ('won', 'lost')), 2)"
    assert one(crm, f"SELECT {decided} FROM opportunities") == 63.15
    assert one(crm, "SELECT round(100 * avg((outcome = 'won')::INT), 2) FROM opportunities") == 48.16


@pytest.mark.parametrize(
    ("metric", "above", "below", "value"),
    [("win_rate", 4238, 6711, 0.6315), ("average_won_deal", 10_005_534, 4238, 2360.91)],
)
def test_crm_metrics(crm: Book, metric: str, above: float, below: float, value: float) -> None:
    row = measure(crm, [metric]).iloc[0]
    assert (row["numerator"], row["denominator"]) == (above, below)
    assert row["value"] == pytest.approx(value, rel=1e-4)
    assert row["low"] < row["value"] < row["high"]


def test_crm_oddities(crm: Book) -> None:
    assert one(crm, "SELECT count(*) FROM opportunities WHERE product_id = 'GTX Pro'") == 1480
    assert one(crm, "SELECT count(*) FROM opportunities ANTI JOIN products USING (product_id)") == 0
    assert one(crm, "SELECT count(*) FROM opportunities WHERE outcome = 'open' AND customer_id IS NULL") == 1425
    assert one(crm, "SELECT count(*) FROM opportunities WHERE created_on IS NULL") == 500
    assert one(crm, "SELECT count(*) FROM salespeople ANTI JOIN opportunities USING (salesperson_id)") == 5
    assert one(crm, "SELECT count(*) FROM salespeople") == 35
    assert one(crm, "SELECT count(*) FROM customers") == 85
    assert one(crm, "SELECT count(*) FROM partners WHERE name LIKE '%(stand-in)' AND channel LIKE '%(stand-in)'") == 6


def test_crm_as_it_was_known_at_the_end_of_a_quarter() -> None:
    book = mapped("crm")
    raw = f"read_csv('{book.vendor.raw}/sales_pipeline.csv', all_varchar = true)"
    won = f"SELECT sum(close_value::DECIMAL(18,2)) FROM {raw} WHERE deal_stage = 'Won' AND close_date <= '2017-06-30'"
    undated = f"SELECT count(*) FROM {raw} WHERE engage_date IS NULL"
    engaged = (
        f"SELECT count(*) FROM {raw} WHERE engage_date <= '2017-06-30' AND coalesce(close_date, '9') > '2017-06-30'"
    )
    with book, open_book(DATA / "crm", quarter="2017Q2") as then:
        assert one(then, "SELECT sum(revenue) FROM sales") == one(book, won)
        is_open = int(str(one(book, undated))) + int(str(one(book, engaged)))
        assert one(then, "SELECT count(*) FROM opportunities WHERE outcome = 'open'") == is_open
        assert one(then, "SELECT count(*) FROM opportunities WHERE outcome = 'open' AND amount <= 0") == 0
