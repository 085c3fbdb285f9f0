"""Promises over four quarters of the sample: made in one review, scored in the next, and made of what was accepted."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook
from rich.console import Console

from channelnb.book.book import open_book
from channelnb.fleet.accept import accept
from channelnb.fleet.actions import HEADS, SHEET
from channelnb.fleet.run import Choice, run
from channelnb.planning.promises.commitments import scored
from channelnb.slice import gated
from channelnb.snapshot import Snapshot

REVIEWS = ("2025Q4", "2026Q1", "2026Q2", "2026Q3")
AGREED_ON = date(2026, 1, 12)

# What each figure is, in SQL of this test's own over the files of the sample.
FIGURES = {
    "leads_given": "SELECT count(*) FROM '{leads}' WHERE partner_id = ? AND CAST(assigned_at AS DATE) BETWEEN {q}",
    "deal_registrations": "SELECT count(*) FROM '{opportunities}' WHERE partner_id = ? AND registered_on BETWEEN {q}",
    "mdf_claims": "SELECT count(*) FROM '{mdf_claims}' WHERE partner_id = ? AND requested_on BETWEEN {q}",
    "pipeline_created": "SELECT coalesce(sum(amount), 0) FROM '{opportunities}' WHERE partner_id = ? "
    "AND created_on BETWEEN {q}",
    "win_rate": "SELECT count(*) FILTER (outcome = 'won') / count(*) FROM '{opportunities}' WHERE partner_id = ? "
    "AND outcome IN ('won', 'lost') AND closed_on BETWEEN {q}",
    "lead_acceptance": "SELECT count(*) FILTER (CAST(accepted_at AS DATE) <= DATE '2026-03-31') / count(*) "
    "FROM '{leads}' WHERE partner_id = ? AND CAST(assigned_at AS DATE) BETWEEN {q}",
}
QUARTER = "DATE '2026-01-01' AND DATE '2026-03-31'"


@dataclass(frozen=True)
class Round:
    """A source in whose folder things were agreed, the run that proposed them, and what was accepted."""

    source: Path
    run: Path
    proposals: pd.DataFrame
    accepted: pd.DataFrame


@pytest.mark.parametrize("quarter", REVIEWS)
def test_promises_of_the_sample_end_in_each_review_as_its_truth_says(sample: Path, quarter: str) -> None:
    truth = yaml.safe_load((sample / "truth.yaml").read_text(encoding="utf-8"))["promises"]
    with open_book(sample, quarter=quarter) as book:
        found = scored(book)
    due = found[found["due_period"].eq(quarter)]
    assert len(due) > 100
    assert dict(zip(due["commitment_id"], due["result"], strict=True)) == {
        name: truth[name] for name in due["commitment_id"]
    }
    assert set(found.loc[found["due_period"].gt(quarter), "result"]) <= {"open", "met"}


def test_a_second_miss_is_counted_from_one_review_to_the_next(sample: Path) -> None:
    """The number in a row is worked out here from the results of all reviews, promise by promise."""
    with open_book(sample, quarter="2026Q3") as book:
        found = scored(book)
    goals = found[found["result"].eq("missed") & found["metric"].notna()]
    places = {quarter: place for place, quarter in enumerate(REVIEWS)}
    keys = ["partner_id", "side", "metric"]
    missed = {
        (*(row[key] for key in keys), str(row["line"]), places[row["due_period"]])
        for row in goals.to_dict("records")
        if row["due_period"] in places
    }
    for row in goals.to_dict("records"):
        key, place, times = (*(row[key] for key in keys), str(row["line"])), places[row["due_period"]], 0
        while (*key, place - times) in missed:
            times += 1
        assert row["misses"] == times
    assert goals["misses"].ge(2).sum() > 10
    assert found.loc[found["result"].ne("missed"), "misses"].eq(0).all()


@pytest.fixture(scope="module")
def made(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Round:
    """A run of 2025Q4 whose proposals were accepted, one with another target, and others left."""
    place = tmp_path_factory.mktemp("round")
    source = Path(shutil.copytree(sample, place / "vendor"))
    params = place / "trip.yaml"
    costs = "{leads_given: 180, deal_registrations: 250, pipeline_created: 0.03, lead_acceptance: 60, win_rate: 4000}"
    params.write_text(
        f"name: trip\nsource: {source}\nquarter: 2025Q4\nnotebooks: [qbr]\naction_costs: {costs}\n", encoding="utf-8"
    )
    choice = Choice(partners=("P0003",), notebooks=("qbr",), runs=place / "runs")
    assert run(params, choice, today=AGREED_ON, console=Console(quiet=True)).exit_status == 0
    folder = place / "runs" / "trip" / "2025Q4"
    proposals = Snapshot.open(folder / "snapshot").frame("proposals")
    accepted = fill_in(folder / "proposed" / "actions.xlsx", proposals)
    accept(folder, today=AGREED_ON)
    return Round(source, folder, proposals, accepted)


def fill_in(path: Path, proposals: pd.DataFrame) -> pd.DataFrame:
    """Say yes to all that this test can work out, no to some others; the target of the first is another one."""
    book = load_workbook(path)
    sheet = book[SHEET]
    column = {name: place for place, name in enumerate(HEADS, start=1)}
    wanted = proposals[proposals["metric"].isin(FIGURES)].set_index("proposal_id")["target"].to_dict()
    first = next(iter(wanted))
    wanted[first] = 1.0 if proposals.set_index("proposal_id").loc[first, "metric"] != "win_rate" else 0.01
    for row in range(2, sheet.max_row + 1):
        name = sheet.cell(row, column["proposal_id"]).value
        sheet.cell(row, column["accept"]).value = "yes" if name in wanted else "No " if row % 2 else None
        if name == first:
            sheet.cell(row, column["target"]).value = wanted[first]
    book.save(path)
    rows = proposals[proposals["proposal_id"].isin(wanted)]
    return rows.assign(target=rows["proposal_id"].map(wanted))


def test_what_was_accepted_is_a_promise_of_the_next_quarter_scored_by_the_data(made: Round) -> None:
    with open_book(made.source, quarter="2026Q1") as book:
        found = scored(book).set_index("commitment_id")
    paths = {path.stem: str(path) for path in made.source.glob("*.parquet")}
    usd = set(pd.read_parquet(paths["opportunities"]).query("currency == 'USD'")["partner_id"])
    merged = set(pd.read_parquet(paths["partners"]).query("merged_into.notna()")["partner_id"])
    results = []
    for row in made.accepted.itertuples():
        if row.metric == "pipeline_created" and row.partner_id in usd:
            continue
        sql = FIGURES[row.metric].format(q=QUARTER, **paths)
        (reached,) = duckdb.execute(sql, [row.partner_id]).fetchall()[0]
        promise = found.loc[row.proposal_id]
        assert promise["due_period"] == "2026Q1"
        # A firm that merged during the quarter has no figures of its own any more.
        if reached is None or row.partner_id in merged:
            assert promise["result"] == "not_measurable"
            continue
        assert promise["reached"] == pytest.approx(float(reached)), row.text
        assert promise["result"] == ("met" if float(reached) >= row.target else "missed")
        results.append(promise["result"])
    assert len(results) > 30
    assert {"met", "missed"} == set(results)


def test_what_was_not_accepted_is_no_promise(made: Round) -> None:
    with open_book(made.source, quarter="2026Q1") as book:
        promised = set(book.table("commitments")["commitment_id"])
        assert book.loads["commitments"].rows_rejected == 0
    assert promised & set(made.proposals["proposal_id"]) == set(made.accepted["proposal_id"])


def test_a_promise_keeps_who_owns_it_what_follows_and_the_day_on_which_it_was_agreed(made: Round) -> None:
    with open_book(made.source, quarter="2026Q1") as book:
        found = book.table("commitments").set_index("commitment_id")
    for row in made.accepted.itertuples():
        promise = found.loc[row.proposal_id]
        assert (promise["owner"], promise["if_missed"], promise["side"]) == (row.owner, row.if_missed, row.side)
        assert promise["made_on"].date() == AGREED_ON
    with open_book(made.source, quarter="2025Q4") as book:
        assert not set(made.accepted["proposal_id"]) & set(book.table("commitments")["commitment_id"])


def test_a_target_changed_by_hand_is_named_in_the_promise(made: Round) -> None:
    first = made.accepted.iloc[0]
    agreed = pd.read_csv(made.source / "agreed" / "commitments.csv", dtype=str).set_index("commitment_id")
    before = made.proposals.set_index("proposal_id").loc[first["proposal_id"]]
    assert float(agreed.loc[first["proposal_id"], "target"]) == first["target"] != before["target"]
    assert agreed.loc[first["proposal_id"], "text"] != before["text"]
    other = made.accepted.iloc[1]
    assert agreed.loc[other["proposal_id"], "text"] == other["text"]


def test_accepting_again_adds_nothing_and_the_report_of_the_run_shows_what_it_proposed(made: Round) -> None:
    path = made.source / "agreed" / "commitments.csv"
    before = path.read_bytes()
    again = accept(made.run, today=date(2026, 2, 1))
    assert again.added["commitments"] == 0
    assert again.there["commitments"] == len(made.accepted)
    assert path.read_bytes() == before
    page = next(made.run.glob("internal/P0003-*/qbr.html")).read_text(encoding="utf-8")
    own = gated(Snapshot.open(made.run / "snapshot"), "P0003", "internal").frames["proposals"]
    assert len(own)
    assert "Promises" in page
