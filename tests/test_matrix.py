"""The matrix of a manager's partners: never a verdict from noise."""

from __future__ import annotations

import pandas as pd
import pytest

from channelnb.narrative.facts import Fact, Facts
from channelnb.narrative.matrix import PLACED, UNPLACED, drawn, finding, matrix_facts, who, without
from channelnb.planning.matrix import ACROSS, FEWEST, UNDECIDED, UPWARDS, borders, placed

PARTED = pd.DataFrame({"category": [ACROSS, UPWARDS], "median": [70.0, 50.0], "n": 9})
COLUMNS = ["partner_id", "category", "score", "low", "high"]


def scores(partner_id: str, across: tuple[float, ...], up: tuple[float, ...]) -> pd.DataFrame:
    rows = [(partner_id, ACROSS, *across), (partner_id, UPWARDS, *up)]
    return pd.DataFrame(rows, columns=COLUMNS).assign(period="2026Q3", state="ok")


@pytest.mark.parametrize(
    "across, up, quadrant",
    [
        ((80.0, 75.0, 85.0), (60.0, 55.0, 65.0), "grow"),
        ((80.0, 75.0, 85.0), (40.0, 35.0, 45.0), "secure"),
        ((60.0, 55.0, 65.0), (60.0, 55.0, 65.0), "help"),
        ((60.0, 55.0, 65.0), (40.0, 35.0, 45.0), "decide"),
        # A range that reaches over a border, or only up to it, decides nothing, on either scale.
        ((80.0, 69.0, 85.0), (60.0, 55.0, 65.0), UNDECIDED),
        ((80.0, 75.0, 85.0), (60.0, 49.0, 65.0), UNDECIDED),
        ((80.0, 70.0, 85.0), (60.0, 55.0, 65.0), UNDECIDED),
        ((70.0, 70.0, 70.0), (60.0, 60.0, 60.0), UNDECIDED),
    ],
)
def test_a_partner_is_placed_only_where_its_whole_ranges_lie(
    across: tuple[float, ...], up: tuple[float, ...], quadrant: str
) -> None:
    assert placed(scores("P1", across, up), PARTED)["quadrant"].tolist() == [quadrant]


def test_a_partner_without_one_of_the_scores_is_not_placed() -> None:
    both, half = scores("P1", (80.0, 75.0, 85.0), (60.0, 55.0, 65.0)), scores("P2", (80.0,) * 3, (60.0,) * 3)
    half.loc[1, ["score", "low", "high"]] = None
    found = placed(pd.concat([both, half, half.head(1).assign(partner_id="P3")]), PARTED)
    assert found["partner_id"].tolist() == ["P1"]
    assert placed(both, PARTED.head(1)).empty
    told = Facts(matrix_facts(both, PARTED, found, period="2026Q3", there=["P1", "P2", "P3"]))
    assert told.of(UNPLACED, "2026Q3").value == 2


@pytest.mark.parametrize(
    "number, said",
    [
        (0.0, []),
        (1.0, ["1 more partner is not placed: it lacks a score in performance or in activity."]),
        (2.0, ["2 more partners are not placed: they lack a score in performance or in activity."]),
    ],
)
def test_those_without_scores_are_counted(number: float, said: list[str]) -> None:
    facts = Facts([Fact(UNPLACED, "2026Q3", number, "count")])
    assert [sentence.text("") for sentence in without(facts, "2026Q3")] == said


@pytest.mark.parametrize(
    "number, said",
    [
        (40.0, []),
        (41.0, ["Drawn are 40 of 41 partners, those whose place is sure first; the table has them all."]),
        (150.0, ["Drawn are 40 of 150 partners, those whose place is sure first; the table has the first 100."]),
    ],
)
def test_a_caption_says_that_not_all_are_drawn(number: float, said: list[str]) -> None:
    facts = Facts([Fact(PLACED, "2026Q3", number, "count")])
    assert [sentence.text("") for sentence in drawn(facts, "2026Q3", most=40, listed=100)] == said


def test_borders_are_medians_of_the_period_where_enough_are_scored() -> None:
    rows = pd.DataFrame({"period": "2026Q3", "category": ACROSS, "score": [float(n) for n in range(FEWEST)]})
    older = rows.assign(period="2026Q2", score=99.0)
    few = rows.head(FEWEST - 1).assign(category=UPWARDS)
    found = borders(pd.concat([rows, older, few, rows.assign(category="capability")]), period="2026Q3")
    assert found.to_dict("records") == [{"category": ACROSS, "median": 2.0, "n": FEWEST}]


@pytest.mark.parametrize(
    "quadrants, said",
    [
        (
            ["grow", "grow", "undecided"],
            "Of 3 partners with scores for 2026Q3, 2 are to grow with; 1 lies too near to a median to say.",
        ),
        (["decide"], "Of 1 partner with scores for 2026Q3, 1 is to decide on."),
        (
            ["undecided"] * 2,
            "Of 2 partners with scores for 2026Q3, none can be placed: each lies too near to a median to say.",
        ),
    ],
)
def test_the_finding_counts_what_is_sure_and_what_is_not(quadrants: list[str], said: str) -> None:
    ids = [f"P{number}" for number in range(len(quadrants))]
    found = pd.DataFrame({"partner_id": ids, "quadrant": quadrants})
    facts = Facts(matrix_facts(pd.DataFrame(columns=COLUMNS), PARTED, found, period="2026Q3", there=ids))
    assert finding(facts, "2026Q3").text("") == said


def test_of_many_in_a_quadrant_some_are_named_and_all_counted() -> None:
    ids = [f"P{number}" for number in range(9)]
    found = pd.DataFrame({"partner_id": ids, "quadrant": "help"})
    facts = Facts(matrix_facts(pd.DataFrame(columns=COLUMNS), PARTED, found, period="2026Q3", there=ids))
    [said] = who(facts, found, {name: f"Firm {name}" for name in ids}, period="2026Q3")
    assert said.text("").startswith("To help to win, among 9: Firm P0, ")
    assert said.text("").endswith("Firm P4 and Firm P5.")
