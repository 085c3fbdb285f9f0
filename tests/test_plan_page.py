"""The business plan's page: ordinary partners, odd ones, sources that tell little, and the partner's own edition."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.narrative.facts import collect
from channelnb.narrative.plan_facts import PLANNED_PROFIT, PROPOSED, Span, plan_facts
from channelnb.planning.business.versions import PROFITS, VERSIONS
from channelnb.report import plan
from channelnb.report.charts import LOOK, history_and_plan
from channelnb.report.shown import Shown
from channelnb.scorecards import Scorecard, Scorecards, ScoredMetric
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

QUARTER = "2026Q3"
CELLS = (plan.summary, plan.standouts, plan.lines, plan.profit, plan.goals, plan.versions, plan.made)
NONSENSE = re.compile(r"\bnan\b|\binf\b|∞|None|NaT|−0\b|<NA>|0 of 0", re.IGNORECASE)
FIGURE = re.compile(r'<data value="([^"]*)" data-fact="([^"]*)">')


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor, whose partner P1 sold Routers in each month of three years, with partners that are odd."""
    tables = small_vendor()
    more = rows(
        "partner_id name channel region joined_on",
        "RET Returns reseller north 2024-01-01",
        "NEW Fresh reseller north 2026-09-24",
        "TAG <script>alert(1)</script> reseller north 2024-01-01",
        "OUT Gone reseller north 2023-01-01",
    )
    months = pd.period_range("2023-10", "2026-09", freq="M")
    steady = [
        f"m{n} {month}-05 P1 R1 C1 S1 {100 + 10 * month.month}.00 {60 + 6 * month.month}.00 {5 * month.month}.00 2.00 "
        f"{125 + 12 * month.month}.00"
        for n, month in enumerate(months)
    ]
    sold = rows(
        "sale_id sold_on partner_id product_id customer_id salesperson_id revenue cost discount rebate resale_revenue",
        *steady,
        "r1 2026-09-01 RET R1 C1 - -75.00 - - - -",
        "n1 2026-09-30 NEW R1 C3 - 5.00 0.00 - - -",
        "t1 2026-09-30 TAG R1 C3 - 5.00 0.00 - - -",
        "o1 2023-11-30 OUT R1 C3 - 900.00 500.00 - - -",
    )
    tables["partners"] = pd.concat([tables["partners"], more], ignore_index=True)
    tables["sales"] = pd.concat([tables["sales"].drop(columns="basis"), sold], ignore_index=True)
    tables["costs"] = rows("partner_id month kind amount", "P1 2025-10-01 support 40", "P1 2026-09-01 support 20")
    tables["mdf_claims"] = rows(
        "claim_id partner_id requested_on amount_requested decision paid_on amount_paid",
        "M1 P1 2025-10-01 90 approved 2026-07-05 60",
    )
    ahead = [f"{month} P1 Routers 150.00 v5 2026-09-01 committed 50.00" for month in months_of(2027)]
    bold = [f"{month} P1 Routers 190.00 bold 2026-09-20 draft 70.00" for month in months_of(2027)]
    plans = rows("month partner_id line target_revenue version made_on status target_profit", *ahead, *bold)
    tables["plans"] = pd.concat([tables["plans"], plans], ignore_index=True)
    tables["contacts"] = rows("partner_id side role name", "P1 partner sales Sue", "P1 vendor manager Val")
    return tables


def months_of(year: int) -> list[str]:
    return [f"{year}-{month:02d}-01" for month in range(1, 13)]


CARD = Scorecard(
    "",
    date(2024, 1, 1),
    (ScoredMetric("performance", "growth_yoy", 1.0, 0.9), ScoredMetric("effectiveness", "win_rate", 1.0, 0.5)),
)


def frozen(tables: dict[str, pd.DataFrame], folder: Path) -> Snapshot:
    with open_book(tables, quarter=QUARTER) as book:
        return freeze(book, folder, Settings(min_peers=2, scorecards=Scorecards((CARD,))))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return frozen(vendor(), tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def ada(snapshot: Snapshot) -> Slice:
    return gated(snapshot, "P1", "internal")


ODD = ("P1", "P2", "P3", "RET", "NEW", "TAG", "OUT")


@pytest.mark.parametrize("edition", ["internal", "partner"])
@pytest.mark.parametrize("partner_id", ODD)
def test_each_cell_says_something_sensible(snapshot: Snapshot, partner_id: str, edition: str) -> None:
    partner = gated(snapshot, partner_id, edition)
    for cell in CELLS:
        shown = cell(partner)
        assert isinstance(shown, Shown)
        assert not NONSENSE.search(shown.text), (cell.__name__, shown.text)
        assert "<script" not in shown.html
        # Only how a plan was made may be left unsaid, where there is none.
        assert shown.text.strip() or (cell is plan.made and partner.frames["plan_proposed"].empty)


@pytest.mark.parametrize("edition", ["internal", "partner"])
@pytest.mark.parametrize("partner_id", ["P1", "RET", "NEW"])
def test_every_figure_of_the_page_is_a_fact(snapshot: Snapshot, partner_id: str, edition: str) -> None:
    partner = gated(snapshot, partner_id, edition)
    facts = [fact for cell in CELLS for fact in cell(partner).facts]
    assert collect(facts) is not None, "one id has one content on the whole page"
    for cell in CELLS:
        shown = cell(partner)
        kept = {fact.id: fact for fact in shown.facts}
        for value, name in FIGURE.findall(shown.html):
            assert name in kept, (cell.__name__, name)
            assert value == ("" if kept[name].value is None else repr(kept[name].value))


def table_of(shown: Shown) -> dict[str, list[str]]:
    return {line.split("\t")[0]: line.split("\t")[1:] for line in shown.text.splitlines() if "\t" in line}


def test_quarters_add_up_to_the_plan(ada: Slice) -> None:
    facts = {fact.id: fact.value for fact in plan_facts(ada.frames, period=QUARTER, span=plan.span_of(ada))}
    whole = facts[f"revenue||2026-10 to 2028-12|{PROPOSED}"]
    quarters = [value for name, value in facts.items() if re.fullmatch(rf"revenue\|\|\d{{4}}Q\d\|{PROPOSED}", name)]
    years = [value for name, value in facts.items() if re.fullmatch(rf"revenue\|\|\d{{4}}\|{PROPOSED}", name)]
    assert (len(quarters), len(years)) == (9, 3)
    assert sum(quarters) == pytest.approx(whole)
    assert sum(years) == pytest.approx(whole)


def test_the_last_year_is_told_by_the_plans_formulas(ada: Slice) -> None:
    facts = {fact.id: fact.value for fact in plan_facts(ada.frames, period=QUARTER, span=plan.span_of(ada))}
    period = "2025-10 to 2026-09"
    routers = sum(100 + 10 * month for month in range(1, 13))
    # Beside them, the small vendor's own sales of 2026Q3: 200 and 100 of Routers, a return of 60 of Disks.
    assert facts[f"revenue||{period}|actual"] == pytest.approx(routers + 240)
    goods = sum(60 + 6 * month for month in range(1, 13)) + 120 + 50 - 40
    rebates = 24.0
    assert facts[f"vendor_keeps||{period}|actual"] == pytest.approx(routers + 240 - goods - rebates - 60 - 60)
    resold = sum(125 + 12 * month for month in range(1, 13))
    assert facts[f"partner_keeps||{period}|actual"] == pytest.approx(resold - routers + rebates + 60)


def test_the_summary_says_what_is_proposed_and_in_force(ada: Slice) -> None:
    text = plan.summary(ada).text
    assert text.startswith("For the twelve months from 2026-10 the proposal for Ada is ")
    assert (
        "A plan is committed and in force for 2026 (USD 200, from 2026-10) and 2027 (USD 1.8 k); nothing is for 2028."
        in text
    )
    assert "A draft that does not count yet has USD 2.28 k for 2027, USD 480 more than what is in force." in text
    assert len(re.findall(r'class="card"', plan.summary(ada).html)) <= 4


def test_of_a_partner_that_left_nothing_is_to_decide(ada: Slice) -> None:
    assert "To decide" in plan.summary(ada).text
    firms = ada.frames["partners"].assign(left_on=pd.Timestamp("2026-05-31"))
    text = plan.summary(replace(ada, frames={**ada.frames, "partners": firms})).text
    assert text.splitlines()[1].startswith("It left on 31 May 2026: the figures below are what its lines would bring")
    assert "To decide" not in text


def test_versions_stand_side_by_side(ada: Slice) -> None:
    shown = plan.versions(ada)
    table = table_of(shown)
    assert table["v5"][0] == "committed"
    assert table["v5"][-1] == "yes"
    assert table["bold"][-1] == "no"
    assert "In all\t1.8 k\t" in shown.text
    assert "\t2.28 k\t480" in shown.text


def test_the_last_year_is_told_at_list_price_too(ada: Slice) -> None:
    span = plan.span_of(ada)
    price, revenue, discount = (
        ada.facts.of(name, span.last_year, unit="money") for name in ("list_price", "revenue", "discount")
    )
    assert discount.known == price.known
    assert not price.known or price.value == pytest.approx(revenue.value + discount.value)


def test_goals_have_a_measure_an_owner_and_a_day(ada: Slice) -> None:
    table = table_of(plan.goals(ada))
    goals = [row for name, row in table.items() if name != "Goal"]
    assert goals
    for row in goals:
        assert row[-1] == "30 September 2027"
        assert row[-2] in ("Sue", "Val")


def test_a_partner_that_returned_only_has_no_plan(snapshot: Snapshot) -> None:
    partner = gated(snapshot, "RET", "internal")
    assert (
        "There is no plan to propose for Returns: returns apart, it has sold nothing yet." in plan.summary(partner).text
    )
    assert plan.made(partner).text == ""
    assert "No version of a plan is known for Returns." in plan.versions(partner).text


def test_what_was_sold_long_ago_only_is_planned_at_nothing(snapshot: Snapshot) -> None:
    partner = gated(snapshot, "OUT", "internal")
    first = next(line for line in plan.made(partner).text.splitlines() if line.startswith("Routers\t")).split("\t")
    assert "Nothing is proposed for Gone" in plan.summary(partner).text
    assert 'class="card"' not in plan.summary(partner).html
    assert "<img" not in plan.lines(partner).html
    assert first[1] == "custom: nothing sold in twelve months"
    assert first[3] == "USD 0 a year"


def test_a_part_of_a_year_is_not_grown_from(ada: Slice, snapshot: Snapshot) -> None:
    assert "in the twelve before." in plan.summary(ada).text
    fresh = plan.summary(gated(snapshot, "NEW", "internal")).text
    assert " up " not in fresh.splitlines()[0]
    assert "since it began to sell within the year" in fresh.splitlines()[0]


def test_the_partners_edition_tells_nothing_of_the_vendors_money(snapshot: Snapshot) -> None:
    partner = gated(snapshot, "P1", "partner")
    page = "\n".join(cell(partner).text for cell in CELLS)
    for word in ("vendor keeps", "ost of goods", "ost to serve", "bold", "raft", "profit planned in"):
        assert word not in page, word
    facts = [fact for cell in CELLS for fact in cell(partner).facts]
    assert not [
        fact.id for fact in facts if fact.metric.startswith(("cost", "vendor_keeps")) and fact.value is not None
    ]
    assert "The partner keeps" in page
    internal = "\n".join(cell(gated(snapshot, "P1", "internal")).text for cell in CELLS)
    assert "Of that the vendor keeps" in internal
    assert "Cost of goods" in internal


def test_a_source_of_sales_alone_gives_a_plan_that_says_what_is_missing(tmp_path: Path) -> None:
    tables = {name: frame for name, frame in vendor().items() if name in ("partners", "sales", "products")}
    tables["sales"] = tables["sales"].drop(columns=["cost", "resale_revenue", "discount", "rebate"])
    with open_book(tables, quarter=QUARTER) as book:
        partner = gated(freeze(book, tmp_path, Settings(min_peers=2)), "P1", "internal")
    page = "\n".join(cell(partner).text for cell in CELLS)
    assert not NONSENSE.search(page)
    assert "The vendor's data hold no plans: versions can be compared once one is committed, or drafted." in page
    assert "What is left to the partner cannot be said" in page
    assert "The vendor keeps" not in page
    assert "Proposed revenue by line and quarter" in plan.lines(partner).html


def test_changing_what_a_plan_rests_on_changes_the_text(ada: Slice) -> None:
    basis = ada.frames["plan_basis"]
    doubled = replace(ada, frames=ada.frames | {"plan_basis": basis.assign(last_year=2 * basis["last_year"])})
    assert plan.summary(doubled).text != plan.summary(ada).text
    assert plan.lines(doubled).text != plan.lines(ada).text
    rates = ada.frames["plan_cost_rates"]
    dearer = replace(ada, frames=ada.frames | {"plan_cost_rates": rates.assign(cost_rate=0.9)})
    assert plan.profit(dearer).text != plan.profit(ada).text


def test_shuffled_frames_give_the_same_text(ada: Slice) -> None:
    names = ("plan_history", "plan_basis", "plan_versions", "plan_drafts", "plan_costs", "plan_cost_rates")
    shuffled = {name: ada.frames[name].sample(frac=1, random_state=5).reset_index(drop=True) for name in names}
    other = replace(ada, frames=ada.frames | shuffled)
    for cell in CELLS:
        assert cell(other).text == cell(ada).text, cell.__name__


def test_the_picture_draws_history_plan_and_what_is_in_force() -> None:
    drawn = [("2026-08-01", "actual", 5.0), ("2026-09-01", "actual", 7.0), ("2026-10-01", "proposed", 6.0)]
    drawn += [("2026-10-01", "in_force", 9.0)]
    frame = pd.DataFrame(drawn, columns=["month", "role", "value"])
    ax = history_and_plan(frame, ax=Figure().subplots(), currency="USD")
    bars = [[patch.get_height() for patch in group] for group in ax.containers]
    assert bars == [[5.0, 7.0], [6.0]]
    assert ax.containers[0][0].get_facecolor() != ax.containers[1][0].get_facecolor()
    assert [patch.get_x() + patch.get_width() / 2 for patch in ax.containers[1]] == pytest.approx([2.0])
    ticks = ax.collections[0].get_segments()
    assert [segment[0][1] for segment in ticks] == [9.0]
    assert LOOK.plan.light


def test_profits_of_two_peoples_versions_are_told_once(ada: Slice) -> None:
    span, when = plan.span_of(ada), {"line": "Routers", "month": pd.Timestamp("2026-10-01")}
    said = [
        {"partner_id": "P1", "version": "v1", "made_on": pd.Timestamp("2026-09-01"), "made_by": by, "status": status}
        | when
        | {"target_revenue": 100.0, "target_profit": profit, "in_force": counts}
        for by, status, profit, counts in (("Ann", "committed", 40.0, True), ("Bo", "committed", 7.0, False))
    ]
    made = pd.DataFrame(said)
    frames = {**ada.frames, "plan_versions": made[VERSIONS], "plan_profits": made[PROFITS]}
    frames["plan_drafts"] = made[VERSIONS].head(0)
    told = [fact.value for fact in plan_facts(frames, period=QUARTER, span=span) if fact.role == PLANNED_PROFIT]
    assert told == [40.0]


def test_the_stretches_follow_the_fiscal_year() -> None:
    from channelnb.fiscal import FiscalCalendar

    span = Span(date(2026, 8, 14), FiscalCalendar(7))
    assert (str(span.first), span.year_one, span.last_year) == ("2026-09", "2026-09 to 2027-08", "2025-08 to 2026-07")
    assert span.years == ["2027", "2028", "2029"]
    assert span.whole_years == ["2028", "2029"]
    assert span.quarters[0] == "2027Q1"
    assert span.whole_quarters[0] == "2027Q2"
    even = Span(date(2026, 12, 31), FiscalCalendar())
    assert even.starts_a_year
    assert even.whole_quarters[0] == even.quarters[0] == "2027Q1"
