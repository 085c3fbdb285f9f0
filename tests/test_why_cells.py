"""The cells that say why a period ended as it did: attainment, and the bridges from plan and from the year before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.narrative.bridge import largest
from channelnb.narrative.facts import collect
from channelnb.report import charts, why
from channelnb.report.charts.look import LOOK
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

SALES = "sold_on partner_id product_id customer_id opportunity_id salesperson_id revenue discount"
CELLS = (why.attainment, why.plan_bridge, why.year_bridge)


def told() -> dict[str, pd.DataFrame]:
    """P1 has a plan, deals and customers; P2 sold the year before only; P3 never sold."""
    kept = ("partners", "products", "customers", "salespeople")
    return {name: frame for name, frame in small_vendor().items() if name in kept} | {
        "sales": rows(
            SALES,
            "2023-01-01 P1 R1 C1 - S1 1.00 0",
            "2025-08-01 P1 R1 C1 W0 S1 100.00 0",
            "2025-09-01 P1 D1 C2 - S2 20.00 0",
            "2025-08-01 P2 R1 C1 - S3 50.00 0",
            "2026-07-01 P1 R1 C1 W1 S1 40.00 10.00",
            "2026-08-01 P1 R1 C3 - S2 30.00 0",
            "2026-09-01 P1 D1 C1 - S2 -5.00 0",
        ),
        "opportunities": rows(
            "opportunity_id partner_id product_id amount outcome closed_on created_on customer_id",
            "W0 P1 R1 100.00 won 2025-08-01 2025-05-01 C1",
            "W1 P1 R1 40.00 won 2026-07-01 2026-05-01 C1",
            "S1 P1 R1 60.00 open - 2026-05-01 C1",
            "L1 P1 R1 20.00 lost 2026-08-01 2026-05-01 C1",
        ),
        "pipeline_history": rows(
            "as_of opportunity_id amount expected_close_on",
            "2026-06-30 W1 40.00 2026-07-15",
            "2026-06-30 S1 60.00 2026-08-15",
            "2026-06-30 L1 20.00 2026-08-15",
        ),
        "plans": rows(
            "month partner_id line salesperson_id target_revenue",
            "2026-08-01 P1 Routers - 150.00",
            "2026-09-01 P1 Disks - 50.00",
            "2026-08-01 P1 Routers S1 90.00",
        ),
    }


def frozen(vendor: dict[str, pd.DataFrame], folder: Path, **asked: str) -> Snapshot:
    with open_book(vendor, quarter="2026Q3", **asked) as book:
        return freeze(book, folder, Settings(min_peers=2))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return frozen(told(), tmp_path_factory.mktemp("why"))


@pytest.fixture(scope="module")
def partner(snapshot: Snapshot) -> Slice:
    return gated(snapshot, "P1", "internal")


def cells_of(text: str) -> dict[str, list[str]]:
    """The cells of a table's rows, by what stands first."""
    return {first: cells for first, *cells in (line.split("\t") for line in text.splitlines() if "\t" in line)}


def test_attainment_is_shown_by_line_and_by_whoever_has_a_plan(partner: Slice) -> None:
    shown = why.attainment(partner)
    share, _, amounts = shown.text.partition("Plan and actual behind it")
    table = cells_of(share)
    assert list(table) == ["Revenue of", "All", "Disks", "Routers", "Ann", "no salesperson named"]
    assert table["Revenue of"] == ["2026-08 (%)", "2026-09 (%)", "2026Q3 (%)", "2026 to date (%)"]
    assert table["All"] == ["20.0", "−10.0", "32.5", "32.5"]
    assert cells_of(amounts)["Ann"][:3] == ["90", "0", "–"]
    kept = {fact.id for fact in shown.facts}
    assert {"attainment|line=Routers|2026-08|actual", "revenue|line=Routers|2026-08|plan"} <= kept


def test_the_steps_from_plan_to_actual_are_said_drawn_and_listed(partner: Slice) -> None:
    text = why.plan_bridge(partner).text
    assert "Beside its plan of USD 200 for 2026Q3 the partner sold for USD 65, which is USD 135 short of it" in text
    assert "USD 80 of that stands in Routers" in text
    said = "1 deal worth USD 60 is still open, and 1 deal worth USD 20 was lost"
    assert f"Of what was due in 2026Q3 at its start, {said}." in text
    table = cells_of(text)
    assert table["Step"] == ["All (USD)", "Disks (USD)", "Routers (USD)"]
    expected = {"Plan": "200", "Slipped out": "−60", "Due and lost": "−20", "New customers": "30"}
    whole = {step: cells[0] for step, cells in table.items() if step != "Step"}
    assert whole == expected | {"Existing customers": "−85", "Actual": "65"}
    assert [cells[1] for step, cells in table.items() if step != "Step"] == ["50", "–", "–", "–", "−55", "−5"]


def test_the_steps_from_the_year_before_add_up_on_the_page(partner: Slice) -> None:
    table = cells_of(why.year_bridge(partner).text)
    numbers = [float(cells[0].replace("−", "-")) for step, cells in table.items() if step != "Step"]
    assert (numbers[0], numbers[-1]) == (120.0, 65.0)
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1])
    assert "New customers" in table


def test_who_has_nothing_to_compare_is_told_why(snapshot: Snapshot) -> None:
    for name in ("P2", "P3"):
        firm = gated(snapshot, name, "internal")
        assert why.attainment(firm).html == ""
        assert "cannot be told: there is no plan for this partner" in why.plan_bridge(firm).text
    assert "there is no revenue a year earlier" in why.year_bridge(gated(snapshot, "P3", "internal")).text
    assert "USD 50" in why.year_bridge(gated(snapshot, "P2", "internal")).text


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
@pytest.mark.parametrize("edition", ["internal", "partner"])
def test_every_figure_is_one_fact_of_the_page(snapshot: Snapshot, cell: Callable, edition: str) -> None:
    shown = cell(gated(snapshot, "P1", edition))
    assert shown.html
    known = gated(snapshot, "P1", edition).facts
    for fact in collect(shown.facts):
        assert known[fact["id"]].value == fact["value"], fact["id"]


def test_of_many_lines_each_has_a_row(tmp_path: Path) -> None:
    vendor, many = told(), [f"X{number}" for number in range(9)]
    vendor["products"] = rows("product_id name line", *(f"{name} {name} {name}" for name in many))
    vendor["sales"] = rows(
        SALES, *(f"{year}-08-01 P1 {name} C1 - S1 5.00 0" for year in (2023, 2025, 2026) for name in many)
    )
    table = cells_of(why.year_bridge(gated(frozen(vendor, tmp_path), "P1", "internal")).text)
    assert {"Line", "All", *many} == set(table)


def test_a_running_quarter_is_held_against_its_plan_to_date(tmp_path: Path) -> None:
    firm = gated(frozen(told(), tmp_path, as_of="2026-08-31"), "P1", "internal")
    text = why.plan_bridge(firm).text
    assert "Beside its plan to date of USD 150 for 2026Q3" in text
    assert "Of what was due in 2026Q3 by now, as seen at its start, " in text
    assert "in the same part of 2025Q3" in why.year_bridge(firm).text
    assert "2026Q3 to date (%)" in why.attainment(firm).text


def test_without_customers_and_deals_the_page_says_what_is_not_told_apart(tmp_path: Path) -> None:
    vendor = {name: frame for name, frame in told().items() if name in ("partners", "products", "plans", "sales")}
    vendor["sales"] = vendor["sales"].drop(columns=["customer_id", "opportunity_id"])
    firm = gated(frozen(vendor, tmp_path), "P1", "internal")
    plan, year = why.plan_bridge(firm).text, why.year_bridge(firm).text
    assert "All other sales" in plan
    assert "Not told apart: new customers; table sales has no column customer_id." in plan
    assert "Size of a sale" in year
    assert "Not told apart: deals, so that each sale counts as one; table sales has no column opportunity_id." in year


def test_at_most_five_steps_are_shown_the_rest_together() -> None:
    steps = {"a": 1.0, "b": -2.0, "c": 3.0, "d": -4.0, "e": 5.0, "f": -6.0}
    assert largest(steps) == ({"c": 3.0, "d": -4.0, "e": 5.0, "f": -6.0}, {"a": 1.0, "b": -2.0})
    assert largest({**steps, "f": 0.0}) == ({"a": 1.0, "b": -2.0, "c": 3.0, "d": -4.0, "e": 5.0}, {})


def test_a_waterfall_goes_from_its_start_to_its_end() -> None:
    bars = [("Plan", 100.0, "plan"), ("Slipped", -130.0, "step"), ("New", 50.0, "step"), ("2026Q3", 20.0, "actual")]
    frame = pd.DataFrame(bars, columns=["label", "value", "role"])
    ax = charts.waterfall(frame, ax=charts.canvas().add_subplot(), currency="USD")
    drawn = [tuple(sorted((bar.get_x(), bar.get_x() + bar.get_width()))) for bar in ax.patches]
    assert drawn == [(0.0, 100.0), (-30.0, 100.0), (-30.0, 20.0), (0.0, 20.0)]
    inks = [to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert inks == [ink.light for ink in (LOOK.paper, LOOK.under, LOOK.over, LOOK.partner)]
    assert [text.get_text() for text in ax.texts] == ["100", "▼ 130", "▲ 50", "20"]
