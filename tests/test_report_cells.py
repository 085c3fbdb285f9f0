"""Each cell of the profile and the review, for ordinary partners and for odd ones."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.narrative.facts import Fact
from channelnb.report import profile, qbr, split
from channelnb.report.shown import Shown
from channelnb.slice import Slice, gated
from tables import rows, small_vendor

QUARTER = "2026Q3"
PROFILE = (
    profile.summary,
    profile.findings,
    profile.revenue,
    profile.leaving,
    profile.peers,
    profile.lines,
    profile.share_of_sales,
    profile.people,
    profile.mindshare,
    profile.knowledge,
    profile.scorecard,
    profile.unknowns,
)
QBR = (
    *(qbr.summary, qbr.findings, qbr.promises, qbr.plan_and_pipeline, qbr.revenue, qbr.coverage),
    *(qbr.lines, qbr.pipeline, qbr.activity, qbr.notes),
)
NONSENSE = re.compile(r"(?i:\bnan\b|\binf\b|∞)|None|NaT|−0\b|<NA>")
FIGURE = re.compile(r'<data value="([^"]*)" data-fact="([^"]*)">')


def odd_vendor() -> dict[str, pd.DataFrame]:
    """The small vendor with partners of one return, of one sale today, and with markup for a name."""
    tables = small_vendor()
    more = rows(
        "partner_id name channel region employees joined_on",
        "RET Returns reseller north 3 2024-01-01",
        "NEW Fresh reseller north 0 2026-09-29",
        "TAG <script>alert(1)</script> reseller north 3 2024-01-01",
    )
    sold = rows(
        "sale_id sold_on partner_id product_id customer_id salesperson_id revenue cost",
        "r1 2026-09-01 RET R1 C1 - -75.00 -",
        "n1 2026-09-30 NEW R1 C9 - 5.00 0.00",
        "t1 2026-09-30 TAG ZZ C9 - 5.00 0.00",
    )
    tables["partners"] = pd.concat([tables["partners"], more], ignore_index=True)
    tables["sales"] = pd.concat([tables["sales"], sold], ignore_index=True)
    tables["notes"] = rows("partner_id quarter text edition", f"TAG {QUARTER} <img/src=x/onerror=alert(1)> internal")
    tables["commitments"] = rows(
        "commitment_id partner_id side kind text made_on due_on metric target status",
        "K1 P1 vendor action pay 2026-06-30 2026-09-30 - - done",
        "K2 P1 partner goal sell 2026-06-30 2026-09-30 revenue 200 open",
    )
    return tables


@pytest.fixture(scope="module")
def slices(tmp_path_factory) -> dict[str, Slice]:
    with open_book(odd_vendor(), quarter=QUARTER) as book:
        snapshot = freeze(book, tmp_path_factory.mktemp("odd"), Settings(min_peers=2))
    return {name: gated(snapshot, name, "internal") for name in ("P1", "P2", "P3", "RET", "NEW", "TAG")}


@pytest.mark.parametrize("partner_id", ["P1", "P2", "P3", "RET", "NEW", "TAG"])
@pytest.mark.parametrize(
    "cell", [*PROFILE, *QBR], ids=lambda cell: f"{cell.__module__.rpartition('.')[2]}.{cell.__name__}"
)
def test_each_cell_says_something_sensible(slices, partner_id, cell):
    shown = cell(slices[partner_id])
    assert isinstance(shown, Shown)
    # What the summary says already is not found again below it.
    assert shown.text.strip() or cell is qbr.findings
    assert not NONSENSE.search(shown.text), shown.text
    assert "<script" not in shown.html
    assert "<img/" not in shown.html


@pytest.mark.parametrize("partner_id", ["P1", "P2", "RET"])
@pytest.mark.parametrize("cells", [PROFILE, QBR], ids=["profile", "qbr"])
def test_every_figure_shown_is_a_fact_kept(slices, partner_id, cells):
    for cell in cells:
        shown = cell(slices[partner_id])
        kept = {fact.id: fact for fact in shown.facts}
        for value, name in FIGURE.findall(shown.html):
            assert name in kept, (cell.__name__, name)
            exact = kept[name].value
            assert value == ("" if exact is None else repr(exact))


def test_the_profile_states_revenue_of_every_quarter(slices):
    facts = {fact.id: fact for cell in PROFILE for fact in cell(slices["P1"]).facts}
    stated = {
        fact.period: fact.value
        for fact in facts.values()
        if (fact.metric, fact.grain, fact.role) == ("revenue", (), "actual")
    }
    # 2024Q3 to 2026Q3, with all that the partner sold up to the quarter's end.
    assert len(stated) == 9
    assert sum(stated.values()) == pytest.approx(490)


def test_a_partner_that_never_bought_is_told_so(slices):
    assert "No sale is recorded for Cyd, in any quarter up to 2026Q3." in profile.summary(slices["P3"]).text
    assert "No sale is recorded for Cyd" in qbr.summary(slices["P3"]).text


def test_a_partner_without_a_plan_is_told_so(slices):
    assert "Attainment: no plan for this partner" in profile.summary(slices["P2"]).text
    assert "Attainment: no plan for this partner" in qbr.summary(slices["P2"]).text
    assert "There is no plan for this partner" in qbr.plan_and_pipeline(slices["P2"]).text


def test_the_central_table_reads_from_left_to_right(slices):
    lines = qbr.plan_and_pipeline(slices["P1"]).text.splitlines()
    header, body = lines[0].split("\t"), {line.split("\t")[0]: line.split("\t")[1:] for line in lines[1:]}
    assert header[-3:] == ["2026Q3", "2026 to date", "2026Q4"]
    assert body["Plan"][-3:] == ["250", "250", "200"]
    assert body["Actual"][-3:] == ["240", "240", ""]
    assert body["Attainment"][-3:] == ["96 %", "96 %", ""]
    assert body["Pipeline due"][-3:] == ["", "", "710"]
    assert body["Pipeline index"][-3:] == ["", "", "3.6×"]
    assert body["Target"][-3:] == ["", "", "4×"]
    assert body["Against plan or target"][-3:] == ["▼ 4 % behind", "▼ 4 % behind", "▼ under target"]


def test_promises_show_their_result(slices):
    text = qbr.promises(slices["P1"]).text
    assert "The vendor had 1 promise due in 2026Q3: 1 missed." in text
    assert "The partner had 1 promise due in 2026Q3: 1 met." in text
    assert "USD 240" in text


def test_what_cannot_be_measured_is_listed_with_its_reason(tmp_path):
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "sales", "products")}
    with open_book(tables, quarter=QUARTER) as book:
        made = gated(freeze(book, tmp_path, Settings()), "P1", "internal")
    text = profile.unknowns(made).text
    assert "Win rate\tthe source has no table opportunities" in text
    assert "Attainment\tthe source has no table plans" in text
    assert "Revenue\t" not in text


def test_the_pipeline_sentences_follow_the_deals(slices):
    text = qbr.findings(slices["P1"]).text
    assert "(2026Q4) is in the healthy range of its pipeline or over it; for 2026Q4, USD 90 more" in text
    text = qbr.pipeline(slices["P1"]).text
    assert "The three largest of 4 open deals make up 92.5 % of the open pipeline; 1 of the 4 is past its date" in text
    assert "worth USD 90." in text


def test_the_summary_opens_with_the_state(slices):
    opening = qbr.summary(slices["P1"]).text.splitlines()[0]
    ended = "Ada ended 2026Q3 at 96 % of plan, and its pipeline for 2026Q4 is in the healthy range at 3.6×"
    assert opening == f"{ended}, under the target of 4×."


def test_the_largest_line_and_seller_come_first(slices):
    # Below what the picture shows in words for those who cannot see it.
    assert profile.lines(slices["P1"]).text.splitlines()[1] == "Routers sold most in 2026Q3: USD 300."
    assert profile.people(slices["P1"]).text.splitlines()[1].startswith("Ann sold most in 2026Q3: USD 140.")
    table = profile.lines(slices["P1"]).text.splitlines()
    assert [line.split("\t")[0] for line in table if "\t" in line][1:] == ["Routers", "Disks"]


@pytest.mark.parametrize(("unnamed", "more"), [(50.0, ""), (90.0, "; more, USD 90, names no salesperson")])
def test_more_that_names_nobody_is_said_beside_who_sold_most(unnamed, more):
    def group(name: str, value: float) -> split.Group:
        fact = Fact("revenue", QUARTER, value, "money")
        return split.Group(name, fact, fact, fact)

    found = [group("Ann", 60.0), group("no salesperson named", unnamed)]
    assert split.most(found, split.BY_PERSON, QUARTER).text("USD") == f"Ann sold most in 2026Q3: USD 60{more}."


def test_deals_without_a_date_are_said_to_have_none(tmp_path):
    tables = small_vendor()
    tables["opportunities"] = tables["opportunities"].drop(columns="expected_close_on")
    with open_book(tables, quarter=QUARTER) as book:
        made = gated(freeze(book, tmp_path, Settings()), "P1", "internal")
    assert "make up 92.5 % of the open pipeline; no deal says when it is due." in qbr.pipeline(made).text
    assert "<img" not in qbr.pipeline(made).html
