"""Looking ahead: the pipeline needed, deals brought forward and the hole they leave, exposure and slippage."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.errors import BadParameters
from channelnb.fiscal import FiscalCalendar
from channelnb.freezing import freeze
from channelnb.metrics.measure import measure
from channelnb.narrative import ahead as said
from channelnb.narrative.ahead import chance as told_chance
from channelnb.narrative.ahead_facts import AFTER, GAP_AFTER, YEAR, chance_facts
from channelnb.narrative.facts import GAP, PLAN, TARGET, Fact, Facts
from channelnb.narrative.pull_forward import pull_forward as told_pull_forward
from channelnb.params import read_parameters
from channelnb.planning.ahead.chance import chances
from channelnb.planning.ahead.pull_forward import MOST_DEALS, Usual, choose, pulled_forward, usual_of
from channelnb.planning.ahead.slipped import slipped
from channelnb.planning.ahead.tables import coming
from channelnb.report import ahead
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

CELLS = (ahead.coverage, ahead.chance, ahead.pull_forward, ahead.exposure, ahead.slippage)


def short_now_full_later() -> dict[str, pd.DataFrame]:
    """The small vendor where P1 is under its pipeline target in 2026Q4, and over it in 2027Q1.

    Won deals took 61, 106 and 182 days, so that a deal takes 106: O10 is ripe by the end of the year, O11 is not.
    """
    tables = small_vendor()
    plans = rows(
        "month partner_id line target_revenue version made_on status",
        "2027-01-01 P1 Disks 110.00 v1 2025-12-01 committed",
    )
    opportunities = rows(
        "opportunity_id partner_id product_id amount outcome created_on expected_close_on closed_on",
        "O0 P1 R1 10.00 won 2025-12-01 2026-06-01 2026-06-01",
        "O10 P1 R1 100.00 open 2026-01-01 2027-01-20 -",
        "O11 P1 D1 400.00 open 2026-09-25 2027-02-20 -",
    )
    tables["plans"] = pd.concat([tables["plans"], plans], ignore_index=True)
    tables["opportunities"] = pd.concat([tables["opportunities"], opportunities], ignore_index=True)
    return tables


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    with open_book(short_now_full_later(), quarter="2026Q3") as book:
        return freeze(book, tmp_path_factory.mktemp("small"), Settings(pipeline_band=(2.0, 6.0)))


@pytest.fixture(scope="module")
def of_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("deals")
    tables = ("partners", "sales", "plans", "opportunities", "pipeline_history", "fx_rates", "customers", "products")
    for name in ("source.yaml", *(f"{table}.parquet" for table in tables)):
        shutil.copy(sample / name, folder)
    with open_book(folder, quarter="2026Q2") as book:
        return freeze(book, tmp_path_factory.mktemp("sample"), Settings())


def test_the_review_names_the_deals_to_bring_forward_and_the_hole_they_leave(small: Snapshot) -> None:
    partner = gated(small, "P1", "internal")
    told = ahead.pull_forward(partner).text
    assert "2026Q4 is USD 90 under its pipeline target while 2027Q1 is over its own." in told
    assert "Brought forward from 2027Q1, O10 (USD 100) would take 2026Q4 from 3.6× to 4.1×, over its target." in told
    assert "In 2027Q1 that leaves 3.6× in place of 4.5×, a hole of USD 40 to its target." in told
    assert "O11" not in told
    assert "20 January 2027" in told


def test_what_moves_is_neither_made_nor_lost(small: Snapshot, of_sample: Snapshot) -> None:
    for snapshot in (small, of_sample):
        moved, deals = snapshot.frame("pull_forward_index"), snapshot.frame("pull_forward")
        assert moved.groupby("partner_id")["moved"].sum().abs().max() < 1e-6
        into = moved[moved["period"].eq(moved["of_period"])].set_index("partner_id")
        by_deal = deals.groupby("partner_id")["amount"].sum().reindex(into.index).fillna(0.0)
        pd.testing.assert_series_equal(into["moved"], by_deal, check_names=False)
        assert moved["after"].mul(moved["plan"]).sub(moved["pipeline"] + moved["moved"]).abs().max() < 1e-6


def test_partners_of_the_sample_that_can_fill_a_gap_from_a_period_over_its_target(of_sample: Snapshot) -> None:
    moved = of_sample.frame("pull_forward_index")
    over = moved[
        moved["of_period"].ne(moved["period"]) & moved["pipeline"].ge(4.0 * moved["plan"]) & moved["deals"].gt(0)
    ]
    assert len(over) >= 3
    row = over.iloc[0]
    partner = gated(of_sample, str(row["partner_id"]), "partner")
    told = ahead.pull_forward(partner).text
    assert f"{row['period']} is " in told
    assert f"while {row['of_period']} is over its own." in told
    assert f"In {row['of_period']} that leaves " in told


AMOUNTS = [
    ([60.0, 50.0, 45.0], 100.0, [60.0, 45.0]),
    ([60.0, 50.0, 45.0], 40.0, [45.0]),
    ([10.0] * 9, 100.0, [10.0] * MOST_DEALS),
    ([10.0], 0.0, []),
    ([], 10.0, []),
]


@pytest.mark.parametrize(("amounts", "gap", "chosen"), AMOUNTS)
def test_the_fewest_deals_that_fill_the_gap_are_chosen(amounts: list[float], gap: float, chosen: list[float]) -> None:
    deals = [{"opportunity_id": f"O{n}", "amount": amount} for n, amount in enumerate(amounts)]
    assert [deal["amount"] for deal in choose(deals, gap)] == chosen


@pytest.mark.parametrize(
    ("change", "brought"),
    [
        ({}, ["O1"]),
        ({"created_on": date(2026, 9, 25)}, []),
        ({"created_on": None}, []),
        ({"stage": "1 Found"}, []),
        ({"stage": "A stage that no won deal was seen at"}, []),
        ({"stage": None}, []),
        ({"expected_close_on": date(2027, 8, 1)}, []),
        ({"expected_close_on": None}, []),
        ({"amount": None}, []),
    ],
)
def test_only_a_deal_old_and_advanced_enough_is_brought_forward(change: dict[str, object], brought: list[str]) -> None:
    index = pd.DataFrame({"partner_id": "P1", "period": ["2026Q4", "2027Q1"], "metric": "pipeline_index"})
    index = index.assign(numerator=[350.0, 450.0], denominator=100.0)
    deal = {"partner_id": "P1", "opportunity_id": "O1", "amount": 60.0, "stage": "4 Negotiated"}
    deal |= {"created_on": date(2026, 1, 1), "expected_close_on": date(2027, 1, 20)}
    usual = Usual(100.0, {}, {"1 Found": 150.0, "4 Negotiated": 20.0})
    day, calendar = date(2026, 9, 30), FiscalCalendar()
    found, periods = pulled_forward(
        index, pd.DataFrame([deal | change]), usual=usual, target=4.0, as_of=day, calendar=calendar
    )
    assert found["opportunity_id"].tolist() == brought
    assert periods.loc[0, ["period", "of_period"]].tolist() == ["2026Q4", "2026Q4"]


def test_a_deal_not_qualified_is_not_brought_forward(of_sample: Snapshot, sample: Path) -> None:
    deals = pd.read_parquet(sample / "opportunities.parquet").set_index("opportunity_id")["qualified_on"]
    brought = of_sample.frame("pull_forward")["opportunity_id"]
    assert len(brought) > 20
    assert deals.reindex(of_sample.frame("deals")["opportunity_id"]).isna().any()
    assert deals.reindex(brought).notna().all()


def test_a_stage_at_which_few_won_deals_were_seen_has_no_usual_time() -> None:
    tables = small_vendor()
    tables["opportunities"] = rows(
        "opportunity_id partner_id amount outcome created_on closed_on stage",
        *(f"W{n} P1 9.00 won 2026-01-01 2026-05-01 Won" for n in range(10)),
    )
    tables["pipeline_history"] = rows(
        "as_of opportunity_id amount stage outcome",
        *(f"2026-03-31 W{n} 9.00 Late open" for n in range(10)),
        *(f"2026-02-28 W{n} 9.00 Early open" for n in range(9)),
    )
    with open_book(tables, quarter="2026Q3") as book:
        assert usual_of(book).by_stage == {"Late": 31.0}


@pytest.mark.parametrize(("period", "share", "said"), [("2026Q4", 0.163, "quarters"), ("2026-10", 0.0, "months")])
def test_what_no_open_deal_shows_is_told_a_share_at_a_time(period: str, share: float, said: str) -> None:
    told = {"plan_chance": 0.25, "runs": 8.0, "runs_at_plan": 2.0, "foretold_open_deals": 3.0, "foretold_revenue": 9.0}
    facts = [Fact(name, period, value, "share") for name, value in told.items()]
    shares = {"opened_within_share": share, "without_deal_share": 0.483}
    facts += [Fact(name, period, value, "share", YEAR) for name, value in shares.items()]
    *_, later, without = (sentence.text("USD") for sentence in told_chance(Facts(facts), period))
    part = "16.3 %" if share else "nothing"
    assert later == (
        f"Of what the last year's {said} brought from this point on, {part} came from deals opened only afterwards."
    )
    assert without.startswith("Sales without a deal made up 48.3 % of it, ")


def falling_short(after: dict[str, float]) -> Facts:
    """2026Q4 under its target of 4 until a deal comes from each other period; what each one's index is after."""
    first, *givers = after
    facts = [Fact("pipeline_index", q, 3.0 if q == first else 4.5, "index") for q in after]
    facts += [Fact("pipeline_index", q, index, "index", role=AFTER) for q, index in after.items()]
    facts += [Fact("pipeline_index", q, 4.0, "index", role=TARGET) for q in after]
    facts += [Fact("revenue", q, 100.0 if q == first else -50.0, "money", role=GAP) for q in after]
    facts += [Fact("revenue", q, abs(4 - index) * 100, "money", role=GAP_AFTER) for q, index in after.items()]
    facts += [Fact("pulled_deals", first, 1.0, "count", (("due", q),)) for q in after]
    deals = [(("from", q), ("opportunity_id", f"O{n}")) for n, q in enumerate(givers)]
    facts += [Fact("pulled_deal", first, 30.0, "money", deal) for deal in deals]
    return Facts([*facts, Fact("pulled_value", first, 30.0 * len(givers), "money", (("due", first),))])


FALLING_SHORT = [
    (
        {"2026Q4": 3.6, "2027Q1": 3.8, "2027Q2": 3.9},
        [
            "Brought forward from 2027Q1 and 2027Q2, O0 (USD 30) and O1 (USD 30) would take 2026Q4 from 3× to 3.6×.",
            "Even so USD 40 would be missing in 2026Q4, and pipeline would be short in 2027Q1 by USD 20 and 2027Q2 by "
            "USD 10: bringing them forward does not close the gap.",
        ],
    ),
    (
        {"2026Q4": 3.6, "2027Q1": 3.8, "2027Q2": 4.2},
        [
            "Brought forward from 2027Q1 and 2027Q2, O0 (USD 30) and O1 (USD 30) would take 2026Q4 from 3× to 3.6×.",
            "Even so USD 40 would be missing in 2026Q4, and pipeline would be short in 2027Q1 by USD 20: bringing "
            "them forward does not close the gap.",
            "In 2027Q2 that leaves 4.2× in place of 4.5×, still over its target.",
        ],
    ),
    (
        {"2026Q4": 3.6, "2027Q1": 4.2},
        [
            "Brought forward from 2027Q1, O0 (USD 30) would take 2026Q4 from 3× to 3.6×, still USD 40 under its "
            "target.",
            "In 2027Q1 that leaves 4.2× in place of 4.5×, still over its target.",
        ],
    ),
]


@pytest.mark.parametrize(("after", "expected"), FALLING_SHORT)
def test_where_gaps_remain_on_both_sides_the_review_says_so(after: dict[str, float], expected: list[str]) -> None:
    said = [sentence.text("USD") for sentence in told_pull_forward(falling_short(after), [*after])]
    assert said[1:] == expected


def test_a_period_over_its_target_needs_no_deal(small: Snapshot) -> None:
    partner = gated(small, "P2", "internal")
    assert ahead.pull_forward(partner).html == ""


def test_slippage_by_quarter_is_what_the_metric_says(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        found = slipped(book).set_index(["partner_id", "period"])
        told = measure(book, ["slippage"], by=["partner_id", "quarter"], resample=False)
    told = told[told["value"].notna()].set_index(["partner_id", "quarter"])
    assert len(told) == len(found) > 200
    pd.testing.assert_series_equal(found["slipped"], told["numerator"].reindex(found.index), check_names=False)
    pd.testing.assert_series_equal(found["due"], told["denominator"].reindex(found.index), check_names=False)
    late = found[found["slipped_deals"].gt(0)]
    assert (late["days"] >= 0).all()
    assert found["slipped_deals"].le(found["due_deals"]).all()


def test_exposure_names_the_largest_deals_and_the_chance_without_the_largest(of_sample: Snapshot) -> None:
    row = of_sample.frame("plan_chance").query("state == 'ok' and met_without < met").iloc[0]
    partner = gated(of_sample, str(row["partner_id"]), "internal")
    deals = partner.frames["deals"]
    due = pd.to_datetime(deals["expected_close_on"]).between("2026-07-01", "2026-09-30")
    largest = deals[due].sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"].iloc[0]
    told = ahead.exposure(partner).text
    assert row["largest"] == largest
    assert f"If {largest} is not won, the chance of meeting plan is " in told


@pytest.mark.parametrize("edition", ["internal", "partner"])
def test_no_page_of_the_sample_says_nonsense(of_sample: Snapshot, edition: str) -> None:
    foretold, deals = of_sample.frame("plan_chance"), of_sample.frame("deals")
    odd = foretold.loc[foretold["state"].ne("ok"), "partner_id"].head(2)
    few = deals["partner_id"].value_counts().sort_index().nsmallest(2).index
    for partner_id in sorted({*foretold["partner_id"].head(2), *odd, *few}):
        told = _page(gated(of_sample, partner_id, edition))
        assert not any(word in told for word in ("nan", "None ", "∞", "inf ", " −0 ", "0 of 0")), told


def _page(partner: Slice) -> str:
    return "\n".join(cell(partner).text for cell in CELLS)


@pytest.fixture(scope="module", params=[("opportunities", "pipeline_history"), ("plans",)])
def without(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slice]:
    tables = {name: frame for name, frame in small_vendor().items() if name not in request.param}
    with open_book(tables, quarter="2026Q3") as book:
        yield gated(freeze(book, tmp_path_factory.mktemp("without"), Settings()), "P1", "internal")


def test_without_deals_or_plans_the_page_says_what_is_missing_and_no_more(without: Slice) -> None:
    shown = {cell.__name__: cell(without).text for cell in CELLS}
    assert shown["coverage"].startswith("What lies ahead cannot be said: the vendor's data hold no ")
    assert "would tell the pipeline against plan" in shown["coverage"]
    assert shown["chance"] == shown["pull_forward"] == shown["slippage"] == ""
    assert "chance" not in shown["exposure"]


def test_a_partner_without_an_open_deal_hears_so_in_one_line(small: Snapshot) -> None:
    partner = gated(small, "P3", "internal")
    assert ahead.exposure(partner).text == "There is no open deal to depend on."
    assert ahead.slippage(partner).html == ahead.pull_forward(partner).html == ""
    assert ahead.chance(partner).text == "The chance of meeting the plan for 2026Q4 cannot be said: it has no plan."


def test_the_same_source_gives_the_same_bytes(small: Snapshot, tmp_path: Path) -> None:
    mixed = {name: frame.sample(frac=1, random_state=5) for name, frame in short_now_full_later().items()}
    with open_book(mixed, quarter="2026Q3") as book:
        again = freeze(book, tmp_path, Settings(pipeline_band=(2.0, 6.0)))
    for name in ("plan_chance", "chance_calibration", "pull_forward", "pull_forward_index", "slipped"):
        assert (again.folder / f"{name}.parquet").read_bytes() == (small.folder / f"{name}.parquet").read_bytes()


def test_the_band_of_a_run_reaches_its_pages(small: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict[str, object]] = []
    real = ahead.draw
    monkeypatch.setattr(ahead, "draw", lambda plot, frame, **told: drawn.append(told) or real(plot, frame, **told))
    ahead.coverage(gated(small, "P1", "internal"))
    assert drawn[0]["band"] == (2.0, 6.0)


@pytest.mark.parametrize("band", ["[5, 3]", "[3, 3]", "[-1, 3]", "[3, 500]"])
def test_a_band_that_is_none_is_refused_with_its_line(band: str, tmp_path: Path) -> None:
    file = tmp_path / "review.yaml"
    file.write_text(f"name: x\nsource: data/sample\nquarter: 2026Q3\npipeline_band: {band}\n")
    with pytest.raises(BadParameters, match=r"review\.yaml:4: pipeline_band .*such as \[3\.0, 5\.0\]"):
        read_parameters(file)


def test_a_running_quarter_and_the_next_are_told_apart(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3", as_of="2026-08-14") as book:
        made = pd.concat([chances(book, period, fewest=6)[0] for period in coming(book)])
    row = made[made["partner_id"].eq("P0009")]
    plans = [
        Fact("revenue", period, plan, "money", role=PLAN) for period, plan in row[["period", "plan"]].values.tolist()
    ]
    facts = Facts([*chance_facts(row), *plans])
    assert row["period"].tolist() == ["2026Q3", "2026Q4"]
    assert " in already." in said.chance(facts, "2026Q3")[0].text("EUR")
    assert said.chance_further(facts, "2026Q4")[0].text("EUR").startswith("For 2026Q4 the chance is ")
