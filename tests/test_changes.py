"""What changed since the review before: as it was told then, like with like, and nothing that is noise."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
from rich.console import Console

from channelnb.book.book import open_book
from channelnb.changes import CHANGES, CHANGES_IN_ALL, READ, Reviews, changed
from channelnb.chosen import Settings
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.folder import held, last_report, replace_snapshot
from channelnb.fleet.run import Choice, run
from channelnb.frames import records
from channelnb.freezing import freeze
from channelnb.metrics.known import CATALOGUE
from channelnb.metrics.registry import METRICS
from channelnb.narrative.change_facts import Firm, changes_of, chosen, firm_of
from channelnb.narrative.changes import (
    AT_PLAN,
    AT_TARGET,
    GONE,
    NEW,
    OTHER_TIER,
    UNDER_PLAN,
    Since,
    by_name,
    flags,
    in_all,
    since,
)
from channelnb.narrative.facts import collect
from channelnb.portfolios import portfolio_of
from channelnb.report import portfolio as portfolio_page
from channelnb.report import qbr
from channelnb.report.changes import changes, changes_by_partner, changes_in_all, changes_of_many
from channelnb.report.shown import Shown
from channelnb.scorecards import Scorecard, Scorecards, ScoredMetric
from channelnb.slice import gated
from channelnb.snapshot import Snapshot
from projects import write_project
from tables import rows, small_vendor

BEFORE, QUARTER = "2026Q2", "2026Q3"
QBR = Path(__file__).parents[1] / "notebooks" / "qbr.ipynb"
REVIEWS = Reviews((BEFORE, QUARTER), over=True, calendar=FiscalCalendar())
Tables = dict[str, pd.DataFrame]


# How two figures compare, worked out from rows alone.


def told(period: str, *figures: tuple, survivors: Mapping[str, str] | None = None) -> Tables:
    """The tables of a review that tells figures of P1: (metric, value, low, high), some states and promises."""
    ahead = FiscalCalendar().shift(period, 1)
    measured = [
        {
            "partner_id": "P1",
            "metric": metric,
            "value": value,
            "n": 20.0,
            "state": state,
            "period": ahead if metric == "pipeline_index" else period,
            "low": low,
            "high": high,
        }
        for metric, value, low, high, state in ((*figure, *(None, None, "ok")[len(figure) - 2 :]) for figure in figures)
    ]
    partner = pd.DataFrame(measured, columns=READ["partner"])
    names = survivors or {"P1": "P1"}
    return {
        "partners": pd.DataFrame({"partner_id": names.keys(), "survivor_id": names.values()}),
        "partner": partner,
        "total": partner.drop(columns="partner_id"),
        CATALOGUE: pd.DataFrame({"metric": list(METRICS), "formula": [f"of {name}" for name in METRICS]}),
    }


def kind_of(metric: str, then: object, now: object, **chosen: object) -> tuple[str, str]:
    """The kind of change of a figure of P1, and why it is not compared."""
    each = [figure if isinstance(figure, tuple) else (figure,) for figure in (then, now)]
    both = (told(period, (metric, *figure)) for period, figure in zip((BEFORE, QUARTER), each, strict=True))
    found = changed(*both, replace(REVIEWS, **chosen))
    (row,) = records(found[found["metric"].eq(metric)])
    return row["kind"], row["because"]


@pytest.mark.parametrize(
    ("metric", "then", "now", "kind"),
    [
        ("attainment", 1.0, 0.9, "worse"),
        ("attainment", 0.9, 0.95, "better"),
        ("attainment", 0.9, 0.94, "as_before"),
        ("attainment", 0.9, 0.9, "as_before"),
        ("growth_yoy", -0.2, 0.1, "better"),
        ("pipeline_index", 4.0, 3.7, "worse"),
        ("pipeline_index", 4.0, 4.1, "as_before"),
        ("pipeline_index", 0.0, 0.0, "as_before"),
        ("open_pipeline", 0.0, 10.0, "better"),
        # The quarter before had another season: sold less is not worse.
        ("revenue", 100.0, 70.0, "changed"),
        ("certified_people", 3.0, 2.0, "worse"),
        # 8 of 20 and 5 of 20: the intervals of both cover the difference.
        ("win_rate", (0.4, 0.22, 0.61), (0.25, 0.11, 0.47), "unsure"),
        # An interval that covers the rate told before.
        ("win_rate", (0.4, 0.39, 0.41), (0.25, 0.11, 0.47), "unsure"),
        ("win_rate", (0.40, 0.22, 0.61), (0.42, 0.24, 0.62), "as_before"),
        ("win_rate", (0.4, 0.36, 0.44), (0.25, 0.21, 0.29), "worse"),
        # Sure, but of two points only.
        ("win_rate", (0.40, 0.399, 0.401), (0.42, 0.419, 0.421), "as_before"),
    ],
)
def test_a_change_follows_what_is_better_and_is_more_than_noise(metric, then, now, kind) -> None:
    assert kind_of(metric, then, now) == (kind, "")
    mirrored = {"better": "worse", "worse": "better"}.get(kind, kind)
    if metric != "win_rate":
        assert kind_of(metric, now, then) == (mirrored, "")


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ((None, None, None, "no_data"), 0.5),
        (0.5, (0.1, None, None, "too_few")),
        (0.5, (None, None, None, "suppressed")),
    ],
)
def test_a_figure_that_is_not_sure_is_not_compared(then, now) -> None:
    assert kind_of("win_rate", then, now) == ("not_compared", "unknown")


def test_of_a_period_that_is_not_over_only_what_is_of_a_day_is_compared() -> None:
    assert kind_of("attainment", 1.0, 0.2, over=False) == ("not_compared", "running")
    assert kind_of("pipeline_index", 4.0, 1.0, over=False) == ("not_compared", "running")
    assert kind_of("open_pipeline", 4.0, 1.0, over=False) == ("worse", "")


def test_a_figure_that_is_worked_out_otherwise_now_is_not_compared() -> None:
    then, now = (
        told(BEFORE, ("attainment", 1.0), ("revenue", 5.0)),
        told(QUARTER, ("attainment", 0.5), ("revenue", 9.0)),
    )
    now[CATALOGUE].loc[now[CATALOGUE]["metric"].eq("attainment"), "formula"] = "of something else"
    found = changed(then, now, REVIEWS).set_index("metric")
    assert (found.loc["attainment", "kind"], found.loc["attainment", "because"]) == ("not_compared", "defined")
    assert found.loc["revenue", "kind"] == "changed"


@pytest.mark.parametrize(
    ("then", "now", "merged"),
    [
        ({"P1": "P1", "P2": "P2"}, {"P1": "P1", "P2": "P1"}, True),
        ({"P1": "P1"}, {"P1": "P1", "P9": "P1"}, True),
        ({"P1": "P1", "P2": "P1"}, {"P1": "P1", "P2": "P2"}, True),
        ({"P1": "P1", "P2": "P1"}, {"P1": "P1", "P2": "P1"}, False),
        ({"P1": "P1", "P2": "P1"}, {"P1": "P1"}, False),
    ],
)
def test_a_firm_that_took_over_another_since_is_not_compared(then, now, merged) -> None:
    figure = ("attainment", 1.0)
    found = changed(told(BEFORE, figure, survivors=then), told(QUARTER, figure, survivors=now), REVIEWS)
    row = found[found["partner_id"].eq("P1") & found["metric"].eq("attainment")].iloc[0]
    assert row["because"] == ("merged" if merged else "")
    assert set(found["partner_id"]) == {name for name, survivor in now.items() if name == survivor}


def missed(period: str, *results: str) -> Tables:
    promises = pd.DataFrame({"partner_id": "P1", "side": "partner", "due_period": period, "result": results})
    return told(period) | {"promises": promises.assign(metric=None)}


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        (["missed", "met", "open"], ["met", "met"], "better"),
        (["met"], ["missed"], "worse"),
        (["missed"], ["missed", "open"], "as_before"),
        # Fewer, and more of those due.
        (["missed", "missed", "met", "met"], ["missed"], "changed"),
        (["met", "missed"], ["open", "not_measurable"], "not_compared"),
    ],
)
def test_promises_missed_are_counted_among_those_due(then, now, kind) -> None:
    found = changed(missed(BEFORE, *then), missed(QUARTER, *now), REVIEWS).set_index("metric")
    assert found.loc["promises_missed", "kind"] == kind


# What a snapshot keeps, and what pages say of it.


def vendor() -> Tables:
    """The small vendor, with managers, tiers, promises, plans for the quarter before, and a partner that joins late."""
    tables = small_vendor()
    tables["partners"] = rows(
        "partner_id name channel region employees joined_on left_on tier manager_id merged_into",
        "P1 Ada reseller north 10 2020-01-01 - Silver M1 -",
        "P2 Bea reseller south 4 2021-05-01 2026-09-05 - M1 -",
        "P3 Cyd integrator north 7 2026-08-15 - Gold - -",
    )
    tables["managers"] = rows("manager_id name", "M1 Ana")
    tables["partner_history"] = rows(
        "partner_id valid_from tier", "P1 2020-01-01 Registered", "P1 2026-08-01 Silver", "P3 2026-08-15 Gold"
    )
    sold = rows(
        "sale_id sold_on partner_id product_id customer_id salesperson_id revenue cost basis",
        "20 2026-05-02 P1 R1 C1 S1 120.00 60.00 -",
    )
    plan = rows(
        "month partner_id line target_revenue version made_on status", "2026-05-01 P1 Routers 100.00 v1 2025-12-01 -"
    )
    tables["sales"] = pd.concat([tables["sales"], sold], ignore_index=True)
    tables["plans"] = pd.concat([tables["plans"], plan], ignore_index=True)
    tables["commitments"] = rows(
        "commitment_id partner_id side text due_on made_on kind metric target status closed_on",
        "Z1 P1 partner Call 2026-05-01 2026-04-01 action - - dropped 2026-05-01",
        "Z2 P1 partner Margin 2026-08-01 2026-07-01 goal gross_margin 0.01 open -",
        "Z3 P1 partner Train 2026-08-01 2026-07-01 action - - done 2026-07-15",
    )
    return tables


def frozen(folder: Path, tables: Tables, quarter: str = QUARTER, **chosen: object) -> Snapshot:
    before, settings = chosen.pop("before", None), chosen.pop("settings", Settings(min_peers=1))
    with open_book(tables, **({"quarter": quarter} | chosen)) as book:
        return freeze(book, folder, settings, before=before)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """The reviews of two quarters. Of the one before a sale came in late, which its readers never saw."""
    folder = tmp_path_factory.mktemp("two")
    tables = vendor()
    early = tables | {"sales": tables["sales"][~tables["sales"]["sale_id"].eq("20")]}
    early["sales"] = pd.concat([early["sales"], tables["sales"].iloc[[-1]].assign(revenue="110.00")], ignore_index=True)
    then = frozen(folder / "then", early, BEFORE)
    return then, frozen(folder / "now", tables, before=then)


def row_of(snapshot: Snapshot, partner_id: str, metric: str) -> dict:
    frame = snapshot.frame(CHANGES)
    (row,) = records(frame[frame["partner_id"].eq(partner_id) & frame["metric"].eq(metric)])
    return row


def test_figures_are_those_that_were_told_and_not_those_restated(two: tuple[Snapshot, Snapshot]) -> None:
    then, now = two
    told_then = then.frame("partner").set_index(["partner_id", "period", "metric"])["value"]
    told_now = now.frame("partner").set_index(["partner_id", "period", "metric"])["value"]
    assert told_then["P1", BEFORE, "attainment"] == 1.1
    assert told_now["P1", BEFORE, "attainment"] == 1.2
    row = row_of(now, "P1", "attainment")
    assert (row["value_then"], row["period_then"]) == (1.1, BEFORE)
    assert (row["value_now"], row["period_now"]) == (told_now["P1", QUARTER, "attainment"], QUARTER)
    index = row_of(now, "P1", "pipeline_index")
    assert (index["period_then"], index["period_now"]) == (QUARTER, "2026Q4")
    assert index["value_then"] == told_then["P1", QUARTER, "pipeline_index"]


def in_words(shown: Shown) -> list[str]:
    return shown.text.partition("\nAll headline figures")[0].splitlines()


def test_a_report_says_what_changed_with_the_figures_of_both_reviews(two: tuple[Snapshot, Snapshot]) -> None:
    own = gated(two[1], "P1", "internal")
    shown = changes(own)
    assert in_words(shown) == [
        "Since the review of 2026Q2: Worse: attainment at 96 % (110 % then), pipeline index for 2026Q4 at 3.6× "
        "(4.2× for 2026Q3 then) and 1 certified person (2 then).",
        "Better: 0 promises missed (1 then).",
        "Its tier is Silver, where it was Registered.",
    ]
    assert "Growth on the year\tno data\t20 %\tnot compared" in shown.text
    assert "Revenue\tUSD 110\tUSD 240\t▲ higher" in shown.text
    facts = {fact["id"]: fact["value"] for fact in collect([*shown.facts, *own.facts.values()])}
    assert facts["attainment||2026Q2|told_before"] == 1.1
    assert all(fact.id in own.facts for fact in shown.facts)


def test_of_a_firm_that_left_or_is_new_a_report_says_so(two: tuple[Snapshot, Snapshot]) -> None:
    assert "It has left since." in in_words(changes(gated(two[1], "P2", "internal")))
    assert in_words(changes(gated(two[1], "P3", "internal"))) == [
        "Since the review of 2026Q2: That review did not tell of it yet: there is nothing to compare with."
    ]


def test_without_a_review_before_nothing_is_said(two: tuple[Snapshot, Snapshot]) -> None:
    first = two[0]
    assert first.about.before == ""
    assert first.frame(CHANGES).empty
    assert first.frame(CHANGES_IN_ALL).empty
    assert changes(gated(first, "P1", "internal")).html == ""
    assert (changes_in_all(first), changes_by_partner(first), changes_of_many(first.about, [])) == ([], {}, [])
    assert portfolio_page.changes(portfolio_of(first, "M1")).html == ""


def test_front_page_and_manager_are_told_who_came_to_the_other_side(two: tuple[Snapshot, Snapshot]) -> None:
    found = changes_by_partner(two[1])
    assert {name: [flag.key for flag in one.flags] for name, one in found.items()} == {
        "P1": [OTHER_TIER, UNDER_PLAN, "under_target"],
        "P2": [GONE],
        "P3": [NEW],
    }
    assert found["P1"].flags[0].words == "tier Silver, was Registered"
    assert [said.text("USD") for said in changes_of_many(two[1].about, found.values())] == [
        "Since the review of 2026Q2 1 partner fell under plan, 1 partner slipped under the pipeline target, "
        "1 partner joined, 1 partner left and 1 partner changed tier."
    ]
    assert [said.text("USD") for said in changes_of_many(two[1].about, [found["P2"]])] == [
        "Since the review of 2026Q2 1 partner left."
    ]
    shown = portfolio_page.changes(portfolio_of(two[1], "M1"))
    assert in_words(shown)[0] == "Since the review of 2026Q2: 1 partner fell under plan: Ada at 96 % (110 % then)."
    collect([*shown.facts, *portfolio_of(two[1], "M1").facts.values()])


def crossed(metric: str, then: float, now: float, target: float = 4.0) -> list[str]:
    both = (told(period, (metric, value)) for period, value in ((BEFORE, then), (QUARTER, now)))
    return [flag.key for flag in since_of(*both, target=target).flags]


def since_of(then: Tables, now: Tables, *, target: float = 4.0) -> Since:
    """What changed of the only partner that two reviews tell of."""
    found = records(changed(then, now, REVIEWS))
    return Since(tuple(flags(changes_of(found), firm_of(found), target=target)), changes_of(found))


@pytest.mark.parametrize(
    ("metric", "then", "now", "keys"),
    [
        ("attainment", 0.98, 1.0, [AT_PLAN]),
        ("attainment", 1.0, 0.99, [UNDER_PLAN]),
        # Level with plan is not under it.
        ("attainment", 1.01, 0.998, []),
        ("attainment", 0.5, 0.9, []),
        ("pipeline_index", 3.9, 4.0, [AT_TARGET]),
        ("pipeline_index", 5.0, 4.5, []),
    ],
)
def test_a_flag_is_for_those_who_crossed(metric, then, now, keys) -> None:
    assert crossed(metric, then, now) == keys


def test_without_a_target_nobody_crosses_it() -> None:
    assert crossed("pipeline_index", 1.0, 9.0, target=0.0) == []


def test_at_most_four_changes_are_told_those_that_crossed_first() -> None:
    figures = [("attainment", 1.02, 0.96), ("growth_yoy", 0.0, 3.0), ("pipeline_index", 3.0, 1.0)]
    figures += [("win_rate", 0.2, 0.9), ("certified_people", 1.0, 40.0), ("open_pipeline", 1.0, 9.0)]
    both = (told(period, *((f[0], f[at]) for f in figures)) for period, at in ((BEFORE, 1), (QUARTER, 2)))
    named = [change.metric for change in chosen(since_of(*both).changes, target=4.0)]
    assert named == ["attainment", "growth_yoy", "win_rate", "certified_people"]


def test_a_change_that_chance_may_bring_is_told_as_one_of_which_nothing_is_sure() -> None:
    figures = (("win_rate", 0.286, 0.08, 0.64), ("attainment", 1.0)), (("win_rate", 0.5, 0.2, 0.8), ("attainment", 1.0))
    found = since_of(*(told(period, *each) for period, each in zip((BEFORE, QUARTER), figures, strict=True)))
    there = Firm(standing_then="partner", standing="partner")
    assert [said.text("USD") for said in since(found.changes, there, target=4.0)] == [
        "About as before: attainment.",
        "Too few cases to tell: win rate (50 %, 28.6 % then).",
    ]
    assert in_all(found.changes, before=BEFORE) == []
    assert (found.changes["win_rate"].word, found.changes["win_rate"].arrow) == ("too few cases to tell", "level")


def test_all_together_are_told_in_one_sentence() -> None:
    figures = [("attainment", 1.0, 0.9), ("pipeline_index", 4.0, 5.0), ("certified_people", 3.0, 1.0)]
    both = (told(period, *((f[0], f[at]) for f in figures)) for period, at in ((BEFORE, 1), (QUARTER, 2)))
    assert [said.text("USD") for said in in_all(since_of(*both).changes, before=BEFORE)] == [
        "All partners together, since the review of 2026Q2: worse in attainment (90 %, 100 % then) and certified "
        "people (1, 3 then); better in pipeline index (5× for 2026Q4, 4× for 2026Q3 then)."
    ]


def test_a_figure_that_no_sentence_names_has_no_verdict_in_the_table(two: tuple[Snapshot, Snapshot]) -> None:
    """Of the two figures on the pipeline the index speaks; the other one is lower, and not worse."""
    text = changes(gated(two[1], "P1", "internal")).text
    named = text.partition("\nAll headline figures")[0].lower()
    verdicts = [line.split("\t") for line in text.splitlines() if line.endswith(("better", "worse"))]
    assert verdicts
    for label, *_, mark in verdicts:
        assert label.partition(",")[0].lower().rstrip("s").removesuffix(" people") in named
        assert mark in ("▲ better", "▼ worse")


@pytest.mark.parametrize("gone", [["plans"], ["opportunities"], ["plans", "opportunities"]])
def test_a_source_that_gives_less_than_the_one_before_tells_each_fact_once(two, tmp_path, gone) -> None:
    now = frozen(tmp_path, {name: frame for name, frame in vendor().items() if name not in gone}, before=two[0])
    own = gated(now, "P1", "internal")
    cells = re.findall(r"cn\.qbr\.(\w+)\(partner\)", QBR.read_text(encoding="utf-8"))
    assert "summary" in cells
    shown = [*(getattr(qbr, name)(own) for name in cells)]
    collect([fact for one in shown for fact in one.facts] + list(own.facts.values()))
    asked = own.facts.of("pipeline_index", "2026Q4", unit="index")
    collect([asked, *(fact for one in shown for fact in one.facts)])
    portfolio = portfolio_of(now, "M1")
    collect([*portfolio_page.changes(portfolio).facts, *portfolio.facts.values()])


def test_the_partners_that_moved_most_are_named_first() -> None:
    found = []
    for name, now in (("Ada", 0.9), ("Bea", 0.5), ("Bea", 0.4), ("Cyd", 0.8), ("Dee", 0.7)):
        both = (told(period, ("attainment", value)) for period, value in ((BEFORE, 1.0), (QUARTER, now)))
        found.append((name, since_of(*both)))
    assert [said.text("USD") for said in by_name(found, period=QUARTER)] == [
        "5 partners fell under plan, among them Bea at 40 % (100 % then), Bea at 50 % (100 % then), "
        "Dee at 70 % (100 % then) and Cyd at 80 % (100 % then)."
    ]


# What must not be compared, and what a partner may see.


@pytest.mark.parametrize(
    ("about", "apart", "why"),
    [
        ({"currency": "EUR"}, "currency", "its figures were in another currency"),
        ({"first_month": 4}, "calendar", "it went by another fiscal calendar"),
    ],
)
def test_a_review_in_other_terms_is_not_compared_with(two, tmp_path, about, apart, why) -> None:
    then = replace(two[0], about=replace(two[0].about, **about))
    now = frozen(tmp_path, vendor(), before=then)
    assert (now.about.before, now.about.apart) == (BEFORE, apart)
    assert now.frame(CHANGES).empty
    said = f"Nothing is compared with the review of 2026Q2: {why}."
    assert changes(gated(now, "P1", "partner")).text == said
    assert [sentence.text("USD") for sentence in changes_of_many(now.about, [])] == [said]
    assert changes_in_all(now) == []


@pytest.mark.parametrize("lost", ["catalogue", "partners"])
def test_of_a_snapshot_of_an_older_version_nothing_is_told(two, tmp_path, lost) -> None:
    old = copytree(two[0].folder, tmp_path / "old")
    frame = pd.read_parquet(old / f"{lost}.parquet")
    frame.drop(columns=["formula", "survivor_id"], errors="ignore").to_parquet(old / f"{lost}.parquet")
    now = frozen(tmp_path / "now", vendor(), before=Snapshot.open(old))
    assert now.about.apart == "version"
    assert "an older version of channelnb" in changes(gated(now, "P1", "internal")).text


def test_what_an_older_snapshot_lacks_is_left_out(two, tmp_path) -> None:
    old = copytree(two[0].folder, tmp_path / "old")
    (old / "promises.parquet").unlink()
    now = frozen(tmp_path / "now", vendor(), before=Snapshot.open(old))
    assert row_of(now, "P1", "promises_missed")["kind"] == "not_compared"
    assert row_of(now, "P1", "attainment")["value_then"] == 1.1


def test_a_partner_is_told_of_no_figure_that_its_edition_counts_otherwise(two: tuple[Snapshot, Snapshot]) -> None:
    """A promise on the vendor's margin is left out of the partner's edition, and so is the number that counts it."""
    assert not row_of(two[1], "P1", "promises_missed")["for_the_partner"]
    partner = gated(two[1], "P1", "partner")
    assert "promises_missed" not in set(partner.frames[CHANGES]["metric"])
    assert "promise" not in changes(partner).text.lower()
    assert "attainment" in changes(partner).text


def card(*metrics: str) -> Scorecards:
    scored = tuple(ScoredMetric("performance", name, 1.0, 0.5) for name in metrics)
    return Scorecards((Scorecard("", date(2020, 1, 1), scored),))


@pytest.mark.parametrize(
    ("then", "now", "because", "own"),
    [
        (card("attainment"), card("attainment"), "", True),
        (card("attainment"), card("attainment", "revenue"), "defined", True),
        (card("attainment", "gross_margin"), card("attainment", "gross_margin"), "", False),
    ],
)
def test_scores_are_compared_where_the_same_counts_and_told_where_no_margin_does(tmp_path, then, now, because, own):
    tables = vendor()
    old = frozen(tmp_path / "old", tables, BEFORE, settings=Settings(min_peers=1, scorecards=then))
    new = frozen(tmp_path / "new", tables, before=old, settings=Settings(min_peers=1, scorecards=now))
    row = row_of(new, "P1", "score")
    assert (row["because"], row["for_the_partner"]) == (because, own)
    assert ("Score in all" in changes(gated(new, "P1", "partner")).text) == own


# Runs.


def test_the_same_inputs_give_the_same_bytes_and_another_review_before_gives_others(two, tmp_path) -> None:
    then, now = two
    again = frozen(tmp_path / "again", vendor(), before=then)
    assert again.data_version == now.data_version
    assert (again.folder / "changes.parquet").read_bytes() == (now.folder / "changes.parquet").read_bytes()
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in vendor().items()}
    assert row_bytes(frozen(tmp_path / "shuffled", shuffled, before=then)) == row_bytes(now)
    assert frozen(tmp_path / "alone", vendor()).data_version != now.data_version


def row_bytes(snapshot: Snapshot) -> bytes:
    return (snapshot.folder / "changes.parquet").read_bytes()


def test_months_are_compared_with_the_month_before(tmp_path: Path) -> None:
    then = frozen(tmp_path / "then", vendor(), "2026-08")
    now = frozen(tmp_path / "now", vendor(), "2026-09", before=then)
    row = row_of(now, "P1", "attainment")
    assert (row["period_then"], row["period_now"], row["value_then"]) == ("2026-08", "2026-09", 2.0)
    assert "Since the review of 2026-08" in changes(gated(now, "P1", "internal")).text


def test_while_a_period_runs_only_what_is_of_a_day_is_compared(two, tmp_path) -> None:
    now = frozen(tmp_path, vendor(), before=two[0], as_of="2026-08-14")
    said = in_words(changes(gated(now, "P1", "internal")))
    assert said[-1] == "Compared is only what is told of a day, as the period is not over."
    assert not any("attainment" in line for line in said)
    assert set(now.frame(CHANGES).query("kind != 'not_compared'")["metric"]) <= {
        *("open_pipeline", "certified_people", "tier", "standing")
    }


def test_the_review_before_is_the_one_that_was_read_last(tmp_path: Path) -> None:
    assert last_report(tmp_path, by=date(2026, 9, 30)) is None
    for as_of in ("2026-05-20", "2026-06-30", "2026-07-10", "2026-10-20"):
        with held(tmp_path), open_book(vendor(), quarter=BEFORE, as_of=as_of) as book:
            replace_snapshot(tmp_path, lambda beside, book=book: freeze(book, beside, Settings(min_peers=1)))
    for by, known in (("2026-09-30", "2026-07-10"), ("2026-10-20", "2026-10-20"), ("2026-06-30", "2026-06-30")):
        found = last_report(tmp_path, by=date.fromisoformat(by))
        assert found is not None
        assert found.about.as_of == known
    assert last_report(tmp_path, by=date(2026, 6, 1)) is None


def test_a_run_is_made_anew_once_the_quarter_before_is_there(tmp_path, monkeypatch) -> None:
    write_project(tmp_path, partners=("P1",))
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "data" / "sales.csv").open("a") as sales:
        sales.write("P1,2026-05-01,500\n")
    params = tmp_path / "params" / "small.yaml"
    before = params.with_name("before.yaml")
    before.write_text(params.read_text().replace(QUARTER, BEFORE))

    def made(path: Path) -> tuple[int, str]:
        choice = Choice(notebooks=("channel",), jobs=1)
        outcome = run(path, choice, today=date(2026, 10, 5), console=Console(file=io.StringIO()))
        return outcome.made, Snapshot.open(outcome.folder / "snapshot").about.before

    assert made(params) == (1, "")
    assert made(before) == (1, "")
    assert made(params) == (1, BEFORE)
    assert made(params) == (0, BEFORE)
    folder = tmp_path / "runs" / "small" / QUARTER / "snapshot"
    assert row_of(Snapshot.open(folder), "P1", "revenue")["value_then"] == 500
