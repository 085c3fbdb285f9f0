"""Effectiveness in the cases that matter: order of events, days and quarters not over, mergers, young histories."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.metrics.derived import DERIVED
from channelnb.metrics.measure import measure
from channelnb.metrics.pipeline import coverage, velocity
from channelnb.metrics.registry import METRICS
from channelnb.metrics.rows import rows_of
from channelnb.metrics.worked import made_up
from tables import rows


def opened(*, quarter: str = "2026Q3", as_of: str = "2026-09-30", **tables: str) -> Book:
    return open_book(made_up(**tables), quarter=quarter, as_of=as_of, max_rejected=0)


def told(metric: str, *, quarter: str = "2026Q3", as_of: str = "2026-09-30", **tables: str) -> pd.Series:
    """The row of a metric for a made-up vendor's quarter."""
    with opened(quarter=quarter, as_of=as_of, **tables) as book:
        return measure(book, [metric]).iloc[0]


def value(metric: str, **tables: str) -> float:
    return float(told(metric, **tables)["value"])


def by_quarter(book: Book, metric: str) -> pd.DataFrame:
    return measure(book, [metric], by=["quarter"]).set_index("quarter")


@pytest.fixture(scope="module")
def book(sample: Path) -> Iterator[Book]:
    with open_book(sample, quarter="2026Q3") as found:
        yield found


def dated(book: Book, table: str) -> pd.DataFrame:
    """A table of the book with its days as times and its amounts as floats."""
    frame = book.table(table)
    days = [name for name in frame if str(name).endswith("_on") or name in ("as_of", "month")]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days}, amount=frame["amount"].astype(float))


# --- Deals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "won", "cohort"),
    [("2026-08-10", 0, 1), ("2026-08-14", 1, 2), ("2026-08-31", 1, 2)],
    ids=["before the second is due", "on its day", "at the month's end"],
)
def test_a_cohort_counts_when_its_180_days_are_over(as_of, won, cohort):
    deals = "outcome created_on closed_on / lost 2026-02-01 2026-03-01 / won 2026-02-15 2026-03-01"
    row = told("cohort_win_rate", as_of=as_of, opportunities=deals)
    assert (row["numerator"], row["denominator"]) == (won, cohort)


@pytest.mark.parametrize(
    ("rest", "median", "n"),
    [
        ("open 2026-06-01 -", 20, 3),
        ("won 2026-06-10 2026-06-01", 15, 2),
        ("won 2026-06-10 -", 15, 2),
        ("open - -", 15, 2),
        ("won 2026-06-01 2026-10-01", 20, 3),
    ],
    ids=["open", "closed before it was opened", "won on no day", "opened on no day", "closed after the book's date"],
)
def test_the_sales_cycle_censors_what_is_open_and_leaves_out_what_is_not_told(rest, median, n):
    deals = f"outcome created_on closed_on / won 2026-06-01 2026-06-11 / lost 2026-06-01 2026-06-21 / {rest}"
    row = told("sales_cycle", opportunities=deals)
    assert (row["value"], row["n"]) == (median, n)


def test_a_deal_closed_later_was_open_at_the_end_of_an_earlier_quarter():
    deals = "outcome created_on closed_on / won 2026-06-01 2026-06-11 / won 2026-06-21 2026-08-20"
    before, after = (told("sales_cycle", quarter=quarter, opportunities=deals) for quarter in ("2026Q2", "2026Q3"))
    assert (before["numerator"], before["denominator"]) == (1, 2)
    assert (after["numerator"], after["value"]) == (2, 35)


def test_win_rates_of_the_sample_are_those_that_were_planted(book):
    # Of each won deal (1 − odds) ÷ odds × 1.5 others, of which 24 % end in no decision; the odds are 0.42 or so.
    others = 1.5 * 0.58 / 0.42
    frame = measure(book, ["win_rate", "win_rate_with_no_decision"], by=["year"]).set_index(["year", "metric"])
    for year in ("2024", "2025", "2026"):
        assert frame.loc[(year, "win_rate"), "value"] == pytest.approx(1 / (1 + 0.76 * others), abs=0.03)
        assert frame.loc[(year, "win_rate_with_no_decision"), "value"] == pytest.approx(1 / (1 + others), abs=0.03)


# --- Revenue per head --------------------------------------------------------------------------------------------

HEADS = {
    "partners": "partner_id employees sales_staff joined_on left_on / P1 20 5 2023-01-01 - / P2 4 1 - 2026-06-30",
    "partner_history": "partner_id valid_from employees sales_staff / P1 2024-01-01 10 2 / P1 2026-02-01 15 - / "
    "P1 2026-08-01 18 4",
    "sales": "sold_on revenue / 2023-01-01 1 / 2026-09-30 1",
}


@pytest.mark.parametrize(
    ("quarter", "employees", "sales_staff"),
    [("2025Q4", 14, 3), ("2026Q1", 19, 3), ("2026Q2", 15, 2), ("2026Q3", 20, 5), ("2023Q4", 24, 6)],
    ids=["first told", "changed", "P2 left on the last day", "today's own row", "before the history"],
)
def test_the_headcount_is_that_of_the_periods_end(quarter, employees, sales_staff):
    heads = ("revenue_per_employee", "revenue_per_salesperson")
    found = [told(metric, quarter=quarter, **HEADS)["denominator"] for metric in heads]
    assert found == [employees, sales_staff]


def test_the_headcount_of_a_quarter_is_the_same_when_the_book_is_opened_as_of_its_end(book, sample):
    metrics = ["revenue_per_employee", "revenue_per_salesperson"]
    later = measure(book, metrics, by=["partner_id", "quarter"]).query("quarter == '2025Q2'")
    with open_book(sample, quarter="2025Q2") as then:
        told = measure(then, metrics, by=["partner_id"])
        known = set(then.query("SELECT partner_id FROM partners WHERE survivor_id <> partner_id")["partner_id"])
    # Whoever took a firm over since has its people now, in the time before as well.
    since = book.query("SELECT partner_id, survivor_id FROM partners WHERE survivor_id <> partner_id")
    told = told[~told["partner_id"].isin(since.loc[~since["partner_id"].isin(known), "survivor_id"])]
    both = told.merge(later, on=["partner_id", "metric"], suffixes=("", "_later")).dropna(subset="denominator")
    assert len(both) > 100
    assert (both["denominator"] == both["denominator_later"]).all()
    today = both.merge(measure(book, metrics, by=["partner_id"]), on=["partner_id", "metric"], suffixes=("", "_today"))
    assert (today["denominator"] != today["denominator_today"]).any()


def test_the_people_of_a_merged_firm_count_until_it_left():
    tables = {
        "partners": rows(
            "partner_id name channel employees left_on merged_into",
            "A Ada reseller 9 2026-03-31 C",
            "B Bea reseller 3 - C",
            "C Cyd reseller 40 - -",
        ),
        "partner_history": rows(
            "partner_id valid_from employees", "A 2024-01-01 6", "A 2026-02-01 9", "B 2024-01-01 3"
        ),
        "sales": rows("sold_on partner_id revenue", "2024-08-01 A 1", "2026-08-01 C 1"),
    }
    with open_book(tables, quarter="2026Q3") as book:
        heads = measure(book, ["revenue_per_employee"], by=["quarter"]).set_index("quarter")["denominator"]
    assert [heads[quarter] for quarter in ("2025Q4", "2026Q3")] == [46, 40]


# --- Forecasts ---------------------------------------------------------------------------------------------------


def accuracy(forecasts: str, *, sales: str = "", **more: str) -> float:
    sold = f"sold_on revenue / 2026-06-15 9 / 2026-07-10 100 {sales} / 2026-09-10 5"
    return value("forecast_accuracy", forecasts=f"as_of month {forecasts}", sales=sold, **more)


@pytest.mark.parametrize(
    ("forecasts", "expected"),
    [
        ("amount / 2026-06-30 2026-07-01 80", 0.8),
        ("amount / 2026-06-30 2026-07-01 260", -0.6),
        ("amount / 2026-06-30 2026-07-01 90 / 2026-06-30 2026-08-01 30", 0.6),
        ("amount / 2026-07-02 2026-07-01 80", math.nan),
        ("amount / 2026-06-30 2026-07-01 80 / 2026-09-30 2026-10-01 900", 0.8),
        ("line amount / 2026-05-01 2026-07-01 A 50 / 2026-06-01 2026-07-01 B 30", 0.8),
        ("line amount / 2026-05-01 2026-07-01 A 50 / 2026-06-01 2026-07-01 - 30", 0.3),
        ("line amount / 2026-05-01 2026-07-01 - 50 / 2026-06-01 2026-07-01 A 30", 0.3),
        ("made_by amount / 2026-06-01 2026-07-01 x 50 / 2026-06-02 2026-07-01 y 110", 0.7),
        ("line amount / 2026-06-01 2026-07-01 A 150 / 2026-06-01 2026-07-01 B -50", 1),
    ],
    ids=[
        "too low",
        "worse than none",
        "a month without a sale",
        "made too late",
        "a month not over",
        "lines foretold on two days",
        "the sum replaces the lines",
        "the lines replace the sum",
        "two makers, each by the whole month",
        "lines that miss both ways",
    ],
)
def test_forecast_accuracy(forecasts, expected):
    assert accuracy(forecasts) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("sales", "month", "as_of"),
    [
        ("2026-08-10 100", "2026-07-01", "2026-09-30"),
        ("2026-08-10 100", "2026-09-01", "2026-09-30"),
        ("2026-08-10 100 / 2026-09-10 5", "2026-09-01", "2026-09-29"),
    ],
    ids=["before the first sale", "after the last one", "not over"],
)
def test_a_forecast_is_not_judged_of_a_month_that_sales_do_not_tell_of_in_full(sales, month, as_of):
    foretold = f"as_of month amount / 2026-06-30 2026-08-01 80 / 2026-06-30 {month} 70"
    assert value("forecast_accuracy", as_of=as_of, sales=f"sold_on revenue / {sales}", forecasts=foretold) == 0.8


def test_forecasts_of_two_partners_do_not_make_up_for_each_other():
    tables = {
        "partners": "partner_id / P1 / P2",
        "sales": "partner_id sold_on revenue / P1 2026-07-10 100 / P2 2026-07-10 100",
        "forecasts": "partner_id as_of month amount / P1 2026-06-30 2026-07-01 150 / P2 2026-06-30 2026-07-01 50",
    }
    assert value("forecast_accuracy", **tables) == 0.5
    assert value("forecast_bias", **tables) == 0


def test_a_forecast_freezes_when_the_fiscal_quarter_begins(tmp_path):
    tables = made_up(
        sales="sold_on revenue / 2026-08-10 100",
        forecasts="as_of month amount / 2026-07-15 2026-08-01 90 / 2026-08-02 2026-08-01 100",
    )
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text("name: Ada\ncurrency: EUR\nfirst_month: 2\n")
    with open_book(tmp_path, quarter="2027Q3") as book:
        assert measure(book, ["forecast_accuracy"])["value"].item() == 0.9


@pytest.mark.parametrize("key", ["line", "forecasts.line", "original_partner_id"])
def test_forecasts_are_not_judged_by_line(book, key):
    row = measure(book, ["forecast_accuracy", "revenue"], by=[key]).iloc[0]
    assert (row["state"], row["reason"]) == ("not_measurable", f"it is a figure of all together, not of each {key}")


def test_forecast_accuracy_of_the_sample_by_hand(book):
    month = pd.Timestamp("2026-08-01")
    foretold = dated(book, "forecasts")
    foretold = foretold[foretold["month"].eq(month) & foretold["as_of"].eq(pd.Timestamp("2026-06-29"))]
    sales = book.table("sales").assign(month=lambda f: pd.to_datetime(f["sold_on"]).dt.to_period("M").dt.start_time)
    sold = sales[(sales["month"] == month) & sales["is_revenue"]].groupby("partner_id")["revenue"].sum().astype(float)
    error = foretold.groupby("partner_id")["amount"].sum().sub(sold, fill_value=0).abs()
    told = sold.reindex(foretold["partner_id"].unique(), fill_value=0).sum()
    row = measure(book, ["forecast_accuracy"], by=["month"]).set_index("month").loc["2026-08"]
    assert len(foretold) > 50
    assert row["value"] == pytest.approx(1 - error[foretold["partner_id"].unique()].sum() / told)


# --- Pipeline ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [("50", 500 / 150), ("200", math.nan), ("250", math.nan)],
    ids=["some left", "nothing left", "more than planned"],
)
def test_what_is_left_of_the_plan_of_a_running_quarter(revenue, expected):
    tables = {
        "sales": f"sold_on revenue / 2026-06-30 77 / 2026-07-31 {revenue} / 2026-09-01 9",
        "plans": "month target_revenue / 2026-07-01 100 / 2026-09-01 100",
        "opportunities": "outcome amount expected_close_on / open 500 2026-09-30 / open 70 2026-08-15",
    }
    found = value("pipeline_to_remaining_plan", as_of="2026-08-31", **tables)
    assert found == pytest.approx(expected, nan_ok=True)


def test_a_deal_was_not_overdue_before_it_was_opened_nor_after_it_closed():
    deals = "outcome amount created_on expected_close_on closed_on / won 10 2026-04-15 2026-02-01 2026-07-15"
    with opened(opportunities=deals, sales="sold_on revenue / 2026-01-05 1") as book:
        found = measure(book, ["pipeline_overdue"], by=["month"]).set_index("month")["value"]
    assert found[found > 0].index.tolist() == ["2026-04", "2026-05", "2026-06"]


def test_required_coverage_needs_a_history_that_tells_of_most_won_value():
    won, decided, quick, in_time = (np.array([x]) for x in (100.0, 200.0, 20.0, 60.0))
    assert coverage(won, decided, quick, in_time, np.array([90.0]))[0] == pytest.approx(0.8 / (0.5 * 60 / 90))
    assert np.isnan(coverage(won, decided, quick, in_time, np.array([89.0]))[0])


def test_required_coverage_of_the_sample_is_told_where_its_history_reaches_back_a_year(book):
    found = measure(book, ["required_coverage"], by=["quarter"]).set_index("quarter")["state"]
    assert found[found == "ok"].index.tolist() == ["2026Q3"]


def test_pipeline_velocity_is_its_four_factors():
    deals, won, decided, days, dated_deals = (np.array([x]) for x in (10.0, 600.0, 12.0, 240.0, 6.0))
    assert velocity(deals, won, decided, days, dated_deals)[0] == pytest.approx(10 * (6 / 12) * (600 / 6) / (240 / 6))


# --- Deals that moved --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quarter", ["2025Q4", "2026Q1", "2026Q2", "2026Q3"])
def test_what_slipped_and_what_was_pulled_forward_in_the_sample(book, quarter):
    start, end = pd.Period(quarter).start_time, pd.Period(quarter).end_time
    deals, history = dated(book, "opportunities"), dated(book, "pipeline_history")
    seen = history[history["as_of"] == start - pd.Timedelta(days=1)].set_index("opportunity_id")
    due = seen[seen["outcome"].eq("open") & seen["expected_close_on"].between(start, end)]
    closed = deals.set_index("opportunity_id")["closed_on"].reindex(due.index)
    late = due["amount"][closed.isna() | (closed > end)].sum() / due["amount"].sum()
    won = deals[deals["outcome"].eq("won") & deals["closed_on"].between(start, end)].set_index("opportunity_id")
    early = won["amount"][seen["expected_close_on"].reindex(won.index) > end].sum() / won["amount"].sum()
    assert by_quarter(book, "slippage").loc[quarter, "value"] == pytest.approx(late)
    assert by_quarter(book, "pull_forward").loc[quarter, "value"] == pytest.approx(early)


MOVING = {
    "opportunities": "outcome created_on closed_on / open 2026-05-01 - / won 2026-05-01 2026-06-30 / "
    "won 2026-05-01 2026-10-01",
    "pipeline_history": "as_of opportunity_id amount expected_close_on outcome / 2026-06-28 1 100 2026-08-01 - / "
    "2026-06-28 2 50 2026-07-01 open / 2026-06-28 3 25 2026-09-30 open / 2026-06-28 9 800 2026-08-01 open / "
    "2026-07-01 3 900 2026-08-01 lost",
}


@pytest.mark.parametrize(
    ("as_of", "drop", "slipped", "due"),
    [
        ("2026-09-30", " / 2026-07-01 3 900 2026-08-01 lost", 125, 125),
        ("2026-10-31", " / 2026-07-01 3 900 2026-08-01 lost", 125, 125),
        ("2026-09-29", " / 2026-07-01 3 900 2026-08-01 lost", math.nan, math.nan),
        ("2026-10-31", "", math.nan, math.nan),
    ],
    ids=["on the last day", "later", "not over", "the quarter's first day is the last look, and all are closed then"],
)
def test_slippage(as_of, drop, slipped, due):
    history = MOVING["pipeline_history"].removesuffix(drop) if drop else MOVING["pipeline_history"]
    row = told("slippage", as_of=as_of, opportunities=MOVING["opportunities"], pipeline_history=history)
    assert [row["numerator"], row["denominator"]] == pytest.approx([slipped, due], nan_ok=True)


def test_nothing_is_said_of_deals_pulled_forward_in_a_quarter_that_nobody_looked_at_before():
    tables = {
        "opportunities": "outcome amount created_on closed_on / won 10 2026-01-05 2026-05-01 / "
        "won 20 2026-05-01 2026-08-01",
        "pipeline_history": "as_of opportunity_id expected_close_on / 2026-06-30 2 2026-08-15",
    }
    before, after = (told("pull_forward", quarter=quarter, **tables) for quarter in ("2026Q2", "2026Q3"))
    assert (before["state"], after["value"]) == ("no_data", 0)


@pytest.mark.parametrize("key", ["partner_id", "channel", "line", "manager_id", "salesperson_id"])
@pytest.mark.parametrize("metric", ["slippage", "pull_forward", "required_coverage"])
def test_deals_that_moved_are_told_by_any_key_of_a_deal(book, metric, key):
    split, whole = measure(book, [metric], by=[key]), measure(book, [metric])
    assert "not_measurable" not in set(split["state"])
    if metric != "required_coverage":
        assert split["denominator"].sum() == pytest.approx(whole["denominator"].item())


@pytest.mark.parametrize(
    ("view", "table"),
    [("opportunities", "opportunities"), ("pipeline_history", "pipeline_history"), ("forecasts_in_force", "forecasts")],
)
def test_derived_columns_multiply_no_rows(book, view, table):
    found = book.con.execute(f"SELECT count(*) FROM ({rows_of(book, view, DERIVED[table])})").fetchall()
    assert found == book.con.execute(f"SELECT count(*) FROM {view}").fetchall()


# --- All of them -------------------------------------------------------------------------------------------------

EFFECTIVENESS = [name for name, metric in METRICS.items() if metric.category == "effectiveness"]
TABLES = ("partners", "partner_history", "sales", "plans", "forecasts", "opportunities", "pipeline_history", "products")


@pytest.fixture(scope="module")
def frames(sample: Path) -> dict[str, pd.DataFrame]:
    found = {name: pd.read_parquet(sample / f"{name}.parquet") for name in TABLES}
    # One currency is as good as two here, and needs no rates.
    return {name: frame.drop(columns="currency", errors="ignore") for name, frame in found.items()}


def test_rows_in_another_order_and_later_ones_change_nothing(frames):
    shuffled = {name: frame.sample(frac=1, random_state=1) for name, frame in frames.items()}
    later = {
        "pipeline_history": {"as_of": "2026-10-15", "expected_close_on": "2030-01-01"},
        "forecasts": {"as_of": "2026-10-01", "amount": 1},
    }
    for name, changed in later.items():
        days = {key: pd.Timestamp(one) if isinstance(one, str) else one for key, one in changed.items()}
        shuffled[name] = pd.concat([frames[name].assign(**days), shuffled[name]])
    with open_book(frames, quarter="2026Q3") as given, open_book(shuffled, quarter="2026Q3") as other:
        for by in (["partner_id", "quarter"], []):
            pd.testing.assert_frame_equal(measure(given, EFFECTIVENESS, by=by), measure(other, EFFECTIVENESS, by=by))


@pytest.mark.parametrize("metric", ["win_rate", "cohort_win_rate", "sales_cycle", "slippage", "pull_forward"])
def test_a_past_quarter_is_told_today_as_it_was_then(book, sample, metric):
    now = measure(book, [metric], by=["partner_id", "quarter"]).query("quarter == '2026Q2'").drop(columns="quarter")
    with open_book(sample, quarter="2026Q2") as then:
        was = measure(then, [metric], by=["partner_id"])
    both = was.merge(now, on="partner_id", suffixes=("", "_now"))
    assert len(both) > 50
    assert both["value"].notna().sum() > 40
    pd.testing.assert_series_equal(both["value"], both["value_now"], check_names=False)


@pytest.fixture(scope="module")
def empty(frames: dict[str, pd.DataFrame]) -> Iterator[Book]:
    tables = {name: frame if name in ("partners", "products") else frame.iloc[:0] for name, frame in frames.items()}
    with open_book(tables, quarter="2026Q3") as found:
        yield found


@pytest.mark.parametrize("metric", EFFECTIVENESS)
def test_empty_tables_are_no_data(empty, metric):
    states = set(measure(empty, [metric], by=["partner_id"])["state"])
    assert states <= {"no_data", "ok"}
    assert "no_data" in states or METRICS[metric].unit == "money"


def test_rates_and_money_of_effectiveness_say_what_they_are():
    found = {name: metric.unit for name, metric in METRICS.items() if metric.category == "effectiveness"}
    assert {name for name, unit in found.items() if unit == "days"} == {"sales_cycle"}
    assert {name for name in found if METRICS[name].is_rate} == {
        "win_rate",
        "win_rate_with_no_decision",
        "cohort_win_rate",
    }
