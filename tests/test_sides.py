"""What each side did for the other: what waits, funds, earnings, marketing, and how a page shows both sides."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.narrative import vendors_side as told
from channelnb.narrative.facts import PEER_MEDIAN, TARGET, Fact, Facts
from channelnb.planning.sides.earned import EARNED, earned
from channelnb.planning.sides.funds import FUNDS, funds
from channelnb.planning.sides.waiting import WAITING, waiting
from channelnb.report import capability, marketing, profitability
from channelnb.report.vendors_side import SHORT, partners_side, sides, vendors_side
from channelnb.slice import Slice, gated
from tables import rows, small_vendor

QUARTER = "2026Q3"
CELLS = (
    *(sides, vendors_side, partners_side, marketing.marketing, marketing.engagement),
    *(profitability.profitability, capability.specialisation, capability.roadmap),
)
NONSENSE = re.compile(r"\bnan\b|\binf\b|∞|None|NaT|−0\b|<NA>|0 of 0", re.IGNORECASE)


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor with claims, funds, activities, incentives, costs, contacts and promises."""
    tables = small_vendor()
    tables["leads"] = tables["leads"].assign(
        first_contact_at=[None, None, None, "2026-08-06T09:00:00Z"], mql_on="2026-07-02", amount="100.00"
    )
    tables["mdf_claims"] = rows(
        "claim_id partner_id requested_on amount_requested decision decided_on amount_approved paid_on amount_paid",
        "F1 P1 2026-02-01 100.00 approved 2026-02-11 100.00 2026-03-13 100.00",
        "F2 P2 2026-02-01 100.00 approved 2026-02-21 80.00 2026-03-03 80.00",
        "F3 P1 2026-07-01 500.00 pending - - - -",
        "F4 P1 2026-07-10 60.00 approved 2026-07-20 50.00 - -",
        "F5 P1 2026-07-11 70.00 denied 2026-07-30 - - -",
        "F6 P2 2026-09-29 90.00 pending - - - -",
    )
    tables["mdf_budgets"] = rows(
        "partner_id quarter allocated expires_on",
        "P1 2026Q1 120.00 2026-06-30",
        "P1 2026Q2 300.00 2026-09-30",
        "P1 2026Q3 400.00 2026-12-31",
    )
    tables["activities"] = rows(
        "activity_id partner_id kind held_on status cost",
        "A1 P1 event 2026-08-01 done 40.00",
        "A2 P1 training 2026-08-05 done 90.00",
        "A3 P2 social 2026-08-01 done 5.00",
    )
    tables["incentives"] = rows("partner_id paid_on amount basis", "P1 2026-08-01 25.00 growth")
    tables["costs"] = rows("partner_id month kind amount", "P1 2026-08-01 support 900.00", "P2 2026-08-01 support 1.00")
    tables["commitments"] = rows(
        "commitment_id partner_id side kind text made_on due_on metric target status",
        "K1 P1 vendor action pay 2026-06-30 2026-09-30 - - open",
        "K2 P1 partner goal sell 2026-06-30 2026-09-30 revenue 200 open",
    )
    return tables


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Slice]:
    """Each partner of the vendor in both editions."""
    with open_book(vendor(), quarter=QUARTER) as book:
        snapshot = freeze(book, tmp_path_factory.mktemp("sides"), Settings(min_peers=1))
    both = [(name, edition) for name in ("P1", "P2", "P3") for edition in ("internal", "partner")]
    return {(name, edition): gated(snapshot, name, edition) for name, edition in both}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Slice:
    """A partner of a vendor that gives partners, sales and products alone."""
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "sales", "products")}
    with open_book(tables, quarter=QUARTER) as book:
        return gated(freeze(book, tmp_path_factory.mktemp("bare"), Settings()), "P1", "internal")


def in_line(tables: dict[str, pd.DataFrame], **settings: int) -> pd.DataFrame:
    with open_book(tables, quarter=QUARTER) as book:
        return waiting(book, Settings(**settings), {})[WAITING].set_index(["partner_id", "what"])


def test_what_waits_is_counted_with_its_money_and_age() -> None:
    found = in_line(vendor(), min_peers=1)
    assert found.loc[("P1", "claim"), ["count", "amount", "oldest"]].tolist() == [1, 500.0, 91.0]
    assert found.loc[("P1", "payment"), ["count", "amount", "oldest"]].tolist() == [1, 50.0, 72.0]
    assert found.loc[("P1", "lead"), "count"] == 3
    assert found.loc[("P1", "lead"), "side"] == "partner"
    assert found.loc[("P2", "claim"), "oldest"] == 1.0
    assert ("P2", "payment") not in found.index


def test_late_is_what_waits_longer_than_three_in_four_did() -> None:
    found = in_line(vendor(), min_peers=1)
    # Decided within 10 and 20 days, and within 10 and 19: of each three in four within 17.5 and 16.75.
    assert found.loc[("P1", "claim"), "usual"] == 17
    assert found.loc[("P1", "claim"), ["late", "late_amount"]].tolist() == [1, 500.0]
    assert found.loc[("P2", "claim"), "late"] == 0


def test_whoever_has_most_answers_does_not_say_what_is_usual() -> None:
    tables = vendor()
    busy = [{"claim_id": f"B{at}", "partner_id": "P1"} for at in range(60)]
    claims = pd.DataFrame(busy).assign(requested_on="2026-06-01", decided_on="2026-08-30", decision="denied")
    tables["mdf_claims"] = pd.concat([tables["mdf_claims"], claims], ignore_index=True)
    assert in_line(tables, min_peers=1).loc[("P1", "claim"), "usual"] < 60, "not the 90 days of the one"


def test_how_long_is_usual_is_told_of_enough_firms_only() -> None:
    found = in_line(vendor(), min_peers=2)
    assert found["usual"].isna().all()
    assert found["late"].sum() == 0
    owned = vendor()
    owned["partners"] = owned["partners"].assign(parent_id=[None, *["P1"] * (len(owned["partners"]) - 1)])
    assert in_line(vendor(), min_peers=1)["usual"].notna().any()
    assert in_line(owned, min_peers=1)["usual"].isna().all(), "firms of one owner count once"


def test_a_queue_whose_answers_are_not_on_record_is_no_queue() -> None:
    tables = vendor()
    tables["leads"] = tables["leads"].drop(columns="first_contact_at")
    tables["mdf_claims"] = tables["mdf_claims"].drop(columns="paid_on")
    found = in_line(tables, min_peers=1)
    assert set(found.index.get_level_values("what")) == {"claim"}


def test_each_claim_is_set_against_the_funds_that_end_first() -> None:
    with open_book(vendor(), quarter=QUARTER) as book:
        found = funds(book, Settings(), {})[FUNDS].set_index("quarter")
    # F1 takes 100 of the first quarter's; F3 waits for 500: all of the second's, and 200 of the third's; F4 gets 50.
    assert found[["granted", "pending", "left"]].to_numpy().tolist() == [[100, 0, 20], [0, 300, 0], [50, 200, 150]]


def test_funds_add_up_and_no_order_of_rows_changes_them(sample: Path) -> None:
    with open_book(sample, quarter=QUARTER) as book:
        found = funds(book, Settings(), {})[FUNDS]
        asked = book.query(
            "SELECT CAST(sum(CASE decision WHEN 'approved' THEN amount_approved WHEN 'denied' THEN 0 "
            "ELSE amount_requested END) AS DOUBLE) AS asked FROM mdf_claims"
        ).loc[0, "asked"]
    assert (found["granted"] + found["pending"] + found["left"] - found["allocated"]).abs().max() < 0.005
    assert found["left"].min() >= 0
    assert 0 < found[["granted", "pending"]].to_numpy().sum() <= asked
    tables = vendor()
    for name in ("mdf_claims", "mdf_budgets"):
        tables[name] = tables[name].iloc[::-1].reset_index(drop=True)
    with open_book(vendor(), quarter=QUARTER) as one, open_book(tables, quarter=QUARTER) as other:
        pd.testing.assert_frame_equal(funds(one, Settings(), {})[FUNDS], funds(other, Settings(), {})[FUNDS])


def test_what_a_partner_earned_is_what_was_paid(sample: Path) -> None:
    with open_book(sample, quarter=QUARTER) as book:
        found = earned(book, Settings(), {})[EARNED]
        paid = {
            "rebate": book.query("SELECT CAST(sum(rebate) AS DOUBLE) AS a FROM sales WHERE is_revenue").loc[0, "a"],
            "incentive": book.query("SELECT CAST(sum(amount) AS DOUBLE) AS a FROM incentives").loc[0, "a"],
            "mdf": book.query("SELECT CAST(sum(amount_paid) AS DOUBLE) AS a FROM mdf_claims").loc[0, "a"],
        }
    assert found.groupby("kind")["amount"].sum().to_dict() == pytest.approx(paid)
    assert not found.duplicated(["partner_id", "period", "kind"]).any()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
@pytest.mark.parametrize("edition", ["internal", "partner"])
def test_each_cell_says_something_sensible(slices, cell, edition) -> None:
    for partner_id in ("P1", "P2", "P3"):
        shown = cell(slices[partner_id, edition])
        assert not NONSENSE.search(shown.text), shown.text
        kept = {fact.id for fact in shown.facts}
        assert {name for _, name in re.findall(r'<data value="([^"]*)" data-fact="([^"]*)">', shown.html)} <= kept


def test_what_the_vendor_is_late_with_comes_first_in_both_editions(slices) -> None:
    for edition in ("internal", "partner"):
        text = vendors_side(slices["P1", edition]).text
        assert text.startswith("Undecided for longer than three in four (17 days) is 1 claim worth USD 500")
        assert "Payment is late for 1 claim worth USD 50: the oldest has waited 72 days" in text
        assert "The vendor had 1 promise due in 2026Q3: 1 missed." in text


def test_the_partner_is_shown_in_the_same_layout(slices) -> None:
    vendors, partners = (cell(slices["P1", "internal"]).text for cell in (vendors_side, partners_side))
    heads = [
        next(line for line in text.splitlines() if line.startswith("Measure\t")).split("\t")[:4]
        for text in (vendors, partners)
    ]
    assert heads[0] == heads[1] == ["Measure", "2026Q3", "2026Q2", "2025Q3"]
    assert "The partner had 1 promise due in 2026Q3: 1 met." in partners


def test_the_first_pages_tell_of_each_side_in_a_few_sentences(slices) -> None:
    lines = sides(slices["P1", "internal"]).text.splitlines()
    assert 2 < len(lines) <= 2 * SHORT
    assert lines[0].startswith("Undecided for longer")
    assert not any("\t" in line for line in lines)


def test_late_sentences_are_red_and_weighed_by_the_plan() -> None:
    what = (("what", "claim"),)
    facts = Facts(
        [
            Fact("waiting_late", QUARTER, 2.0, "count", what),
            Fact("waiting_late_money", QUARTER, 30.0, "money", what),
            Fact("waiting_oldest", QUARTER, 90.0, "days", what),
            Fact("waiting_usual", QUARTER, 20.0, "days", what),
            Fact("revenue", QUARTER, 120.0, "money", role="plan"),
        ]
    )
    (said,) = told.late(facts, QUARTER, "vendor")
    assert (said.tone, said.importance) == ("red", 0.25)
    assert told.late(facts, QUARTER, "partner") == []


@pytest.mark.parametrize(
    ("own", "role", "wanted", "side"),
    [(30.0, TARGET, 20.0, "worse"), (20.0, TARGET, 20.0, "level"), (10.0, PEER_MEDIAN, 20.0, "better")],
)
def test_less_is_better_where_the_metric_says_so(own: float, role: str, wanted: float, side: str) -> None:
    days = Fact("mdf_days_to_pay", QUARTER, own, "days")
    assert told.side_of(days, Fact("mdf_days_to_pay", QUARTER, wanted, "days", role=role)) == side


def test_a_figure_of_too_few_cases_is_on_no_side() -> None:
    few = Fact("mdf_days_to_pay", QUARTER, 30.0, "days", n=2, state="too_few")
    assert told.side_of(few, Fact("mdf_days_to_pay", QUARTER, 20.0, "days", role=PEER_MEDIAN)) == ""


def test_the_target_of_the_scorecard_comes_before_the_median() -> None:
    target = Fact("lead_response_time", QUARTER, 48.0, "hours", (("category", "activity"),), TARGET)
    median = Fact("lead_response_time", QUARTER, 20.0, "hours", role=PEER_MEDIAN)
    assert told.reference(Facts([median, target]), "lead_response_time", QUARTER) == target
    assert told.reference(Facts([median]), "lead_response_time", QUARTER) == median


def test_a_median_is_worded_only_where_the_difference_is_more_than_chance() -> None:
    own = Fact("mdf_days_to_pay", QUARTER, 30.0, "days")
    facts = Facts([own, Fact("mdf_days_to_pay", QUARTER, 20.0, "days", role=PEER_MEDIAN)])
    assert told.short_of(facts, QUARTER, ["mdf_days_to_pay"], []) == []
    (said,) = told.short_of(facts, QUARTER, ["mdf_days_to_pay"], ["mdf_days_to_pay"])
    assert said.text("USD").startswith("Notably worse than with the partner's peers (median 20 days)")


def test_only_the_vendor_reads_what_the_partner_costs(slices) -> None:
    mine, theirs = (profitability.profitability(slices["P1", edition]).text for edition in ("internal", "partner"))
    assert "Cost to serve" in mine
    assert "Gross margin" in mine
    assert "Cost to serve" not in theirs
    assert "Gross margin" not in theirs
    assert "Incentives" in theirs


def test_return_on_marketing_is_for_the_vendor_alone(slices) -> None:
    text = marketing.marketing(slices["P1", "partner"]).text
    assert "Return on marketing" not in text
    assert "Cost per lead" not in text


def test_funds_left_and_lapsed_are_told_with_their_day(slices) -> None:
    text = marketing.marketing(slices["P1", "internal"]).text
    assert "Still to be claimed are funds of USD 150, until 2026-12-31." in text
    assert "Of claims on development funds 1 was granted in 2026Q3, and 1 denied." in text


def test_bare_data_get_one_sentence_that_says_what_would_tell(bare: Slice) -> None:
    assert vendors_side(bare).text == (
        "What each side did for the other is not in the vendor's data: leads, activities, claims and commitments "
        "would tell of it."
    )
    assert sides(bare).text == vendors_side(bare).text
    assert partners_side(bare).html == ""
    assert marketing.marketing(bare).text.startswith("The vendor's data hold no ")
    assert marketing.engagement(bare).html == ""
    assert capability.roadmap(bare).html == ""
    assert "cannot be said: the vendor's data hold no certifications." in capability.specialisation(bare).text
    for cell in CELLS:
        assert len(cell(bare).text.splitlines()) < 8 or cell in (capability.specialisation, profitability.profitability)
        assert not NONSENSE.search(cell(bare).text)
