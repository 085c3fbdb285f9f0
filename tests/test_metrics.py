"""Every metric against an answer worked out by hand, and laws that all of them keep."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.errors import AmbiguousKey, NotUsable, UnknownName
from channelnb.metrics.measure import measure
from channelnb.metrics.parts import Amount, total
from channelnb.metrics.registry import METRICS, metric
from tables import rows, small_vendor

QUARTER = "2026Q3"


def one(frame: pd.DataFrame, **keys: str) -> pd.Series:
    """The single row of a frame with these keys."""
    for key, value in keys.items():
        frame = frame[frame[key].eq(value)]
    assert len(frame) == 1, frame
    return frame.iloc[0]


@pytest.fixture(scope="module")
def book():
    with open_book(small_vendor(), quarter=QUARTER) as opened:
        yield opened


BY_HAND = [
    # metric, partner, numerator, denominator, value, n, state
    ("revenue", "P1", 240, math.nan, 240, 3, "ok"),
    ("revenue", "P2", 30, math.nan, 30, 1, "ok"),
    ("revenue", "P3", 0, math.nan, 0, 0, "ok"),
    ("revenue_at_plan_rates", "P1", 240, math.nan, 240, 3, "ok"),
    ("currency_effect", "P1", 0, math.nan, 0, 0, "ok"),
    ("sell_in", "P1", 240, math.nan, 240, 3, "ok"),
    ("sell_in", "P2", 0, math.nan, 0, 0, "ok"),
    ("sell_through", "P1", 0, math.nan, 0, 0, "ok"),
    ("sell_through", "P2", 30, math.nan, 30, 1, "ok"),
    ("attainment", "P1", 240, 250, 0.96, 3, "ok"),
    ("attainment", "P2", 30, math.nan, math.nan, 0, "no_data"),
    ("growth_yoy", "P1", 40, 200, 0.2, 2, "ok"),
    ("growth_yoy", "P2", -10, 40, -0.25, 1, "ok"),
    ("growth_yoy", "P3", math.nan, math.nan, math.nan, 0, "no_data"),
    ("new_customers", "P1", 1, math.nan, 1, 1, "ok"),
    ("new_customers", "P2", 0, math.nan, 0, 0, "ok"),
    ("customer_retention", "P1", 1, 2, 0.5, 2, "too_few"),
    ("open_pipeline", "P1", 800, math.nan, 800, 4, "ok"),
    ("open_pipeline", "P2", 80, math.nan, 80, 1, "ok"),
    ("pipeline_index", "P1", 710, 200, 3.55, 2, "ok"),
    ("win_rate", "P1", 2, 3, 2 / 3, 3, "too_few"),
    ("average_won_deal", "P1", 400, 2, 200, 2, "ok"),
    ("gross_margin", "P1", 110, 240, 110 / 240, 3, "ok"),
    ("gross_margin", "P2", 10, 30, 1 / 3, 1, "ok"),
    ("revenue_per_employee", "P1", 240, 10, 24, 1, "ok"),
    ("certified_people", "P1", 1, math.nan, 1, 2, "ok"),
    ("certified_people", "P2", 1, math.nan, 1, 1, "ok"),
    ("lead_acceptance", "P1", 2, 4, 0.5, 4, "too_few"),
]


@pytest.mark.parametrize(
    ("metric", "partner", "numerator", "denominator", "value", "n", "state"), BY_HAND, ids=lambda v: str(v)
)
def test_by_hand(book, metric, partner, numerator, denominator, value, n, state):
    row = one(measure(book, [metric], by=["partner_id"]), partner_id=partner)
    assert row["state"] == state
    found = [row["numerator"], row["denominator"], row["value"], row["n"]]
    assert found == pytest.approx([numerator, denominator, value, n], nan_ok=True)


@pytest.mark.parametrize(
    ("by", "keys", "value"),
    [
        ([], {}, 270),
        (["channel"], {"channel": "reseller"}, 270),
        (["channel"], {"channel": "integrator"}, 0),
        (["line"], {"line": "Routers"}, 300),
        (["category"], {"category": "Storage"}, -30),
        (["salesperson_id"], {"salesperson_id": "S1"}, 140),
        (["quarter"], {"quarter": "2025Q3"}, 240),
        (["year"], {"year": "2026"}, 270),
        (["month"], {"month": "2026-09"}, -30),
        (["customers.segment"], {"customers.segment": "retail"}, 130),
        (["partners.region", "line"], {"partners.region": "north", "line": "Disks"}, -60),
        (["product_id"], {"product_id": "R2"}, 100),
    ],
)
def test_revenue_by_any_key(book, by, keys, value):
    assert one(measure(book, ["revenue"], by=by), **keys)["value"] == pytest.approx(value)


def test_an_ambiguous_key_names_both(book):
    with pytest.raises(AmbiguousKey, match=r"'partners\.region' or 'customers\.region'"):
        measure(book, ["revenue"], by=["region"])


def test_a_key_that_a_part_has_not_is_not_measurable(book):
    row = measure(book, ["attainment"], by=["customer_id"]).iloc[0]
    assert (row["state"], row["reason"]) == ("not_measurable", "table plans has no column customer_id")


def test_an_unknown_key_and_metric_name_the_nearest(book):
    with pytest.raises(UnknownName, match="no key 'chanel'; did you mean 'channel'"):
        measure(book, ["revenue"], by=["chanel"])
    with pytest.raises(UnknownName, match="no metric 'winrate'; did you mean 'win_rate'"):
        measure(book, ["winrate"])


def test_two_time_keys_are_refused(book):
    with pytest.raises(NotUsable, match=r"\['quarter', 'month'\]; measure by one"):
        measure(book, ["revenue"], by=["quarter", "month"])


def test_a_dangling_reference_is_a_group_of_its_own():
    tables = small_vendor()
    tables["products"] = tables["products"].query("product_id != 'R2'")
    with open_book(tables, quarter=QUARTER) as book:
        by_line = measure(book, ["revenue"], by=["line"])
    assert one(by_line, line="(none)")["value"] == 100
    assert by_line["value"].sum() == 270


@pytest.mark.parametrize(
    ("metric", "table", "column", "reason"),
    [
        ("gross_margin", "sales", "cost", "table sales has no column cost"),
        ("win_rate", "opportunities", "closed_on", "table opportunities has no column closed_on"),
        ("pipeline_index", "opportunities", "expected_close_on", "table opportunities has no column expected_close_on"),
        ("revenue_per_employee", "partners", "employees", "table partners has no column employees"),
        ("new_customers", "sales", "customer_id", "table sales has no column customer_id"),
        ("sell_through", "sales", "basis", "table sales has no column basis"),
        ("lead_acceptance", "leads", "accepted_at", "table leads has no column accepted_at"),
    ],
)
def test_a_missing_column_is_named(metric, table, column, reason):
    tables = small_vendor()
    tables[table] = tables[table].drop(columns=column)
    with open_book(tables, quarter=QUARTER) as book:
        measured = measure(book, [metric], by=["partner_id"])
    assert set(measured["state"]) == {"not_measurable"}
    assert set(measured["reason"]) == {reason}
    assert len(measured) == 3


HERE = {"sales", "partners"}
NOT_FROM_SALES = sorted(name for name, m in METRICS.items() if not {part.table for part in m.parts} <= HERE)


@pytest.mark.parametrize("metric", NOT_FROM_SALES)
def test_a_missing_table_is_not_measurable(metric):
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "sales")}
    tables["sales"] = tables["sales"].drop(columns=["customer_id", "basis"])
    tables["partners"] = tables["partners"].drop(columns="employees")
    with open_book(tables, quarter=QUARTER) as book:
        measured = measure(book, [metric], by=[])
    assert list(measured["state"]) == ["not_measurable"]
    assert measured["value"].isna().all()


def test_everything_is_measured_without_a_quarter():
    with open_book(small_vendor()) as book:
        revenue = measure(book, ["revenue"]).iloc[0]
        growth = measure(book, ["growth_yoy"]).iloc[0]
    assert revenue["value"] == pytest.approx(1559)
    assert growth["state"] == "no_data"


def test_a_running_quarter_is_measured_against_plan_to_date():
    with open_book(small_vendor(), quarter=QUARTER, as_of="2026-08-31") as book:
        whole_months = one(measure(book, ["attainment"], by=["partner_id"]), partner_id="P1")
    with open_book(small_vendor(), quarter=QUARTER, as_of="2026-08-15") as book:
        mid_month = one(measure(book, ["attainment"], by=["partner_id"]), partner_id="P1")
    assert whole_months["denominator"] == pytest.approx(200)
    assert mid_month["denominator"] == pytest.approx(150 + 50 * 15 / 31)


def test_the_win_rate_has_an_interval(book):
    row = one(measure(book, ["win_rate"], by=["partner_id"]), partner_id="P1")
    assert (row["low"], row["high"]) == pytest.approx((0.2077, 0.9385), abs=1e-4)


@pytest.mark.parametrize(("earlier", "new"), [("2024-06-30", 1), ("2024-07-01", 0)])
def test_a_customer_of_more_than_two_years_ago_is_new_again(earlier, new):
    tables = {name: frame for name, frame in small_vendor().items() if name == "partners"}
    tables["sales"] = pd.DataFrame(
        {"partner_id": "P1", "customer_id": "C1", "sold_on": [earlier, "2026-09-01"], "revenue": "1.00"}
    )
    with open_book(tables, quarter=QUARTER) as book:
        assert measure(book, ["new_customers"])["value"].item() == new


@pytest.mark.parametrize(
    ("first_month", "by", "keys", "value"),
    [
        (4, "quarter", {"quarter": "2027Q2"}, 270),
        (4, "year", {"year": "2027"}, 270),
        (4, "year", {"year": "2026"}, 240),
        (9, "quarter", {"quarter": "2027Q1"}, -30),
        (9, "year", {"year": "2026"}, 400),
    ],
)
def test_fiscal_periods_follow_the_vendors_first_month(tmp_path, first_month, by, keys, value):
    for name, frame in small_vendor().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text(f"name: Vendor\nfirst_month: {first_month}\n")
    with open_book(tmp_path, as_of="2026-09-30") as book:
        assert one(measure(book, ["revenue"], by=[by]), **keys)["value"] == pytest.approx(value)


def test_retention_counts_those_who_stayed():
    tables = {name: frame for name, frame in small_vendor().items() if name == "partners"}
    bought = [
        ("C1", "2024-10-01"),
        ("C2", "2025-01-01"),
        ("C3", "2025-01-01"),
        ("C1", "2026-09-01"),
        ("C4", "2026-09-01"),
    ]
    tables["sales"] = pd.DataFrame(bought, columns=["customer_id", "sold_on"]).assign(partner_id="P1", revenue="1.00")
    with open_book(tables, quarter=QUARTER) as book:
        row = measure(book, ["customer_retention"]).iloc[0]
    assert (row["numerator"], row["denominator"]) == (1, 3)


@pytest.mark.parametrize(("decided", "state"), [(4, "too_few"), (5, "ok")])
def test_five_cases_are_enough_for_a_rate(decided, state):
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "sales")}
    deals = pd.DataFrame({"opportunity_id": [f"O{i}" for i in range(decided)], "closed_on": "2026-08-01"})
    tables["opportunities"] = deals.assign(partner_id="P1", amount="1.00", outcome="won", created_on="2026-07-01")
    with open_book(tables, quarter=QUARTER) as book:
        assert measure(book, ["win_rate"])["state"].item() == state


def test_rows_without_a_value_are_not_counted_behind_it():
    @metric(category="activity", unit="money", better="higher")
    def weighted_losses():
        """Value, weighted, of lost opportunities; those without a probability are left out."""
        lost = total("opportunities", "amount * probability", at="closed_on", where="outcome = 'lost'")
        return Amount(lost)

    tables = small_vendor()
    deals = pd.DataFrame({"opportunity_id": ["O1", "O2"], "probability": ["0.5", None], "amount": "10.00"})
    tables["opportunities"] = deals.assign(partner_id="P1", outcome="lost", closed_on="2026-08-01")
    try:
        with open_book(tables, quarter=QUARTER) as book:
            row = measure(book, ["weighted_losses"]).iloc[0]
    finally:
        del METRICS["weighted_losses"]
    assert (row["value"], row["n"]) == (5, 1)


def test_sales_that_begin_within_a_window_tell_nothing_of_it():
    """Growth on a year of which one month is told, twelve months of which three are, customers who are all new."""
    sales = rows(
        "sold_on partner_id customer_id revenue",
        "2025-09-01 P1 C1 10",
        "2026-07-01 P1 C1 10",
        "2026-09-01 P1 C2 10",
    )
    partners = rows("partner_id name channel employees", "P1 Ada reseller 5")
    asked = ["growth_yoy", "new_customers", "customer_retention", "revenue_per_employee"]
    with open_book({"partners": partners, "sales": sales}, quarter=QUARTER) as book:
        states = measure(book, asked).set_index("metric")["state"].to_dict()
    assert states == {
        "growth_yoy": "no_data",
        "new_customers": "no_data",
        "customer_retention": "no_data",
        "revenue_per_employee": "ok",
    }
    with open_book({"partners": partners, "sales": sales.iloc[1:]}, quarter=QUARTER) as book:
        assert measure(book, ["revenue_per_employee"])["state"].item() == "no_data"


@pytest.mark.parametrize("name", ["metric", "value", "period", "v0", "placed"])
def test_a_key_that_measuring_needs_itself_is_refused(name):
    tables = small_vendor()
    tables["sales"][name] = "x"
    with (
        open_book(tables, quarter=QUARTER) as book,
        pytest.raises(NotUsable, match=f"key '{name}' is a name that measuring needs itself"),
    ):
        measure(book, ["revenue"], by=[name])


def test_keys_whose_names_run_into_each_other_are_kept_apart():
    tables = small_vendor()
    tables["sales"] = tables["sales"].assign(a="1", b="2", a_b="3")
    with open_book(tables, quarter=QUARTER) as book:
        assert measure(book, ["revenue"], by=["a", "b"])["value"].sum() == 270
        assert measure(book, ["revenue"], by=["a_b"])["value"].sum() == 270
        assert measure(book, ["revenue"], by=["a", "b"])["value"].sum() == 270
