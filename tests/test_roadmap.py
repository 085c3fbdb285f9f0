"""The roadmap of capability, and which lines a partner sells beside its peers."""

from __future__ import annotations

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.narrative import capability as said
from channelnb.narrative.capability import roadmap_facts
from channelnb.narrative.facts import Facts
from channelnb.planning.sides.line_mix import LINE_MIX, line_mix
from channelnb.planning.sides.roadmap import COLUMNS, ROADMAP, roadmap, sold_lines
from tables import rows, small_vendor

QUARTERS = ["2026Q4", "2027Q1", "2027Q2", "2027Q3"]


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor with tiers, training planned, and certificates that end, were renewed, or left with a person."""
    tables = small_vendor()
    tables["partners"] = tables["partners"].assign(tier=["Silver", "Registered", None])
    tables["tiers"] = rows(
        "tier metric at_least",
        "Silver certified_people 1",
        "Gold certified_people 3",
        "Gold revenue 150",
        "Silver revenue 10",
    )
    tables["salespeople"] = rows(
        "salesperson_id partner_id name role left_on",
        "S1 P1 Ann sales -",
        "S2 P1 Bob technical -",
        "S4 P1 Dan sales 2026-08-01",
        "S3 P2 Cat sales -",
    )
    tables["certifications"] = rows(
        "certification_id partner_id salesperson_id line earned_on expires_on",
        "1 P1 S1 Routers 2025-01-01 2026-11-01",
        "2 P1 S1 Routers 2026-01-01 2027-02-01",
        "3 P1 S2 Disks 2025-01-01 2026-12-15",
        "4 P1 S4 Disks 2025-01-01 2027-03-01",
        "5 P2 S3 Disks 2026-01-01 -",
        "6 P2 S3 Routers 2025-01-01 2026-09-30",
    )
    tables["activities"] = rows(
        "activity_id partner_id kind held_on status requested_on line days",
        "A1 P1 training 2026-10-05 planned 2026-09-01 Disks 2",
        "A2 P1 training 2026-11-05 planned 2026-09-01 Disks 1",
        "A3 P1 training 2026-08-05 done 2026-07-01 Disks 1",
        "A4 P1 event 2026-10-05 planned 2026-09-01 Disks 1",
        "A5 P1 training 2028-10-05 planned 2026-09-01 Disks 1",
    )
    return tables


def made_of(tables: dict[str, pd.DataFrame], *, targets: pd.DataFrame | None = None) -> pd.DataFrame:
    with open_book(tables, quarter="2026Q3") as book:
        return roadmap(book, Settings(), needed(book, targets))[ROADMAP]


def needed(book, targets: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    sold = book.query(
        "SELECT partner_id, line, 'revenue' AS metric, year(sold_on) || 'Q' || quarter(sold_on) AS period, "
        "CAST(sum(revenue) AS DOUBLE) AS value FROM sales JOIN products USING (product_id) GROUP BY ALL ORDER BY ALL"
    )
    none = pd.DataFrame(columns=["partner_id", "metric", "period", "target"])
    staff = {"partner_id": ["P1"], "metric": "certified_coverage", "period": "2026Q3", "denominator": [2.0]}
    by_partner = sold.groupby(["partner_id", "metric", "period"])["value"].sum().reset_index()
    return {
        "partners": book.table("partners"),
        "partner": pd.concat([pd.DataFrame(staff), by_partner]),
        "partner_line": sold,
        "score_metrics": none if targets is None else targets,
    }


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The roadmap of the vendor as it is."""
    return made_of(vendor())


def of_kind(frame: pd.DataFrame, kind: str, partner_id: str = "P1") -> pd.DataFrame:
    return frame[frame["kind"].eq(kind) & frame["partner_id"].eq(partner_id)].set_index("quarter")


def test_a_certificate_ends_in_the_quarter_of_its_last_holding(frame) -> None:
    ending = of_kind(frame, "expiring")
    # Ann renewed in time, so hers is the later day; Dan has left, and takes his with him.
    assert ending[["line", "people"]].to_dict("index") == {
        "2026Q4": {"line": "Disks", "people": 1.0},
        "2027Q1": {"line": "Routers", "people": 1.0},
    }
    assert ending.loc["2026Q4", "first_on"] == pd.Timestamp("2026-12-15")


def test_one_without_an_end_never_expires_and_an_old_one_is_gone(frame) -> None:
    assert of_kind(frame, "expiring", "P2").empty
    assert of_kind(frame, "certified", "P2")["people"].tolist() == [1.0] * 4


def test_people_certified_then_are_those_whose_certificate_holds_on_the_last_day(frame) -> None:
    certified = of_kind(frame, "certified")
    assert certified["people"].to_dict() == {"2026Q4": 1.0}


def test_training_planned_is_counted_in_its_quarter(frame) -> None:
    planned = of_kind(frame, "training")
    assert planned[["sessions", "days"]].to_dict("index") == {"2026Q4": {"sessions": 2.0, "days": 3.0}}
    assert planned.loc["2026Q4", "first_on"] == pd.Timestamp("2026-10-05")


def test_a_tier_and_the_next_one_ask_for_people(frame) -> None:
    wanted = frame[frame["kind"].eq("for_tier") & frame["partner_id"].eq("P1")].set_index(["tier", "quarter"])
    assert wanted.loc["Silver", "missing"].tolist() == [0.0, 1.0, 1.0, 1.0]
    assert wanted.loc["Gold", "missing"].tolist() == [2.0, 3.0, 3.0, 3.0]
    # In a tier that asks for nothing the next one is the first that does; of no tier nothing is known.
    assert set(of_kind(frame, "for_tier", "P2")["tier"]) == {"Silver"}
    assert of_kind(frame, "for_tier", "P3").empty


@pytest.mark.parametrize(("asked", "tiers"), [(2, {"Silver", "Gold"}), (2.01, {"Silver"})])
def test_a_tier_that_asks_for_more_than_twice_a_years_sales_is_left_out(asked: float, tiers: set[str]) -> None:
    tables = vendor()
    with open_book(tables, quarter="2026Q3") as book:
        year = "sold_on > DATE '2025-09-30' AND sold_on <= DATE '2026-09-30' AND partner_id = 'P1'"
        sold = float(book.query(f"SELECT CAST(sum(revenue) AS DOUBLE) AS sold FROM sales WHERE {year}")["sold"][0])
    at_least = tables["tiers"]["at_least"].mask(tables["tiers"]["metric"].eq("revenue"), str(sold * asked))
    tables["tiers"] = tables["tiers"].assign(
        at_least=at_least.mask(tables["tiers"]["tier"].eq("Silver") & tables["tiers"]["metric"].eq("revenue"), "1")
    )
    assert set(of_kind(made_of(tables), "for_tier")["tier"]) == tiers


def test_coverage_asks_for_a_share_of_those_who_sell_or_advise() -> None:
    target = pd.DataFrame({"partner_id": ["P1"], "metric": "certified_coverage", "period": "2026Q3", "target": [0.6]})
    rows_ = of_kind(made_of(vendor(), targets=target), "for_coverage")
    assert rows_["needed"].tolist() == [2.0] * 4
    assert rows_["missing"].tolist() == [1.0, 2.0, 2.0, 2.0]


def test_a_line_that_is_sold_needs_one_person_at_least(frame) -> None:
    alone = frame[frame["kind"].eq("for_line") & frame["partner_id"].eq("P1")]
    assert list(zip(alone["quarter"], alone["line"], strict=True)) == [(q, "Routers") for q in QUARTERS[1:]]


def test_the_quarter_in_which_the_book_stands_counts_while_it_runs() -> None:
    with open_book(vendor(), quarter="2026Q4", as_of="2026-11-10") as book:
        found = roadmap(book, Settings(), needed(book))[ROADMAP]
    assert found["quarter"].min() == "2026Q4"
    assert of_kind(found, "training").empty


@pytest.mark.parametrize("without", ["certifications", "activities", "tiers", "salespeople"])
def test_whatever_is_missing_the_columns_stay(frame, without: str) -> None:
    tables = vendor()
    del tables[without]
    found = made_of(tables)
    assert list(found.columns) == list(COLUMNS)
    assert found.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()


def test_the_order_of_rows_changes_nothing(frame) -> None:
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in vendor().items()}
    pd.testing.assert_frame_equal(made_of(turned), frame)


def test_sentences_follow_the_roadmap(frame) -> None:
    facts = Facts(roadmap_facts(frame[frame["partner_id"].eq("P1")]))
    assert said.expiring(facts, QUARTERS)[0].text("USD") == "Certificates end for 1 person in 2026Q4 and 1 in 2027Q1."
    assert said.training(facts, QUARTERS).text("USD") == "Planned is training: 2 sessions in 2026Q4."
    keep, reach = said.tiers(facts, QUARTERS, "Silver", ["Silver", "Gold"])
    assert keep.text("USD") == (
        "To keep Silver it takes 1 certified person: if nobody renews, 1 will be missing at the end of 2027Q1."
    )
    assert keep.tone == "red"
    assert reach.text("USD").startswith("Gold asks for 3 certified people: if nobody renews, 2 will be missing")


def test_lines_sold_are_those_with_revenue_above_zero() -> None:
    sold = rows("partner_id line period value", "P1 Backup 2026Q3 5", "P1 Disks 2026Q3 -9", "P1 (none) 2026Q3 7")
    found = sold_lines(sold.assign(metric="revenue", value=sold["value"].astype(float)), ["2026Q3"])
    assert found["line"].tolist() == ["Backup"]


def test_the_mix_of_peers_is_told_of_enough_firms_only() -> None:
    sold = pd.DataFrame(
        [(f"P{n}", line, "2026Q3", value) for n in range(7) for line, value in (("Disks", 1.0 + n), ("Routers", 3.0))],
        columns=["partner_id", "line", "period", "value"],
    ).assign(metric="revenue")
    firms = pd.DataFrame({"partner_id": [f"P{n}" for n in range(7)], "channel": "reseller"})
    with open_book(small_vendor(), quarter="2026Q3") as book:
        made = {"partner_line": sold, "partners": firms}
        open_to = line_mix(book, Settings(min_peers=5), made)[LINE_MIX]
        closed = line_mix(book, Settings(min_peers=7), made)[LINE_MIX]
    assert open_to.groupby("partner_id")["share"].sum().tolist() == pytest.approx([1.0] * 7)
    assert open_to["peer_median"].notna().all()
    # The middle of the other six of Disks, for the first: 2/5, 3/6, 4/7, 5/8, 6/9 and 7/10.
    first = open_to[open_to["partner_id"].eq("P0") & open_to["line"].eq("Disks")]
    assert first["peer_median"].item() == pytest.approx((4 / 7 + 5 / 8) / 2)
    assert closed["peer_median"].isna().all()
