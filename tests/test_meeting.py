"""The meeting: what comes on its agenda, who should be there, next targets and dates, and two printed pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser

from browsing import needs_chromium
from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, ChannelnbError, NotUsable, UnknownName
from channelnb.freezing import freeze
from channelnb.metrics.registry import METRICS
from channelnb.narrative import meeting as words
from channelnb.narrative.facts import Facts
from channelnb.params import read_parameters
from channelnb.planning.meeting.agenda import (
    AGENDA,
    AGENDA_INTERNAL,
    AREAS,
    BY_RULE,
    COLUMNS,
    OF_MISSED,
    TOPICS,
    area_of,
)
from channelnb.planning.meeting.attendees import attendees, who
from channelnb.planning.meeting.meetings import MEETINGS, meetings, proposed
from channelnb.planning.meeting.target_kinds import TARGET_KINDS
from channelnb.planning.meeting.targets import NEXT_TARGETS, UPDATES
from channelnb.report import meeting, opening, profile, qbr
from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.sections import sections_of
from channelnb.report.shown import Shown
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

QUARTER = "2026Q3"
TARGETS = (("", "case_studies", 2.0), ("", "digital_campaigns", 3.0), ("P1", "registered", 1000.0))
NONSENSE = re.compile(r"\bnan\b|\binf\b|∞|None|NaT|−0\b|<NA>|0 of 0", re.IGNORECASE)


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor, whose first partner gives cause for nearly every item of an agenda."""
    tables = small_vendor()
    tables["partners"] = tables["partners"].assign(tier=["Silver", "Registered", None])
    tables["tiers"] = rows("tier metric at_least", "Silver certified_people 3", "Gold certified_people 5")
    tables["salespeople"] = tables["salespeople"].assign(role="sales")
    tables["certifications"] = rows(
        "certification_id partner_id salesperson_id line earned_on expires_on",
        "1 P1 S1 Routers 2025-01-01 2026-11-01",
        "2 P2 S3 Disks 2025-01-01 -",
    )
    tables["products"] = tables["products"].assign(launched_on=["2020-01-01", "2020-01-01", "2020-01-01"])
    new = rows("product_id line category launched_on name", "R9 Routers Networks 2026-06-01 Router-9")
    tables["products"] = pd.concat([tables["products"], new], ignore_index=True)
    tables["opportunities"] = tables["opportunities"].assign(
        registered_on=["2026-05-02", "2026-05-02", None, None, "2026-07-01", None, None, None, None],
        decided_on=["2026-05-04", None, None, None, None, None, None, None, None],
        registration_decision=["approved", None, None, None, "pending", None, None, None, None],
    )
    decided = {"partner_id": "P2", "opportunity_id": "OX", "amount": "5.00", "outcome": "open"}
    days = {"created_on": "2026-05-01", "registered_on": "2026-05-02", "decided_on": "2026-05-05"}
    extra = pd.DataFrame([decided | days | {"registration_decision": "approved"}])
    tables["opportunities"] = pd.concat([tables["opportunities"], extra], ignore_index=True)
    tables["leads"] = tables["leads"].assign(
        first_contact_at=[None, None, None, "2026-08-06T09:00:00Z"], amount="100.00"
    )
    other = rows(
        "lead_id created_at partner_id assigned_at accepted_at first_contact_at amount",
        "L5 2026-07-01T08:00:00Z P2 2026-08-05T09:00:00Z 2026-08-05T10:00:00Z 2026-08-07T10:00:00Z 5.00",
    )
    tables["leads"] = pd.concat([tables["leads"], other], ignore_index=True)
    tables["mdf_claims"] = rows(
        "claim_id partner_id requested_on amount_requested decision decided_on amount_approved paid_on amount_paid",
        "F1 P1 2026-02-01 100.00 approved 2026-02-11 100.00 2026-02-13 100.00",
        "F2 P2 2026-02-01 100.00 approved 2026-02-21 80.00 2026-02-23 80.00",
        "F3 P1 2026-07-01 90.00 pending - - - -",
        "F4 P1 2026-07-10 60.00 approved 2026-07-20 50.00 - -",
    )
    tables["mdf_budgets"] = rows("partner_id quarter allocated expires_on", "P1 2026Q3 400.00 2026-12-31")
    tables["activities"] = rows(
        "activity_id partner_id kind held_on status requested_on",
        "A1 P1 meeting 2026-05-01 done -",
        "A2 P2 qbr 2026-07-10 done -",
        "A3 P1 qbr 2026-10-20 planned 2026-09-01",
        "A4 P1 case_study 2026-11-01 planned 2026-09-01",
        "A5 P2 qbr 2026-10-05 planned 2026-09-01",
        "A6 P2 qbr 2027-01-12 planned 2026-09-01",
    )
    tables["commitments"] = rows(
        "commitment_id partner_id side kind text area made_on due_on metric target status if_missed",
        "K1 P1 vendor action Pay technical 2026-03-30 2026-06-30 - - open -",
        "K2 P1 vendor action Pay technical 2026-06-30 2026-09-30 - - open the_chief_calls",
        "K3 P1 partner action Licence IP 2026-06-30 2026-12-31 - - open -",
        "K4 P1 partner action Train sales 2026-06-30 2026-09-30 - - open -",
        "K5 P1 partner action Hire training 2026-06-30 2026-09-30 - - open a_call",
    )
    tables["contacts"] = rows(
        "partner_id side role name", "P1 vendor Channel_manager Ann", "P1 partner Sales_lead Bob", "P2 vendor Other Cy"
    )
    tables["notes"] = rows(
        "partner_id quarter text edition author",
        f"P1 {QUARTER} secret internal Ann",
        f"P1 {QUARTER} welcome partner Ann",
        "P1 2026Q2 old partner Ann",
    )
    tables["costs"] = rows("partner_id month kind amount", "P1 2024-08-01 support 1.00", "P1 2026-08-01 support 900.00")
    return tables


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    told = {"next_targets": TARGETS, "updates": ("New prices from 1 November 2026.",)}
    settings = Settings(min_peers=1, pipeline_band=(3.6, 5.0), **told)  # type: ignore[arg-type]  # of two kinds
    with open_book(vendor(), quarter=QUARTER) as book:
        return freeze(book, tmp_path_factory.mktemp("meeting"), settings)


@pytest.fixture(scope="module")
def internal(snapshot: Snapshot) -> Slice:
    return gated(snapshot, "P1", "internal")


@pytest.fixture(scope="module")
def theirs(snapshot: Snapshot) -> Slice:
    return gated(snapshot, "P1", "partner")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Slice:
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "sales", "products")}
    with open_book(tables, quarter=QUARTER) as book:
        return gated(freeze(book, tmp_path_factory.mktemp("bare"), Settings()), "P1", "internal")


def topics(snapshot: Snapshot, partner_id: str = "P1") -> pd.DataFrame:
    return snapshot.rows_of(AGENDA, partner_id).set_index("topic")


def test_the_state_of_a_partner_makes_its_agenda(snapshot: Snapshot) -> None:
    found = topics(snapshot)
    assert set(found.index) == {
        *("behind_plan", "under_pipeline", "overdue_deals", "stale_leads", "late_registrations", "missed_again"),
        *("pending_claims", "late_payments", "funds_expiring", "certificates_expiring", "tier_at_risk"),
        *("line_uncertified", "missed", "new_products", "product_promises", "no_contact", "no_review"),
    }
    assert found.loc["missed_again", ["area", "side", "about"]].tolist() == ["technical", "vendor", "K2"]
    assert found.loc["product_promises", "area"] == "product development and IP"
    assert found.loc["funds_expiring", "about"] == "2026-12-31"
    assert found.loc["under_pipeline", "period"] == "2026Q4"
    assert found.loc["new_products", "about"] == "Router-9"
    assert found.loc["line_uncertified", ["about", "period"]].tolist() == ["Routers", "2026Q4"]


def test_weights_are_money_over_the_plan_and_order_the_items(snapshot: Snapshot) -> None:
    found = topics(snapshot)
    assert found.loc["behind_plan", "weight"] == pytest.approx(1 - 240 / 250)
    assert found.loc["under_pipeline", "weight"] == pytest.approx(1 - 3.55 / 4)
    # 90 of 250 are past their date, and it takes four times a plan in pipeline to reach it.
    assert found.loc["overdue_deals", "weight"] == pytest.approx(90 / 250 / 4)
    assert found["weight"].is_monotonic_decreasing
    assert found["weight"].between(0, 1).all()
    assert set(found["minutes"]) <= {5, 10, 15}


def test_no_rule_outweighs_money_that_is_a_twentieth_of_a_plan(snapshot: Snapshot) -> None:
    found = topics(snapshot)["weight"]
    ruled = ["missed_again", "tier_at_risk", "line_uncertified", "no_contact", "no_review", "new_products"]
    assert found[ruled].between(0, BY_RULE).all()
    # A lead waits for too long, however small the sum.
    assert found["stale_leads"] == pytest.approx(max(200 / 250 / 4, 0.15 * BY_RULE))
    assert snapshot.rows_of(AGENDA, "P1").set_index("topic").loc["tier_at_risk", "minutes"] == 15


def test_a_pipeline_within_the_healthy_band_is_no_item(tmp_path: Path) -> None:
    with open_book(vendor(), quarter=QUARTER) as book:
        partner = gated(freeze(book, tmp_path, Settings(min_peers=1)), "P1", "internal")
    assert "under_pipeline" not in set(partner.frames[AGENDA]["topic"])
    said = opening.summary(partner).text
    assert "its pipeline for 2026Q4 is in the healthy range at 3.6×, under the target of 4×." in said


def test_a_missed_promise_is_an_item_once_for_each_side(internal: Slice) -> None:
    rows_ = internal.frames[AGENDA]
    missed = rows_[rows_["topic"].eq("missed")]
    assert missed["about"].tolist() == ["K5", "K4"]  # First the one for which it was agreed what follows.
    assert "K2" not in set(missed["about"])
    text = meeting.agenda(internal).text
    assert text.count("A promise missed\t") + text.count(": a promise missed\t") == 1
    assert "The partner missed 2 promises due in 2026Q3, among them: Hire." in text
    assert "what was agreed for a miss follows (a_call)" in text


def test_where_nothing_is_wrong_there_is_no_item(snapshot: Snapshot) -> None:
    assert set(topics(snapshot, "P2").index) & {"behind_plan", "no_review", "no_contact", "missed_again"} == set()
    assert {"stale_leads", "pending_claims", "funds_expiring"} & set(topics(snapshot, "P2").index) == set()


def test_what_rests_on_the_vendors_costs_is_apart(snapshot: Snapshot, internal: Slice, theirs: Slice) -> None:
    assert len(internal.frames[AGENDA]) == len(theirs.frames[AGENDA])
    assert list(snapshot.frame(AGENDA_INTERNAL).columns) == list(COLUMNS)
    assert theirs.frames[AGENDA_INTERNAL].empty


def test_every_topic_has_words_and_each_row_of_the_agenda_reads_well(internal: Slice) -> None:
    assert set(words._WORDS) == set(TOPICS)
    promises = {row["commitment_id"]: row for row in internal.frames["promises"].to_dict("records")}
    for row in internal.frames[AGENDA].to_dict("records"):
        item = words.item(row, internal.facts, QUARTER, promises)
        why, decide = item.why.text("USD"), item.decide.text("USD")
        assert why.endswith(".")
        assert decide.endswith(".")
        assert not NONSENSE.search(why + decide), why
        assert "no data" not in why, why
        assert all(fact.known for fact in item.why.facts), why


def test_a_summary_names_the_gravest_decisions_one_of_a_kind(internal: Slice) -> None:
    rows_ = pd.concat([internal.frames[AGENDA], internal.frames[AGENDA_INTERNAL]])
    twice = pd.concat([rows_, rows_.nlargest(1, "weight").assign(about="x")])
    shown = meeting.decisions(replace(internal, frames={**internal.frames, AGENDA: twice}))
    rows_ = rows_.assign(other=~rows_["topic"].isin(OF_MISSED), weight=-rows_["weight"])
    gravest = list(dict.fromkeys(rows_.sort_values(["other", "weight"])["topic"]))[: meeting.MOST_TO_DECIDE]
    assert gravest[0] in OF_MISSED
    *lines, last = shown.text.removeprefix("To decide: ").splitlines()
    assert last == f"And {meeting.MOST - meeting.MOST_TO_DECIDE} more on the agenda."
    assert [line.split(": whether ")[0] for line in lines] == [words._WORDS[topic][0] for topic in gravest]
    firms = internal.frames["partners"].assign(left_on=pd.Timestamp("2026-05-31"))
    gone = replace(internal, frames={**internal.frames, "partners": firms})
    assert meeting.decisions(gone).text == ""
    told = opening.summary(gone).text.splitlines()[1]
    assert told == "It left on 31 May 2026: what follows is what is still open between both sides."
    assert "It left on 31 May 2026." in profile.identity(gone).text("USD")


def test_the_agenda_is_short_and_goes_by_area(internal: Slice) -> None:
    text = meeting.agenda(internal).text
    lines = [line.split("\t") for line in text.splitlines() if line.count("\t") == 4][1:]
    assert len(lines) == meeting.MOST
    missed = [line for line in lines if "missed" in line[0]]
    assert lines[: len(missed)] == missed
    areas = [area_of(line[0].partition(":")[0]) for line in lines if line not in missed]
    assert areas == sorted(areas, key=AREAS.index)
    assert "Left out, as it weighs less: " in text
    assert "The vendor missed it for 2 quarters in a row: Pay." in text
    assert "what was agreed for a miss follows (the_chief_calls), or the promise is given up." in text


def test_roles_lead_and_whom_nobody_stands_for_is_said(internal: Slice) -> None:
    agenda = meeting.agenda(internal).text
    assert "\tAnn, vendor\t" in agenda
    assert "\tThe partner\t" in agenda
    text = meeting.attendees(internal).text
    assert re.search(r"Vendor\tAnn\tChannel_manager\tthe whole; [a-z, ]+ \(standing in\)", text)
    assert "nobody on record" not in text
    assert text.count("Nobody is on record with the partner for ") == 1


def test_who_leads_an_item_is_there_for_it(internal: Slice) -> None:
    """Whoever the agenda names as lead stands in the list of those who should attend."""
    leads = {
        lead.partition(", ")[0]
        for lead in re.findall(r"\t([^\t]+, (?:vendor|partner))\t", meeting.agenda(internal).text)
    }
    listed = meeting.attendees(internal).text
    assert leads
    assert all(f"\t{lead}\t" in listed for lead in leads)


def test_a_role_is_found_by_its_words() -> None:
    contacts = rows(
        "side role name", "vendor Presales_engineer Eve", "vendor Channel_manager Ann", "partner Owner Olaf"
    )
    found = attendees(contacts, [("vendor", "technical"), ("vendor", "finance")])
    assert found.to_dict("records") == [
        {"side": "vendor", "role": "Channel_manager", "name": "Ann", "areas": "other", "for_nobody": "finance"},
        {"side": "vendor", "role": "Presales_engineer", "name": "Eve", "areas": "technical", "for_nobody": ""},
        {"side": "partner", "role": "Owner", "name": "Olaf", "areas": "other", "for_nobody": ""},
    ]


def test_presales_is_no_sales() -> None:
    contacts = rows("side role name", "partner Pre-sales_engineer Eve", "partner Head_of_sales Bob")
    assert who(contacts, side="partner", area="sales") == ("Head_of_sales", "Bob")
    assert who(contacts.head(1), side="partner", area="sales") is None


def test_dates_are_said_under_a_label_of_their_own(internal: Slice) -> None:
    assert meeting.next_date(internal).text.startswith("Dates: This review is planned for 20 October 2026.")


def test_dates_are_those_planned_or_a_week_proposed(snapshot: Snapshot) -> None:
    found = snapshot.frame(MEETINGS).set_index(["partner_id", "which"])
    assert found.loc[("P1", "this"), "on"] == pd.Timestamp("2026-10-20")
    assert not found.loc[("P1", "next"), "planned"]
    assert found.loc[("P1", "next"), ["on", "until"]].tolist() == [
        pd.Timestamp("2027-01-04"),
        pd.Timestamp("2027-01-08"),
    ]
    assert found.loc[("P2", "next"), "on"] == pd.Timestamp("2027-01-12")
    assert found.loc[("P3", "this"), "on"] == pd.Timestamp("2026-10-05")


@pytest.mark.parametrize("day", pd.date_range("2026-10-01", periods=14))
def test_a_proposal_is_a_full_working_week_from_its_day_on(day: pd.Timestamp) -> None:
    first, last = proposed(day.date())
    assert (first.weekday(), last.weekday(), (last - first).days) == (0, 4, 4)
    assert 0 <= (first - day.date()).days < 7


def test_without_activities_both_dates_are_proposed() -> None:
    with open_book(small_vendor(), quarter=QUARTER) as book:
        found = meetings(book, Settings(), {"partners": book.table("partners")})[MEETINGS]
    assert not found["planned"].any()
    assert found["on"].min().date() == date(2026, 10, 5)


def test_targets_show_how_far_along_the_partner_is(snapshot: Snapshot, internal: Slice) -> None:
    found = snapshot.frame(NEXT_TARGETS).set_index(["partner_id", "target"])
    assert found.loc[("P1", "case_studies"), ["value", "reached", "in_place"]].tolist() == [2.0, 0.0, 1.0]
    assert found.loc[("P1", "registered"), ["value", "reached"]].tolist() == [1000.0, 400.0]
    assert ("P2", "registered") not in found.index
    assert "Case studies\t2\t0\t1" in meeting.next_targets(internal).text
    assert "Value of deals registered\tUSD 1 k\tUSD 400\t–" in meeting.next_targets(internal).text


@pytest.mark.parametrize(
    ("budget", "open_", "said"),
    [
        ("P1 2026Q3 400.00 2026-12-31", None, "▼ Funds open: "),
        ("P2 2026Q3 90.00 2026-12-31", 0.0, "▼ Funds open: none"),
        ("P1 2026Q3 9000.00 2026-12-31", None, "\tFunds open: "),
        ("P1 2026Q2 9000.00 2026-09-30", 0.0, "▼ Funds open: none"),
    ],
)
def test_a_target_of_funds_says_what_is_open_for_it(
    budget: str, open_: float | None, said: str, tmp_path: Path
) -> None:
    tables = {name: rows_ for name, rows_ in vendor().items() if name != "mdf_claims"}
    tables["mdf_budgets"] = rows("partner_id quarter allocated expires_on", budget)
    settings = Settings(min_peers=1, next_targets=(("P1", "mdf_secured", 5000.0),))
    with open_book(tables, quarter=QUARTER) as book:
        partner = gated(freeze(book, tmp_path, settings), "P1", "internal")
    found = partner.frames[NEXT_TARGETS].set_index("target").loc["mdf_secured"]
    assert found["funds_open"] == (float(budget.split()[2]) if open_ is None else open_)
    assert said in meeting.next_targets(partner).text


def test_where_no_target_is_named_none_is_invented(bare: Slice) -> None:
    assert bare.frames[NEXT_TARGETS].empty
    assert bare.frames[UPDATES].empty
    assert meeting.next_targets(bare).html == ""


def test_updates_and_remarks_of_the_edition_are_told(internal: Slice, theirs: Slice) -> None:
    assert "New prices from 1 November 2026." in meeting.other_business(theirs).text
    assert "Ann: secret" in meeting.other_business(internal).text
    assert "secret" not in meeting.other_business(theirs).text
    assert "unnamed: welcome" in meeting.other_business(theirs).text, "Ann did not agree to be named"
    assert "old" not in meeting.other_business(internal).text


def test_bare_data_make_a_short_meeting_that_says_what_is_missing(bare: Slice) -> None:
    text = meeting.meeting(bare).text
    assert not NONSENSE.search(text)
    assert text.startswith(
        "Nothing in the vendor's data calls for an item on the agenda; plans, opportunities, leads, "
    )
    assert "Who should attend cannot be said: the vendor's data hold no contacts." in text
    assert len(text.splitlines()) < 8


def test_no_line_of_the_meeting_is_lost_in_html(internal: Slice) -> None:
    shown = meeting.meeting(internal)
    assert "<script" not in shown.html
    kept = {fact.id for fact in shown.facts}
    assert set(re.findall(r'data-fact="([^"]*)"', shown.html)) <= kept


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (
            "default: {case_study: 2}",
            UnknownName,
            "run.yaml:4: there is no target 'case_study'; did you mean 'case_stud",
        ),
        ("default: {case_studies: 1.5}", NotUsable, "run.yaml:4: the target of case_studies is 1.5; give a whole"),
        ("partners: {P1: {registered: -3}}", NotUsable, "run.yaml:4: the target of registered is -3; give an amount"),
        ("default: {registered: lots}", BadParameters, "next_targets.default.registered is 'lots'"),
        ("case_studies: 2", BadParameters, "there is no key 'next_targets.case_studies'. Keys: default, partners."),
    ],
)
def test_targets_that_cannot_be_are_refused_with_their_line(
    tmp_path: Path, given: str, error: type[ChannelnbError], said: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"name: a\nsource: data/sample\nquarter: 2026Q3\nnext_targets: {{{given}}}\n", encoding="utf-8")
    with pytest.raises(error, match=re.escape(said)):
        read_parameters(path)


def test_targets_are_read_for_all_and_for_one(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    text = "next_targets: {default: {case_studies: 2}, partners: {P1: {registered: 100_000}}}\nupdates: [News.]\n"
    path.write_text(f"name: a\nsource: data/sample\nquarter: 2026Q3\n{text}", encoding="utf-8")
    chosen = read_parameters(path).chosen
    assert chosen.next_targets.given == (("", "case_studies", 2.0), ("P1", "registered", 100_000.0))
    assert chosen.updates == ("News.",)


def test_each_kind_of_target_rests_on_known_metrics() -> None:
    named = {name for kind in TARGET_KINDS.values() for name in (*kind.metrics, *kind.ahead)}
    assert not named - set(METRICS)
    assert Facts(words.target_facts(pd.DataFrame(columns=["target", "unit"]), period=QUARTER)) == Facts([])


def test_evidence_begins_at_the_tagged_cell() -> None:
    cells = [
        new_markdown_cell("# Review"),
        new_markdown_cell("## Plan?"),
        new_markdown_cell("## What behind it?", metadata={"tags": ["evidence"]}),
        new_markdown_cell("## And this?"),
    ]
    _, sections = sections_of(cells, internal=True)
    assert [(one.heading, one.evidence) for one in sections[1:]] == [
        ("Plan?", False),
        ("What behind it?", True),
        ("And this?", True),
    ]
    html = page_html(new_notebook(cells=cells), PageInfo("Review"))
    assert html.count('<p class="part">Evidence</p>') == 1
    assert html.index("Plan?</h2>") < html.index('class="part"') < html.index("What behind it?</h2>")
    assert 'class="part"' not in page_html(new_notebook(cells=cells[:2]), PageInfo("Review"))


def notebook(partner: Slice) -> NotebookNode:
    """A review as executed: two pages in front, and its evidence."""

    def shown(one: Shown) -> NotebookNode:
        return new_code_cell("", outputs=[new_output("display_data", data=one._repr_mimebundle_())])

    behind = {"tags": ["evidence"]}
    return new_notebook(
        cells=[
            new_markdown_cell("# Business review"),
            shown(qbr.summary(partner)),
            shown(qbr.changes(partner)),
            new_markdown_cell("## Where does the partner stand against plan, and what lies ahead?"),
            shown(qbr.plan_and_pipeline(partner)),
            new_markdown_cell("## What did each side do for the other?"),
            shown(qbr.sides(partner)),
            new_markdown_cell("## What was promised, and what became of it?"),
            shown(qbr.promises(partner)),
            new_markdown_cell("## What should be agreed?"),
            shown(qbr.proposed(partner)),
            new_markdown_cell("## What is there to decide, and who should be there?"),
            shown(qbr.meeting(partner)),
            new_markdown_cell("## What did the vendor give, and how fast?", metadata=behind),
            shown(qbr.vendors_side(partner)),
            new_markdown_cell("## What did the partner do?"),
            shown(qbr.partners_side(partner)),
            new_markdown_cell("## Who must certify, and when?"),
            shown(qbr.roadmap(partner)),
        ]
    )


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.browser
@needs_chromium
def test_all_that_is_in_front_of_the_evidence_is_two_printed_pages(
    sample: Path, browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(next_targets=TARGETS[:2], updates=("New prices from 1 November 2026.",))
    with open_book(sample, quarter="2026Q2") as book:
        before = freeze(book, tmp_path / "before", settings)
    with open_book(sample, quarter=QUARTER) as book:
        snapshot = freeze(book, tmp_path / "snapshot", settings, before=before)
    counts = snapshot.frame(AGENDA).groupby("partner_id").size()
    # Those with most to talk about, and one with little.
    asked = [*counts.nlargest(3).index, counts.idxmin()]
    page = browser.new_page()
    for edition, partner_id in [("internal", one) for one in asked] + [("partner", asked[0])]:
        path = tmp_path / f"{partner_id}.{edition}.html"
        made = notebook(gated(snapshot, partner_id, edition))
        path.write_text(page_html(made, PageInfo("Review", vendor="V", period=QUARTER)), encoding="utf-8")
        page.goto(path.as_uri())
        whole = pages_of(page.pdf(prefer_css_page_size=True))
        page.evaluate("document.querySelectorAll('.part, .part ~ section, footer').forEach(one => one.remove())")
        front = pages_of(page.pdf(prefer_css_page_size=True))
        assert front <= 2, (partner_id, edition)
        assert whole > front
    page.close()
