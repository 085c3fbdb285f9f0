"""The chance of meeting plan: honest about the past, blind to what came later, the same whenever it is made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from channelnb.book.book import Book, open_book
from channelnb.chosen import Settings
from channelnb.fiscal import FiscalCalendar
from channelnb.planning.ahead.calibration import EVERY, calibration
from channelnb.planning.ahead.chance import TESTED, chances, forecast, past_forecasts
from channelnb.planning.ahead.odds import odds_of
from channelnb.planning.ahead.simulation import Deals, Fit, fit, simulate
from channelnb.planning.ahead.tables import looking_ahead
from channelnb.planning.ahead.windows import Crowd, Past, deals_seen, later, past_of, windows_like
from tables import small_vendor

ANYBODY = Crowd({}, 1)
"""What one firm tells is told to others: only where tests look at the arithmetic."""
LEARNED = ("partners", "sales", "plans", "opportunities", "pipeline_history", "fx_rates")


@pytest.fixture(scope="module")
def book(sample: Path) -> Iterator[Book]:
    with open_book(sample, quarter="2026Q3") as opened:
        yield opened


@pytest.fixture(scope="module")
def past(book: Book) -> Past:
    return past_of(book, "2026Q4", fewest=6)


@pytest.fixture(scope="module")
def deals(book: Book, past: Past) -> pd.DataFrame:
    return deals_seen(book, past.windows)


@pytest.fixture(scope="module")
def tested(past: Past, deals: pd.DataFrame) -> pd.DataFrame:
    return past_forecasts(past, deals)


def brier(chance: pd.Series, reached: pd.Series) -> tuple[float, float]:
    """The mean squared error of chances, and that of always saying the share that was reached."""
    share = float(reached.mean())
    return float(((chance - reached) ** 2).mean()), share * (1 - share)


def test_forecasts_of_past_quarters_are_calibrated(tested: pd.DataFrame) -> None:
    assert sorted(tested["period"].unique()) == ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    told = calibration(tested, period="2026Q4", min_firms=6).set_index("bin")
    bins = told.drop(EVERY)
    assert len(bins) == 5
    assert bins["forecasts"].sum() == told.loc[EVERY, "forecasts"] == len(tested)
    honest = bins["mean"].between(bins["low"], bins["high"])
    assert honest.sum() >= 4, bins
    assert bins["share"].is_monotonic_increasing
    assert told.loc[EVERY, "brier"] < 0.85 * told.loc[EVERY, "brier_base"]
    assert 0.65 <= told.loc[EVERY, "within"] <= 0.95


def test_the_quarter_that_nobody_knows_yet_comes_as_foretold(past: Past, deals: pd.DataFrame, sample: Path) -> None:
    truth = yaml.safe_load((sample / "truth.yaml").read_text(encoding="utf-8"))["next_quarter"]["by_partner"]
    made = forecast(past, deals)
    made = made[made["state"].eq("ok")]
    came = made["partner_id"].map({name: float(revenue) for name, revenue in truth.items()})
    error, base = brier(made["met"] / made["runs"], came >= made["plan"])
    assert error < 0.85 * base
    assert 0.65 <= came.between(made["low"], made["high"]).mean() <= 0.95


def test_a_running_quarter_counts_what_is_in_already(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3", as_of="2026-08-14") as opened:
        made, before = chances(opened, "2026Q3", fewest=6)
        whole = opened.query(
            "SELECT partner_id, CAST(sum(revenue) AS DOUBLE) AS revenue FROM sales "
            "WHERE is_revenue AND sold_on >= DATE '2026-07-01' GROUP BY partner_id"
        ).set_index("partner_id")["revenue"]
    made = made[made["state"].eq("ok")].set_index("partner_id")
    assert made["to_date"].to_dict() == pytest.approx(whole.reindex(made.index).fillna(0.0).to_dict())
    error, base = brier(before["met"] / before["runs"], before["reached"])
    assert error < 0.85 * base
    assert 0.65 <= before["came"].between(before["low"], before["high"]).mean() <= 0.95


def test_months_are_foretold_as_quarters_are(sample: Path) -> None:
    with open_book(sample, quarter="2026-08") as opened:
        made, before = chances(opened, "2026-09", fewest=6)
    assert made["period"].unique().tolist() == ["2026-09"]
    error, base = brier(before["met"] / before["runs"], before["reached"])
    assert before["period"].nunique() >= 11
    assert error < 0.9 * base
    assert 0.65 <= before["came"].between(before["low"], before["high"]).mean() <= 0.95


def test_a_past_forecast_knows_nothing_of_what_came_later(
    past: Past, deals: pd.DataFrame, tested: pd.DataFrame
) -> None:
    place = 1
    money = {name: getattr(past, name).copy() for name in ("revenue", "won_open", "won_new")}
    for values in money.values():
        values[:, : place + 1] *= 7
    otherwise = deals.assign(won=deals["won"] ^ deals["place"].le(place))
    known = otherwise[otherwise["place"].ge(place)].assign(place=lambda frame: frame["place"] - place)
    made = forecast(later(replace(past, **money), place), known, runs=TESTED)
    before = tested[tested["period"].eq(past.windows[place].period)]
    same = ["partner_id", "met", "low", "mid", "high", "expected"]
    made = made[made["partner_id"].isin(before["partner_id"])]
    pd.testing.assert_frame_equal(made[same].reset_index(drop=True), before[same].reset_index(drop=True))


def test_deals_stand_as_they_were_seen_then(book: Book, past: Past, deals: pd.DataFrame, sample: Path) -> None:
    with open_book(sample, quarter="2026Q2") as then:
        seen = deals_seen(then, windows_like("2026Q3", as_of=then.as_of, calendar=then.calendar)[:1])
    assert past.windows[1].period == "2026Q3"
    now = deals[deals["place"].eq(1)].reset_index(drop=True)
    same = ["partner_id", "opportunity_id", "amount", "age", "due_in", "stage"]
    pd.testing.assert_frame_equal(seen[same], now[same])


def test_a_forecast_does_not_depend_on_the_order_of_rows(
    past: Past, deals: pd.DataFrame, sample: Path, tmp_path: Path
) -> None:
    shutil.copy(sample / "source.yaml", tmp_path)
    for name in LEARNED:
        frame = pd.read_parquet(sample / f"{name}.parquet")
        frame.sample(frac=1, random_state=3).to_parquet(tmp_path / f"{name}.parquet")
    with open_book(tmp_path, quarter="2026Q3") as mixed:
        again = past_of(mixed, "2026Q4", fewest=6)
        made = forecast(again, deals_seen(mixed, again.windows))
    pd.testing.assert_frame_equal(made, forecast(past, deals), check_exact=True)


def test_the_fit_takes_no_more_of_deals_than_their_worth(past: Past) -> None:
    found = fit(past)
    assert found is not None
    assert 0.0 <= found.by_deals <= 1.0
    assert abs(found.level) < 0.2
    assert np.all(np.diff(found.rest) >= 0)


def test_with_too_few_past_periods_nothing_is_foretold() -> None:
    with open_book(small_vendor(), quarter="2026Q3") as opened:
        made, before = chances(opened, "2026Q4", fewest=1)
    assert made.set_index("partner_id")["state"].to_dict() == {"P1": "too_few", "P2": "no_data", "P3": "no_data"}
    assert made["met"].isna().all()
    assert before.empty
    assert calibration(before, period="2026Q4", min_firms=6).empty


@pytest.mark.parametrize("missing", ["opportunities", "plans"])
def test_without_deals_or_plans_there_is_no_forecast(missing: str) -> None:
    tables = {name: frame for name, frame in small_vendor().items() if name != missing}
    with open_book(tables, quarter="2026Q3") as opened:
        made = looking_ahead(opened, Settings(), {})
    assert all(frame.empty and "partner_id" in frame for frame in made.values())


def test_runs_are_the_same_whenever_they_are_made() -> None:
    fitted = Fit(0.0, 0.0, 1.0, np.array([-0.1, 0.0, 0.1]))
    deal = Deals(("O1", "O2"), np.array([50.0, 20.0]), np.array([0.5, 0.2]), largest=0)
    first, again, other = (simulate(deal, fitted=fitted, at=(100.0, 29.0, 0.0), seed=seed) for seed in (1, 1, 2))
    assert first.revenue.tolist() == again.revenue.tolist()
    assert first.revenue.tolist() != other.revenue.tolist()
    # By the odds, 50 × 0.5 + 20 × 0.2 is won, as usual.
    assert first.revenue.mean() == pytest.approx(100.0, rel=0.02)
    assert (first.without_largest <= first.revenue).all()
    assert (first.revenue - first.without_largest).mean() == pytest.approx(25.0, rel=0.1)


DEAL = {"place": 1, "partner_id": "P1", "amount": 10.0, "due_in": 30.0, "age": 40.0, "stage": "Found"}


def test_odds_lean_to_what_became_of_deals_alike() -> None:
    soon = [DEAL | {"opportunity_id": f"S{n}", "won": n % 2 == 0, "partner_id": f"P{n % 9}"} for n in range(200)]
    late = [DEAL | {"opportunity_id": f"L{n}", "won": False, "due_in": 400.0} for n in range(200)]
    now = pd.DataFrame(
        [DEAL | {"place": 0}, DEAL | {"place": 0, "due_in": 400.0}, DEAL | {"place": 0, "due_in": np.nan}]
    )
    odds = odds_of(now, pd.DataFrame(soon + late), days=92, crowd=ANYBODY)
    assert odds[0] > 0.4
    assert odds[1] < 0.1
    # Of a kind never seen, the deals of all kinds tell.
    assert 0.1 < odds[2] < 0.4


def test_a_partner_that_wins_more_has_better_odds() -> None:
    history = [DEAL | {"partner_id": name, "won": n < won} for name, won in (("P1", 30), ("P2", 5)) for n in range(40)]
    now = pd.DataFrame([DEAL | {"place": 0, "partner_id": name} for name in ("P1", "P2", "P3")])
    better, worse, unknown = odds_of(now, pd.DataFrame(history), days=92, crowd=ANYBODY)
    assert worse < unknown < better < 0.75
    assert np.isnan(odds_of(now, pd.DataFrame(history).head(0), days=92, crowd=ANYBODY)).all()


def test_ranges_are_joined_until_they_hold_enough_firms() -> None:
    chance = [0.05] * 6 + [0.3] * 2 + [0.9] * 7
    told = pd.DataFrame({"partner_id": [f"P{n}" for n in range(15)], "period": "2026Q3", "met": chance, "runs": 1.0})
    told = told.assign(came=1.0, low=0.0, high=2.0, reached=[False] * 8 + [True] * 7)
    made = calibration(told, period="2026Q4", min_firms=6)
    assert made["bin"].tolist() == [EVERY, "0.0-0.2", "0.2-1.0"]
    assert made["forecasts"].tolist() == [15.0, 6.0, 9.0]
    assert calibration(told.head(5), period="2026Q4", min_firms=6).empty


def test_a_season_is_the_median_of_partners() -> None:
    windows = windows_like("2026Q4", as_of=pd.Timestamp("2026-09-30").date(), calendar=FiscalCalendar())
    revenue = np.full((3, len(windows)), 100.0)
    revenue[:, 4::4] = [[200.0], [200.0], [900.0]]
    none = np.zeros_like(revenue)
    past = Past(windows, ["P1", "P2", "P3"], revenue, none, none, none, none, none == 0, ANYBODY)
    assert past.lead == 1
    assert past.season(0) == pytest.approx(200 / 125)


def test_what_firms_of_few_owners_did_foretells_nothing_to_others() -> None:
    windows = windows_like("2026Q4", as_of=pd.Timestamp("2026-09-30").date(), calendar=FiscalCalendar())
    revenue = np.array([[100.0 + 7 * firm + at % 4 for at in range(len(windows))] for firm in range(6)])
    names, none = [f"P{firm}" for firm in range(6)], np.zeros_like(revenue)
    apart = Past(windows, names, revenue, none, none, none, none, none == 0, Crowd({}, 6))
    owned = replace(apart, crowd=Crowd(dict.fromkeys(names, "P0"), 6))
    assert np.isfinite(apart.season(0))
    assert np.isnan(owned.season(0))
    deal = {"place": 1, "amount": 10.0, "due_in": 30.0, "age": 40.0, "stage": "Found"}
    before = pd.DataFrame([deal | {"partner_id": name, "won": at < 3} for name in names for at in range(7)])
    now = pd.DataFrame([deal | {"place": 0, "partner_id": "A"}])
    assert np.isnan(odds_of(now, before, days=92, crowd=owned.crowd)).all()
    assert odds_of(now, before, days=92, crowd=apart.crowd).tolist() == [0.43], "in whole per cent"


def test_of_a_kind_of_deal_that_few_made_the_wider_kind_tells() -> None:
    deal = {"place": 1, "amount": 10.0, "due_in": 30.0, "age": 40.0, "stage": "Found"}
    wide = [deal | {"partner_id": f"P{firm}", "won": False} for firm in range(6) for _ in range(20)]
    alone = [deal | {"partner_id": "P0", "won": True, "stage": "Signed"} for _ in range(60)]
    now = pd.DataFrame([deal | {"place": 0, "partner_id": "A", "stage": "Signed"}])
    told, kept = (odds_of(now, pd.DataFrame(wide + alone), days=92, crowd=Crowd({}, few)).item() for few in (1, 6))
    assert told > 0.6 > 0.4 > kept
