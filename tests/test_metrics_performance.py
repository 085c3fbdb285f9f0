"""Performance and profitability: the cases at which a definition may go wrong."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channelnb.book.book import open_book
from channelnb.errors import AmbiguousKey, ColumnsMissing, NotUsable
from channelnb.metrics.concentration import fewest, fewest_share, largest_share
from channelnb.metrics.measure import measure
from channelnb.metrics.registry import METRICS
from channelnb.metrics.rows import rows_of
from channelnb.metrics.share_gap import share_gap
from channelnb.metrics.worked import made_up

QUARTER = "2026Q3"


def figure(name: str, *, by: str = "", as_of: str | None = None, quarter: str | None = QUARTER, **tables: str):
    """The rows of a metric by its keys, or its single row where there are none."""
    with open_book(made_up(**tables), quarter=quarter, as_of=as_of, max_rejected=0) as book:
        measured = measure(book, [name], by=by.split())
    return measured.set_index(by.split()) if by else measured.iloc[0]


# Growth


@pytest.mark.parametrize(
    ("name", "before", "revenue", "state", "change"),
    [
        ("growth_qoq", "2026-05-01", "40", "ok", 10),
        ("growth_qoq", "2026-05-01", "0", "no_data", 50),
        ("growth_qoq", "2026-05-01", "-40", "no_data", 90),
        ("growth_qoq", "2026-03-31", "40", "no_data", 50),
        ("growth_yoy", "2025-08-01", "40", "ok", 10),
        ("growth_yoy", "2025-08-01", "-40", "no_data", 90),
        ("growth_yoy", "2025-06-30", "40", "no_data", 50),
    ],
)
def test_growth_on_a_base_of_nothing_is_told_in_money_only(name, before, revenue, state, change):
    row = figure(name, sales=f"sold_on revenue / {before} {revenue} / 2024-01-01 7 / 2026-08-01 50")
    assert (row["state"], row["numerator"]) == (state, change)
    assert math.isnan(row["value"]) == (state == "no_data")


@pytest.mark.parametrize(("name", "first"), [("growth_qoq", "2026-05-01"), ("growth_yoy", "2025-09-01")])
def test_growth_on_a_time_that_sales_do_not_reach_back_to_is_no_data(name, first):
    row = figure(name, sales=f"sold_on revenue / {first} 40 / 2026-08-01 50")
    assert row["state"] == "no_data"
    assert math.isnan(row["numerator"])


@pytest.mark.parametrize(
    ("name", "as_of", "base"),
    [
        ("growth_qoq", "2026-08-15", 31 + 62 * 15 / 31),
        ("growth_qoq", "2026-08-31", 31 + 62),
        ("growth_qoq", "2026-09-30", 31 + 62 + 93),
        ("growth_yoy", "2026-08-15", 310 + 620 * 15 / 31),
    ],
)
def test_a_running_quarter_is_held_against_as_much_of_the_earlier_one(name, as_of, base):
    sales = "sold_on revenue / 2026-04-02 31 / 2026-05-02 62 / 2026-06-02 93 / 2025-07-02 310 / 2025-08-02 620"
    row = figure(name, as_of=as_of, sales=f"{sales} / 2026-07-01 500")
    assert row["denominator"] == pytest.approx(base)


def test_each_quarter_and_month_is_held_against_the_one_before():
    sales = "sold_on revenue / 2026-01-05 10 / 2026-04-05 30 / 2026-07-05 20 / 2026-08-05 25"
    by_quarter = figure("growth_qoq", by="quarter", sales=sales)["value"]
    by_month = figure("growth_qoq", by="month", sales=sales)["value"]
    assert by_quarter["2026Q2"] == pytest.approx(2)
    assert by_quarter["2026Q3"] == pytest.approx(0.5)
    assert by_month["2026-08"] == pytest.approx(0.25)


# Customers

MOVED = "customer_id partner_id sold_on revenue / C1 P1 2025-07-01 10 / C1 P2 2026-08-01 30 / C2 P2 2026-08-01 5"


def test_new_is_new_to_the_group_that_is_measured():
    by_partner = figure("new_customer_revenue", by="partner_id", sales=MOVED)["value"]
    assert by_partner.to_dict() == {"P1": 0, "P2": 35}
    assert figure("new_customer_revenue", sales=MOVED)["value"] == 5


def test_a_customer_who_moves_leaves_the_partner_and_not_the_vendor():
    by_partner = figure("customer_churn", by="partner_id", sales=f"{MOVED} / C3 P1 2024-10-01 1")
    assert by_partner.loc["P1", ["numerator", "denominator"]].tolist() == [2, 2]
    whole = figure("customer_churn", sales=f"{MOVED} / C3 P1 2024-10-01 1")
    assert (whole["numerator"], whole["denominator"]) == (1, 2)


def test_churn_is_what_retention_leaves():
    sales = f"{MOVED} / C3 P1 2024-10-01 1"
    retained, lost = (figure(name, sales=sales)["value"] for name in ("customer_retention", "customer_churn"))
    assert retained + lost == pytest.approx(1)


PRODUCTS = "product_id line recurring / A Disks true / B Tapes false"
RECURRING = "customer_id product_id sold_on revenue"


@pytest.mark.parametrize(
    ("sales", "net", "gross"),
    [
        ("C1 A 2024-10-01 100 / C1 A 2026-01-01 150", 1.5, 1),
        ("C1 A 2024-10-01 100 / C2 A 2026-01-01 150", 0, 0),
        ("C1 A 2024-10-01 100 / C1 A 2026-01-01 150 / C2 A 2025-01-01 100", 0.75, 0.5),
        ("C1 A 2024-10-01 100 / C1 A 2026-01-01 -20", -0.2, 0),
        ("C1 A 2024-10-01 100 / C1 B 2026-01-01 90", 0, 0),
        ("C1 A 2024-10-01 100 / C2 A 2024-10-01 -50 / C1 A 2026-01-01 90 / C2 A 2026-01-01 10", 2, 0.9),
    ],
    ids=["grown", "replaced", "one left", "returned", "other line", "negative before"],
)
def test_revenue_retention_customer_by_customer(sales, net, gross):
    tables = {"products": PRODUCTS, "sales": f"{RECURRING} / {sales}"}
    assert figure("net_revenue_retention", **tables)["value"] == pytest.approx(net)
    assert figure("gross_revenue_retention", **tables)["value"] == pytest.approx(gross)


@pytest.mark.parametrize("name", ["net_revenue_retention", "gross_revenue_retention"])
def test_revenue_retention_needs_to_know_which_lines_recur_and_two_years_of_sales(name):
    sales = f"{RECURRING} / C1 A 2024-10-01 100 / C1 A 2026-01-01 150"
    unmarked = figure(name, products="product_id line / A Disks", sales=sales)
    assert (unmarked["state"], unmarked["reason"]) == ("not_measurable", "table products has no column recurring")
    assert figure(name, products=PRODUCTS, sales=sales.replace("2024-10", "2024-11"))["state"] == "no_data"


def test_critical_accounts_are_won_by_the_group_that_had_them_not():
    tables = {"customers": "customer_id critical / C1 true / C2 false", "sales": MOVED}
    assert figure("critical_accounts_won", by="partner_id", **tables)["value"].to_dict() == {"P1": 0, "P2": 1}
    assert figure("critical_accounts_won", **tables)["value"] == 0
    unflagged = figure("critical_accounts_won", sales=MOVED, customers="customer_id / C1")
    assert unflagged["reason"] == "table customers has no column critical"


# Partners and lines


def test_a_firm_that_merged_is_retained_with_its_survivor():
    firms = "partner_id merged_into left_on channel / P1 - - x / P2 P1 2025-12-31 x / P3 - - x / P4 - - y"
    sales = "partner_id sold_on revenue / P1 2026-01-01 5 / P2 2024-10-01 5 / P3 2025-01-01 5 / P4 2025-01-01 5"
    by_channel = figure("partner_retention", by="channel", partners=firms, sales=sales)
    assert by_channel.loc["x", ["numerator", "denominator"]].tolist() == [1, 2]
    assert by_channel.loc["y", ["numerator", "denominator"]].tolist() == [0, 1]


def test_the_line_mix_adds_up_to_one_in_each_group_with_returns_in_it():
    sales = "partner_id product_id sold_on revenue / P1 A 2026-07-01 30 / P1 B 2026-07-01 -10 / P2 B 2026-07-01 8"
    mix = figure("line_mix", by="partner_id line", products=PRODUCTS, sales=sales)["value"]
    assert mix.to_dict() == {("P1", "Disks"): 1.5, ("P1", "Tapes"): -0.5, ("P2", "Tapes"): 1}


# Shares

OURS = "partner_id product_id sold_on revenue"


def wallet_share(wallet: str, sales: str, **asked):
    tables = {"products": PRODUCTS, "wallet": f"partner_id line year total_revenue / {wallet}"}
    return figure("share_of_partner_sales", sales=f"{OURS} / {sales}", **tables, **asked)


def test_a_line_that_is_told_of_later_counts_from_then_on_in_both_sides():
    sales = "P1 A 2023-01-01 11 / P1 A 2024-05-01 20 / P1 B 2024-05-01 70 / P1 A 2025-05-01 30 / P1 B 2025-06-01 80"
    wallet = "P1 Disks 2023 100 / P1 Disks 2024 200 / P1 Tapes 2024 100"
    shares = wallet_share(wallet, sales, by="quarter")
    assert shares.loc["2024Q4", ["numerator", "denominator"]].tolist() == [11, 100]
    assert shares.loc["2025Q1", ["numerator", "denominator"]].tolist() == [90, 300]
    assert shares.loc["2026Q1", ["numerator", "denominator"]].tolist() == [90, 300], "no total of 2025 is told"


def test_a_year_that_sales_do_not_tell_of_from_its_start_has_no_share():
    assert wallet_share("P1 Disks 2025 100", "P1 A 2025-01-15 5")["value"] == 0.05
    assert wallet_share("P1 Disks 2025 100", "P1 A 2025-02-01 5")["state"] == "no_data"


def test_a_firm_that_grew_since_has_no_share_above_one():
    assert wallet_share("P1 Disks 2025 100", "P1 A 2025-01-01 40 / P1 A 2026-05-01 400")["value"] == 0.4


@pytest.mark.parametrize(
    ("wallet", "sides"),
    [
        ("P1 Disks 2025 100 / P1 Disks 2023 900", [5, 100]),
        ("P1 Disks 2023 900", [4, 900]),
        ("P1 Disks 2026 100", [math.nan, math.nan]),
        ("P1 Tapes 2025 100", [0, 100]),
        ("P2 Disks 2025 100", [7, 100]),
        ("P1 Disks 2025 100 / P2 Disks 2025 100", [12, 200]),
    ],
    ids=["the latest", "an old one", "a year that runs", "another line", "another partner", "two partners"],
)
def test_both_sides_are_of_lines_that_the_wallet_tells_of(wallet, sides):
    sales = "P3 A 2023-01-01 9 / P1 A 2023-05-01 4 / P1 A 2025-10-01 5 / P2 A 2025-08-01 7 / P1 A 2026-08-01 50"
    row = wallet_share(wallet, sales)
    found = row[["numerator", "denominator"]].astype(float).tolist()
    assert found == pytest.approx(sides, nan_ok=True)


def test_totals_of_firms_that_merged_add_up():
    firms = "partner_id merged_into left_on / P1 - - / P2 P1 2026-01-31"
    row = wallet_share("P1 Disks 2025 100 / P2 Disks 2025 60", "P1 A 2025-01-01 5 / P2 A 2025-11-01 3", partners=firms)
    assert (row["numerator"], row["denominator"]) == (8, 160)


def test_a_fiscal_year_is_over_when_the_vendor_says(tmp_path):
    tables = made_up(
        sales=f"{OURS} / P1 A 2024-04-01 1 / P1 A 2025-04-01 5 / P1 A 2026-03-31 6 / P1 A 2026-04-01 7",
        products=PRODUCTS,
        wallet="line year total_revenue / Disks 2025 50 / Disks 2026 100",
    )
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text("name: Vendor\nfirst_month: 4\n")
    with open_book(tmp_path, as_of="2026-09-30") as book:
        shares = measure(book, ["share_of_partner_sales"], by=["month"]).set_index("month")["value"]
    assert shares[["2025-04", "2026-03", "2026-04"]].tolist() == [0.02, 0.02, 0.11]


def test_reseller_and_distributor_count_each_with_its_own_in_shares_of_their_sales(tmp_path):
    tables = made_up(
        partners="partner_id distributor_id / D - / R D",
        sales=f"{OURS} basis / D A 2025-01-01 50 sell_in / D A 2025-10-01 30 sell_in / R A 2025-11-01 20 sell_through "
        "/ R A 2025-11-01 9 sell_in",
        products=PRODUCTS,
        wallet="partner_id line year total_revenue / D Disks 2025 100 / R Disks 2025 40",
    )
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text("name: Vendor\ndistributor_sell_in: gross\n")
    with open_book(tmp_path, quarter=QUARTER) as book:
        row = measure(book, ["share_of_partner_sales"]).iloc[0]
        concentration = measure(book, ["top_3_partner_share"]).iloc[0]
    assert (row["numerator"], row["denominator"]) == (100, 140)
    assert concentration["denominator"] == 30


def test_the_gap_is_told_in_points_and_money_with_its_trend():
    sales = "P1 A 2024-01-01 9 / P1 A 2024-11-01 11 / P1 A 2025-02-01 30 / P1 B 2025-07-01 80"
    wallet = "P1 Disks 2024 100 / P1 Disks 2025 120 / P1 Tapes 2025 100"
    shares = wallet_share(wallet, sales, by="line quarter").reset_index()
    now, before = (shares[shares["quarter"] == quarter] for quarter in ("2026Q3", "2025Q3"))
    gaps = share_gap(now, goal=0.5, before=before).set_index("line")
    assert gaps["gap_points"].to_dict() == {"Disks": 25, "Tapes": -30}
    assert gaps["gap_money"].to_dict() == {"Disks": 30, "Tapes": -30}
    assert gaps.loc["Disks", "trend_points"] == 5
    assert math.isnan(gaps.loc["Tapes", "trend_points"])


def test_a_gap_without_keys_and_one_that_is_not_told():
    whole = wallet_share("P1 Disks 2025 100", "P1 A 2025-01-01 5").to_frame().T
    assert share_gap(whole, before=whole)[["gap_points", "gap_money", "trend_points"]].values.tolist() == [[45, 45, 0]]
    unknown = wallet_share("P1 Disks 2026 100", "P1 A 2025-01-01 5").to_frame().T.infer_objects()
    assert share_gap(unknown)[["share", "gap_money"]].isna().all(axis=None)


def test_a_gap_of_what_is_no_measurement_is_refused():
    measured = wallet_share("P1 Disks 2025 100", "P1 A 2025-10-01 5", by="line").reset_index()
    with pytest.raises(NotUsable, match="goal=50 is no share"):
        share_gap(measured, goal=50)
    with pytest.raises(ColumnsMissing, match=r"`measured` lacks \['state'\]"):
        share_gap(measured.drop(columns="state"))
    with pytest.raises(ColumnsMissing, match=r"`before` has the keys \[\], the rows measured now \['line'\]"):
        share_gap(measured, before=measured.drop(columns="line"))
    with pytest.raises(NotUsable, match="`before` has 2 rows, several of one group"):
        share_gap(measured, before=pd.concat([measured, measured]))


def test_a_customers_spend_counts_once_however_often_and_of_whomever_it_buys():
    sales = "customer_id partner_id sold_on revenue / C1 P1 2025-10-01 10 / C1 P1 2026-07-01 10 / C1 P2 2026-07-01 5"
    tables = {"customers": "customer_id total_spend / C1 100 / C2 0", "sales": f"{sales} / C2 P2 2026-07-01 50"}
    whole = figure("share_of_customer_spend", **tables)
    assert (whole["numerator"], whole["denominator"]) == (25, 100)
    by_partner = figure("share_of_customer_spend", by="partner_id", **tables)
    assert by_partner["denominator"].to_dict() == {"P1": 100, "P2": 100}


MARKET = {
    "products": PRODUCTS,
    "customers": "customer_id region segment / C1 north bank / C2 south bank / C3 - bank",
    "markets": "region segment line potential / north bank Disks 100 / south bank Disks 300",
    "sales": "customer_id product_id sold_on revenue / C1 A 2025-10-01 20 / C2 A 2026-07-01 30 / C3 A 2026-07-01 7",
}


@pytest.mark.parametrize(
    ("by", "sides"),
    [
        ("customers.region", {"north": (20, 100), "south": (30, 300)}),
        ("customers.segment", {"bank": (50, 400)}),
        ("line", {"Disks": (50, 400)}),
    ],
)
def test_a_market_is_measured_by_its_own_keys(by, sides):
    measured = figure("market_penetration", by=by, **MARKET)
    told = measured[measured["state"] == "ok"]
    assert dict(zip(told.index, zip(told["numerator"], told["denominator"], strict=True), strict=True)) == sides


def test_a_market_is_no_partners():
    row = figure("market_penetration", by="partner_id", **MARKET).iloc[0]
    assert (row["state"], row["reason"]) == ("not_measurable", "table markets has no column partner_id")
    firms = "partner_id region / P1 north"
    with pytest.raises(AmbiguousKey, match=r"'partners\.region' or 'customers\.region'"):
        figure("market_penetration", by="region", partners=firms, **MARKET)


# Surveys


@pytest.mark.parametrize(("answer", "points"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
def test_promoters_and_detractors(answer, points):
    surveys = f"about sent_on answered_on nps / partner 2026-07-01 2026-08-01 {answer} / vendor 2025-10-01 2025-10-02 5"
    assert figure("nps", surveys=surveys)["value"] == points


def test_five_answers_have_an_interval_and_too_few_none_that_misleads():
    answers = " / ".join(f"partner 2026-07-01 2026-08-01 {nps}" for nps in (10, 10, 9, 8, 3))
    row = figure("nps", surveys=f"about sent_on answered_on nps / {answers} / vendor 2025-10-01 2025-10-02 5")
    assert (row["state"], row["value"]) == ("ok", 40)
    assert -100 <= row["low"] < 40 < row["high"] <= 100


def test_an_answer_that_comes_after_the_date_is_not_known_yet():
    surveys = "about sent_on answered_on csat / partner 2026-07-01 2026-10-02 5 / partner 2025-09-30 2025-10-01 4"
    assert figure("csat", surveys=surveys, as_of="2026-09-30")["value"] == 4
    rate = figure("survey_response_rate", surveys=f"{surveys} / partner 2025-10-01 - 1", as_of="2026-09-30")
    assert (rate["numerator"], rate["denominator"]) == (0, 2)


@pytest.mark.parametrize("name", ["csat", "vendor_nps", "survey_response_rate"])
def test_surveys_that_do_not_say_whom_they_are_about(name):
    row = figure(name, surveys="sent_on answered_on csat nps / 2026-07-01 2026-08-01 5 9")
    assert (row["state"], row["reason"]) == ("not_measurable", "table surveys has no column about")


# Profitability

SOLD = "sold_on revenue cost rebate / 2026-01-05 10 5 - / 2026-07-05 100 60 5"


def test_a_contribution_without_mdf_and_incentives_says_so():
    row = figure("contribution", sales=SOLD, costs="month amount / 2026-01-01 1 / 2026-07-01 10")
    reasons = "without it: the source has no table mdf_claims; without it: the source has no table incentives"
    assert (row["value"], row["state"], row["reason"]) == (25, "ok", reasons)


def test_a_contribution_without_cost_to_serve_cannot_be_measured():
    row = figure("contribution", sales=SOLD)
    assert (row["state"], row["reason"]) == ("not_measurable", "the source has no table costs")


@pytest.mark.parametrize(
    ("table", "rows", "told"),
    [
        ("costs", "month amount / 2026-01-01 1 / 2026-08-01 10", ["2026Q1", "2026Q2", "2026Q3"]),
        ("costs", "month amount / 2026-04-01 1 / 2026-08-01 10", ["2026Q2", "2026Q3"]),
        ("costs", "month amount / 2026-05-01 1 / 2026-08-01 10", ["2026Q3"]),
        ("incentives", "paid_on amount / 2026-05-20 1", ["2026Q3"]),
        ("incentives", "paid_on amount / 2026-01-20 1", ["2026Q1", "2026Q2", "2026Q3"]),
        ("incentives", "paid_on amount", ["2026Q1", "2026Q2", "2026Q3"]),
    ],
)
@pytest.mark.parametrize("name", ["contribution", "contribution_margin"])
def test_no_contribution_is_told_of_a_time_before_a_cost_is(name, table, rows, told):
    tables = {"costs": "month amount / 2026-01-01 1 / 2026-09-01 1", table: rows}
    measured = figure(name, by="quarter", sales=f"{SOLD} / 2026-04-05 10 5 -", **tables)
    assert list(measured.index[measured["state"] == "ok"]) == told


def test_a_partner_on_which_nothing_was_booked_costs_nothing():
    sales = "partner_id sold_on revenue cost rebate / P1 2026-07-01 10 4 - / P2 2026-07-01 10 4 -"
    measured = figure("contribution", by="partner_id", sales=sales, costs="partner_id month amount / P1 2026-07-01 7")
    assert measured["value"].to_dict() == {"P1": -1, "P2": 6}


@pytest.mark.parametrize("name", ["top_3_customer_share", "partners_for_80", "people_for_80_share"])
def test_concentration_needs_twelve_months_and_something_sold(name):
    head = "customer_id salesperson_id sold_on revenue"
    assert figure(name, sales=f"{head} / C1 S1 2025-10-01 5")["state"] == "ok"
    assert figure(name, sales=f"{head} / C1 S1 2025-11-01 5")["state"] == "no_data"
    assert figure(name, sales=f"{head} / C1 S1 2025-10-01 -5")["state"] == "no_data"


def test_ten_alike_make_eighty_percent_with_eight():
    assert fewest(np.zeros(10, dtype=np.int64), np.ones(10), 1, share=0.8)[0].tolist() == [8]


SUMS = st.lists(st.integers(-20, 50), min_size=1, max_size=7)


@given(st.lists(SUMS, min_size=1, max_size=3))
def test_concentration_is_what_trying_every_subset_finds(groups):
    codes = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    sums = np.array([one for group in groups for one in group]) * 0.1
    order = np.random.default_rng(1).permutation(len(sums))
    args = (codes[order], sums[order], len(groups))
    top, count, share = largest_share(*args, k=3)[0], fewest(*args, share=0.8)[0], fewest_share(*args, share=0.8)[0]
    for place, group in enumerate(groups):
        counted = [one for one in group if one > 0]
        if not counted:
            assert np.isnan([top[place], count[place], share[place]]).all()
            continue
        sizes = range(1, len(counted) + 1)
        enough = [k for k in sizes if any(10 * sum(some) >= 8 * sum(counted) for some in combinations(counted, k))]
        assert top[place] == pytest.approx(sum(sorted(counted)[-3:]) / sum(counted))
        assert count[place] == enough[0]
        assert share[place] == pytest.approx(enough[0] / len(counted))


# The sample


def test_derived_columns_of_sales_never_multiply_rows(sample):
    words = {
        word for metric in METRICS.values() for part in metric.parts if part.table == "sales" for word in part.words
    }
    assert {"told_from", "in_a_market", "customer_spend", "of_recurring_line", "to_critical_account"} <= words
    with open_book(sample, quarter=QUARTER) as book:
        for table in ("sales", "wallet"):
            rows = rows_of(book, table, words | {"line", "stands_from", "stands_until"})
            counted = book.con.execute(f"SELECT count(*) FROM {rows}").fetchall()
            assert counted == book.con.execute(f"SELECT count(*) FROM {table}").fetchall()


def test_the_sample_has_lines_that_are_bought_again(sample):
    with open_book(sample, quarter=QUARTER) as book:
        lines = book.con.execute("SELECT DISTINCT line FROM products WHERE recurring ORDER BY line").fetchall()
        retained = measure(book, ["net_revenue_retention", "gross_revenue_retention"]).set_index("metric")["value"]
    assert [line for (line,) in lines] == ["Backup", "Endpoint", "Monitoring"]
    assert 0 < retained["gross_revenue_retention"] < retained["net_revenue_retention"]
