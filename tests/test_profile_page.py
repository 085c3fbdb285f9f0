"""The parts of the profile that show the whole catalogue, and what is watched, known and sold besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page

from browsing import needs_chromium
from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.metrics.worked import made_up
from channelnb.numbers import range_text, value_text
from channelnb.report import measures, place, profile
from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.shown import Shown
from channelnb.report.words import names_of
from channelnb.slice import EDITIONS, Slice, gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

QUARTER = "2026Q3"
FIGURE = re.compile(r'<data value="([^"]*)" data-fact="([^"]*)">')
CELLS = (
    *(profile.peers, profile.scorecard, profile.leaving, profile.knowledge),
    *(profile.mindshare, profile.share_of_sales),
)


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor, with what is asked of partners, events held and people assessed."""
    more = {
        "wallet": rows(
            "partner_id line year total_revenue",
            *("P1 Routers 2024 200", "P1 Routers 2025 250", "P1 Disks 2025 125", "P2 Disks 2025 60"),
        ),
        "deals_worked": rows("partner_id quarter deals salesperson_id", "P1 2026Q2 10 S1"),
        "activities": rows(
            "activity_id partner_id kind held_on status customer_attendees requested_on requested_by",
            "A1 P1 event 2026-07-10 done 12 - -",
            "A2 P1 webinar 2026-08-10 done 30 - -",
            "A3 P1 exec_call 2026-08-20 done - 2026-08-01 partner",
        ),
        "attendance": rows("activity_id salesperson_id", "A1 S1", "A2 S1", "A2 S2", "A3 S2"),
        "assessments": rows(
            "salesperson_id area score assessed_on",
            *(f"S{n} product {score} 2026-08-01" for n, score in ((1, 90), (2, 40), (3, 60))),
            *(f"S{n} market {score} 2026-08-01" for n, score in ((1, 60), (2, 61), (3, 62))),
        ),
    }
    return small_vendor() | more


def frozen(tables: dict[str, pd.DataFrame], folder: Path) -> Snapshot:
    with open_book(tables, quarter=QUARTER) as book:
        return freeze(book, folder, Settings(min_peers=1, goal_lines=("Routers", "Disks")))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return frozen(vendor(), tmp_path_factory.mktemp("frozen"))


@pytest.fixture(scope="module")
def ada(snapshot: Snapshot) -> Slice:
    return gated(snapshot, "P1", "internal")


def changed(partner: Slice, **frames: pd.DataFrame) -> Slice:
    return replace(partner, frames=partner.frames | frames)


def peered(partner: Slice, figures: dict[str, tuple[float, float, float]], *notable: str) -> Slice:
    """The partner with these quartiles of its peers, by metric, and nothing else to compare it with."""
    row = partner.frames["peers"].iloc[:1].assign(state="ok", others=7, peer_group="reseller", ahead_of=0.5)
    found = []
    for name, (low, median, high) in figures.items():
        told = {"q25": low, "median": median, "q75": high, "mean": median, "top_quarter": high}
        found.append(row.assign(metric=name, notable=name in notable, **told))
    return changed(partner, peers=pd.concat(found, ignore_index=True))


def scored_by(*metrics: str, period: str = QUARTER) -> pd.DataFrame:
    """A scorecard of these metrics, as it stands in the slice."""
    row = {"partner_id": "P1", "period": period, "category": "performance", "target": 1.0, "weight": 1.0, "score": 50.0}
    row |= {"value": 0.5}
    columns = [*row, "metric", "share", "state", "category_weight"]
    told = [row | {"metric": name, "share": 1.0, "state": "ok", "category_weight": 1.0} for name in metrics]
    return pd.DataFrame(told, columns=columns)


@pytest.mark.parametrize("edition", ["internal", "partner"])
def test_every_figure_of_the_page_is_a_fact(snapshot: Snapshot, edition: str) -> None:
    partner = gated(snapshot, "P1", edition)
    for cell in CELLS:
        shown = cell(partner)
        kept = {fact.id: fact for fact in shown.facts}
        for value, name in FIGURE.findall(shown.html):
            assert name in kept, (cell.__name__, name)
            assert value == ("" if kept[name].value is None else repr(kept[name].value))


# Measures, by category


def blocks(shown: Shown) -> dict[str, str]:
    """The text of each category's block by its title."""
    parts = re.findall(r"<details class=\"printed\">(.*?)</details>", shown.html, re.DOTALL)
    return {re.search(r"<strong>(.*?)</strong>", part)[1]: part for part in parts}


def test_each_measure_stands_once_in_the_block_of_its_category(ada: Slice) -> None:
    found = blocks(measures.measures(ada))
    titles = [title.replace("'", "&#x27;") for title in measures.CATEGORIES.values()]
    assert list(found) == titles
    for metric in measures.telling(ada):
        inside = found[measures.CATEGORIES[metric.category].replace("'", "&#x27;")]
        label = metric.label.replace("'", "&#x27;")
        rows_of = re.findall(rf"<th[^>]*>{re.escape(label)}(?: \([^)]*\))?</th>", inside)
        none = re.search(r"Without a figure in 2026Q3: (.*)</p>", inside)
        named = none is not None and label[1:] in none[1]
        assert len(rows_of) + named >= 1, metric.name
        assert len(rows_of) <= 1, metric.name


def test_the_line_of_a_category_counts_figures_and_what_stands_out(ada: Slice) -> None:
    # With revenue of 240 it is above its peers, with attainment of 96 % below.
    other = {"growth_yoy": (0.1, 0.1, 0.1)}
    partner = peered(
        ada, {"revenue": (10.0, 20.0, 30.0), "attainment": (1.0, 1.5, 2.0)} | other, "revenue", "attainment"
    )
    text = measures.measures(partner).text
    line = next(line for line in text.splitlines() if line.startswith("Performance"))
    assert line.endswith("▲ 1 notably better than peers · ▼ 1 notably worse than peers")
    told, of = map(int, re.match(r"Performance · (\d+) of (\d+) measures with a figure", line).groups())
    assert 0 < told < of
    assert re.search(r"\nRevenue ▲ better than peers\t", text)
    assert re.search(r"\nAttainment ▼ worse than peers\t", text)
    assert not re.search(r"\nGrowth on the year [▲▼]", text)


def test_less_is_better_where_it_is(ada: Slice) -> None:
    partner = peered(ada, {"customer_churn": (0.9, 0.95, 1.0), "dropped_leads": (0.0, 0.0, 0.0)}, "customer_churn")
    assert "Customer churn ▲ better than peers\t" in measures.measures(partner).text


def test_a_measure_shows_range_cases_year_before_and_peers(ada: Slice) -> None:
    partner = peered(ada, {"win_rate": (0.2, 0.3, 0.4)})
    row = next(line for line in measures.measures(partner).text.splitlines() if line.startswith("Win rate\t"))
    # Two of three deals: too few, so the number of cases stands beside the figure.
    assert row.split("\t")[1] == "66.7 % (of 3)"
    assert row.split("\t")[2] == "20.8 to 93.9 %"
    assert row.split("\t")[4:] == ["30 %", "40 %"]


def test_a_rate_of_few_cases_shows_what_it_is_with_its_peers(ada: Slice) -> None:
    partner = peered(ada, {"win_rate": (0.2, 0.3, 0.4)})
    shrunk = partner.frames["peers"].assign(shrunk=0.41, shrunk_low=0.2, shrunk_high=0.6)
    text = measures.measures(changed(partner, peers=shrunk)).text
    assert "\t66.7 % (of 3), 41 % with peers\t" in text
    assert "with peers\t" not in measures.measures(partner).text


def test_what_speaks_of_many_partners_is_not_told_of_one(ada: Slice) -> None:
    assert {"partner_retention", "partners_for_80"} <= set(ada.frames["partner"]["metric"])
    text = measures.measures(ada).text.casefold()
    assert "partner retention" not in text
    assert "partners for 80" not in text


def test_the_partners_edition_shows_peers_money_in_bands_only(tmp_path: Path) -> None:
    ids = [f"P{i}" for i in range(12)]
    tables = {
        "partners": pd.DataFrame({"partner_id": ids, "name": ids, "channel": "reseller"}),
        "sales": pd.DataFrame(
            {"partner_id": ids, "sold_on": "2026-08-01", "revenue": [str(100 + 10 * i) for i in range(12)], "cost": "9"}
        ),
    }
    snapshot = frozen(tables, tmp_path)
    told = {e: measures.measures(gated(snapshot, "P0", e)) for e in ("internal", "partner")}
    row = {e: re.search(r"\nRevenue\t(.*)", shown.text)[1] for e, shown in told.items()}
    assert row["internal"].split("\t")[-2:] == ["USD 160", "USD 185"]
    assert row["partner"].split("\t")[-2:] == ["USD 100 to 200", "USD 100 to 200"]
    assert "Gross margin\t" in told["internal"].text
    assert "Gross margin" not in told["partner"].text


# The place among peers


def test_the_picture_draws_scorecard_then_notable_then_furthest(ada: Slice) -> None:
    near, far = (9.0, 10.0, 11.0), (0.0, 0.001, 0.002)
    better = [metric.name for metric in measures.telling(ada) if metric.better != "neither"]
    partner = peered(ada, dict.fromkeys(better, near) | {"revenue": far}, "open_pipeline")
    cards = pd.concat([scored_by("attainment"), scored_by("gross_margin", period="2026Q2")])
    partner = changed(partner, score_metrics=cards)
    rows_ = place.compared(partner)
    drawn = [row.metric.name for row in place.to_draw(partner, rows_)]
    assert drawn[:3] == ["attainment", "open_pipeline", "revenue"]
    assert len(drawn) == place.MOST_DRAWN


def test_the_caption_says_how_many_are_drawn_and_the_table_holds_all(ada: Slice) -> None:
    better = [m.name for m in measures.telling(ada) if m.better != "neither"]
    partner = peered(ada, dict.fromkeys(better, (1.0, 2.0, 3.0)))
    rows_ = place.compared(partner)
    said = f"12 of {len(rows_)} measures are drawn: those furthest from the peers' median."
    shown = place.peers(partner)
    assert said in shown.text
    assert all(f"\n{row.metric.label}\t" in shown.text for row in rows_)
    few = peered(ada, {"revenue": (1.0, 2.0, 3.0)})
    assert "are drawn" not in place.peers(few).text


def test_what_all_are_level_in_is_named_below_the_table(ada: Slice) -> None:
    shown = place.peers(peered(ada, {"webinars_held": (1.0, 1.0, 1.0), "revenue": (1.0, 2.0, 3.0)}))
    assert ada.facts.of("webinars_held", QUARTER).value == 1
    assert "\nWebinars held\t" not in shown.text
    assert shown.text.count("\nLevel with the whole middle half of its peers: webinars held.") == 1
    assert "webinars_held||2026Q3|actual" in {fact.id for fact in shown.facts}


def test_the_highest_and_lowest_are_told_of_the_scorecard(ada: Slice) -> None:
    names = ("revenue", "attainment", "growth_yoy", "webinars_held")
    partner = peered(ada, dict.fromkeys(names, (0.3, 0.5, 0.7)) | {"attainment": (1.0, 1.5, 2.0)})
    peers = partner.frames["peers"].assign(ahead_of=[0.6, 0.2, 0.3, 1.0])
    scored = scored_by("revenue", "attainment")
    high, low = place.against_peers(changed(partner, peers=peers, score_metrics=scored))
    assert high.text("USD").startswith(
        "Against its peers it stands highest, of the measures of its scorecard, in revenue:"
    )
    assert low.text("USD").startswith("It stands lowest in attainment:")
    unscored = changed(partner, peers=peers, score_metrics=scored.head(0))
    assert "highest in webinars held:" in place.against_peers(unscored)[0].text("USD")


# Signs of leaving


def watched(partner: Slice, **row: object) -> str:
    figures = {
        "falling_share": False,
        "fewer_good_leads": False,
        "no_contact": False,
        "on": 0,
        "told": 3,
        "of": 3,
        "share_measure": "share_of_partner_sales",
        "share_change": 0.02,
        "leads_measure": "lead_score",
        "leads_now": 300.0,
        "leads_before": 310.0,
        "days_since_contact": 20.0,
    }
    return profile.leaving(changed(partner, watch=pd.DataFrame([figures | {"partner_id": "P1"} | row]))).text


def test_no_sign_is_one_quiet_line(ada: Slice) -> None:
    assert watched(ada) == (
        "No sign that it may leave is on, of 3 that can be told "
        "(a falling share, fewer good leads and a long time without contact)."
    )
    less = watched(ada, no_contact=pd.NA, told=2)
    assert less.endswith("(a falling share and fewer good leads); of a long time without contact the data do not tell.")
    nothing = watched(ada, falling_share=None, fewer_good_leads=None, no_contact=None, told=0, share_measure=None)
    assert nothing == "Whether it may leave cannot be said: the data tell of no sign that is watched."


def test_a_sign_that_is_on_is_told_with_its_figures(ada: Slice) -> None:
    leads = {"fewer_good_leads": True, "leads_now": 100.0}
    lines = watched(ada, falling_share=True, share_change=-0.1234, **leads, on=2).splitlines()
    assert lines[0] == "2 of 3 signs that it may leave are on: a falling share and fewer good leads."
    assert lines[1].endswith("12.3 points less than a year before.")
    assert lines[2].startswith("The leads that it was given came to 100 points (their number times their score)")
    assert lines[2].endswith(", after 310 points a year before.")
    assert lines[3:] == ["Not on: a long time without contact."]


def test_signs_are_told_by_what_the_data_hold(ada: Slice) -> None:
    by_growth = watched(ada, falling_share=True, share_measure="growth_yoy", share_change=-0.2, on=1)
    # P1 sold 240 after 200.
    assert "Its revenue was 20 % lower than a year before." in by_growth
    accepted = watched(
        ada, fewer_good_leads=True, leads_measure="lead_acceptance", leads_now=1.0, leads_before=9.0, on=1
    )
    assert "It accepted 1 of the leads that it was given, after 9 a year before." in accepted


def test_the_partner_never_reads_of_signs_of_leaving(snapshot: Snapshot, ada: Slice) -> None:
    own = gated(snapshot, "P1", "partner")
    assert profile.leaving(own).html == ""
    assert not [name for name in own.facts if name.startswith(("signs_of_leaving", "good_leads"))]
    assert [name for name in ada.facts if name.startswith("signs_of_leaving")]
    gone = changed(ada, watch=ada.frames["watch"].head(0))
    assert profile.leaving(gone).text == "Ada has left, so it is not watched for signs of leaving."


# What its people know


def test_people_are_shown_with_strengths_and_next_steps(ada: Slice) -> None:
    shown = profile.knowledge(ada)
    lines = shown.text.splitlines()
    assert lines[0] == "Person\tStrong in\tWeak in\tTo learn next"
    facts = {fact.id: fact.value for fact in shown.facts}
    assert facts["knowledge|area=product,salesperson_id=S2|2026Q3|actual"] == 40
    assert facts["knowledge|area=product|2026Q3|average"] == 63, "190 ÷ 3, in whole points"
    assert "salesperson_id=S3" not in "".join(facts)


def test_many_people_are_folded(ada: Slice) -> None:
    one = {"strengths": "the product (90)\npresenting (80)", "weaknesses": "<b> (1)", "next_steps": ""}
    people = pd.DataFrame([{"salesperson_id": f"X{n}"} | one for n in range(6)])
    folded = profile.knowledge(changed(ada, knowledge=people))
    assert folded.html.startswith("<details><summary><data ")
    assert folded.text.startswith("6 people were assessed")
    few = profile.knowledge(changed(ada, knowledge=people.head(5)))
    assert "<details" not in few.html
    assert "\nX0\tthe product (90); presenting (80)\t<b> (1)\t–" in few.text
    assert "<b>" not in few.html


def test_without_consent_the_partner_reads_nothing_of_its_people(snapshot: Snapshot) -> None:
    own = gated(snapshot, "P1", "partner")
    assert profile.knowledge(own).text == "Nothing is on record of what its people know."
    assert not [name for name in own.facts if name.startswith("knowledge|area")]


def test_who_does_not_agree_to_be_named_is_a_colleague(tmp_path: Path) -> None:
    tables = small_vendor()
    tables["salespeople"] = tables["salespeople"].assign(consent=[False, True, None])
    with open_book(tables, quarter="2026Q3") as book:
        snapshot = freeze(book, tmp_path, Settings(min_peers=1))
    named = {edition: set(gated(snapshot, "P1", edition).frames["people"]["name"].dropna()) for edition in EDITIONS}
    assert named == {"internal": {"Ann", "Bob"}, "partner": {"Bob"}}
    own = gated(snapshot, "P1", "partner")
    called = {"S1": "a colleague not named here", "S2": "Bob"}
    assert names_of(own.frames["people"], edition="partner") == called
    told = profile.people(own).text
    assert "a colleague not named here" in told
    assert "S1" not in told
    assert told.endswith("did not agree to be named, or has no name on record.")


def test_several_who_are_not_named_are_told_apart() -> None:
    people = pd.DataFrame({"salesperson_id": ["S2", "S1"], "name": [None, None]})
    assert names_of(people, edition="partner") == {
        "S1": "colleague 1 (not named here)",
        "S2": "colleague 2 (not named here)",
    }


# Mindshare


def test_mindshare_is_told_of_the_firm_and_each_salesperson(ada: Slice) -> None:
    table = [line.split("\t") for line in profile.mindshare(ada).text.splitlines() if "\t" in line]
    assert table[0] == ["Who", "Customers at events", "Executive requests", "Share of deals worked"]
    # 42 came in all, 12 of them to the event at which Ann was alone; the webinar was nobody's alone.
    assert table[1][:3] == ["Ada", "42", "1"]
    assert [row[:3] for row in table[2:]] == [["Ann", "12", "0"], ["Bob", "0", "1"]]


def test_salespeople_of_whom_there_is_nothing_to_tell_are_left_out(ada: Slice) -> None:
    rows_ = ada.frames["partner_person"]
    idle = rows_[rows_["salesperson_id"].eq("S1") & rows_["metric"].eq("executive_requests")].assign(
        salesperson_id="S9"
    )
    partner = changed(ada, partner_person=pd.concat([rows_, idle], ignore_index=True))
    assert partner.facts.of("executive_requests", QUARTER, salesperson_id="S9").value == 0
    assert "S9" not in profile.mindshare(partner).text
    busy = changed(ada, partner_person=pd.concat([rows_, idle.assign(value=2.0)], ignore_index=True))
    assert "\nS9\t–\t2\t–" in profile.mindshare(busy).text


def test_without_such_data_mindshare_is_one_line(tmp_path: Path) -> None:
    made = gated(frozen(small_vendor(), tmp_path), "P1", "internal")
    assert profile.mindshare(made).text.startswith("How much of its attention the vendor has in 2026Q3 cannot be said")


# The share of its sales


def test_the_share_of_each_line_stands_beside_its_goal(ada: Slice) -> None:
    shown = profile.share_of_sales(ada)
    table = {line.split("\t")[0]: line.split("\t")[1:] for line in shown.text.splitlines() if "\t" in line}
    # Of 250 and 125 told for 2025, 100 each were the vendor's: 40 % and 80 %, of a goal of half.
    assert table["Routers"][:4] == ["40.0", "50.0", "10.0", "25.00"]
    assert table["Disks"][:4] == ["80.0", "50.0", "reached", "none"]
    facts = {fact.id: fact.value for fact in shown.facts}
    assert facts["share_of_partner_sales|line=Routers|2026Q3|gap"] == pytest.approx(10)
    assert facts["missing_revenue|line=Disks|2026Q3|actual"] == pytest.approx(-37.5)


def test_a_share_that_cannot_be_is_not_compared(ada: Slice) -> None:
    gaps = ada.frames["share_gap"].assign(trend_points=[-90.0, -5.0])
    gaps.loc[0, "share"] = 0.4
    facts = changed(ada, share_gap=gaps).facts
    told = {name for name in facts if name.endswith("|change")}
    lines = list(gaps["line"])
    assert f"share_of_partner_sales|line={lines[0]}|{QUARTER}|change" not in told
    assert f"share_of_partner_sales|line={lines[1]}|{QUARTER}|change" in told


def test_without_a_goal_the_share_is_one_line(ada: Slice) -> None:
    none = changed(ada, share_gap=ada.frames["share_gap"].head(0))
    assert profile.share_of_sales(none).text.startswith("No line has both a goal for the vendor's share and")


# Units


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12.46, "points", "12.5 points"),
        (-1.0, "points", "−1 point"),
        (53.4, "hours", "53 hours"),
        (3.46, "hours", "3.5 hours"),
        (9.0, "days", "9 days"),
        (1.0, "days", "1 day"),
        (67_012.0, "money_per_day", "USD 67 k a day"),
        (16_771.0, "money_per_head", "USD 16.8 k"),
        (70.2222, "score", "70.2"),
        (22.803, "share", "2,280 %"),
    ],
)
def test_every_unit_is_written_as_people_read_it(value: float, unit: str, text: str) -> None:
    assert value_text(value, unit, "USD") == text


@pytest.mark.parametrize(
    ("ends", "unit", "text"),
    [
        ((1.0, 2.0), "days", "1 to 2 days"),
        ((-100.0, 0.0), "points", "−100 to 0 points"),
        ((150.0, 1270.0), "money_per_day", "USD 150 to 1.27 k a day"),
        ((5.0, None), "hours", "5 hours or more"),
        ((0.5, 0.5), "share", "50 %"),
    ],
)
def test_a_range_has_its_unit_once(ends: tuple[float, float | None], unit: str, text: str) -> None:
    assert range_text(*ends, unit, "USD") == text


# The page


def page_of(*cells: tuple[str, Shown]) -> str:
    """A page with these cells below their headings."""
    made = []
    for heading, shown in cells:
        output = new_output("display_data", data=shown._repr_mimebundle_())
        made += [new_markdown_cell(f"## {heading}"), new_code_cell("cell()", outputs=[output])]
    return page_html(new_notebook(cells=[new_markdown_cell("# Profile"), *made]), PageInfo("Ada: profile"))


def test_a_question_without_an_answer_is_not_asked(snapshot: Snapshot) -> None:
    own = gated(snapshot, "P1", "partner")
    html = page_of(("Will it leave?", profile.leaving(own)), ("What is known?", profile.knowledge(own)))
    assert "What is known?" in html
    assert "leave" not in html


@pytest.fixture
def opened(ada: Slice, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / "profile.html"
    path.write_text(page_of(("Each?", profile.scorecard(ada)), ("Peers?", profile.peers(ada))), encoding="utf-8")
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(path.as_uri())
    yield page
    page.close()


@pytest.mark.browser
@needs_chromium
def test_measures_are_folded_on_a_screen_and_open_on_paper(opened: Page) -> None:
    table = opened.locator("#measures-performance table")
    assert opened.locator("details[open]").count() == 0
    assert not table.is_visible()
    opened.locator("summary strong", has_text="Performance").click()
    assert table.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth") <= 320
    opened.reload()
    opened.emulate_media(media="print")
    height = "table => table.getBoundingClientRect().height"
    assert table.evaluate(height) > 100
    assert table.evaluate("table => table.checkVisibility({contentVisibilityAuto: true})")
    assert opened.get_by_text("The figures behind it").first.is_hidden()


def test_the_rule_behind_a_figure_is_printed_where_there_is_one(ada: Slice, tmp_path: Path) -> None:
    told = {
        "sales": "sold_on revenue cost rebate / 2026-08-01 50 20 1",
        "costs": "month kind amount / 2026-08-01 support 5",
    }
    with open_book(made_up(**told), quarter=QUARTER) as book:
        with_costs = gated(freeze(book, tmp_path, Settings()), "P1", "internal")
    rule = measures.RULES["contribution"]
    assert rule in measures.measures(with_costs).text
    assert rule not in measures.measures(ada).text


def test_the_level_of_knowledge_is_in_whole_points_and_that_of_several_owners(tmp_path: Path) -> None:
    apart, owned = vendor(), vendor()
    owned["partners"] = owned["partners"].assign(parent_id=[None, *["P1"] * (len(owned["partners"]) - 1)])
    told, kept = (
        frozen(tables, tmp_path / name).frame("knowledge_areas") for name, tables in (("a", apart), ("o", owned))
    )
    assert set(told["level"]) == {63.0, 61.0}
    assert kept.empty
