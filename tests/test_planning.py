"""The central table, and promises scored from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.metrics.measure import measure
from channelnb.planning.outlook import outlook
from channelnb.planning.promises.commitments import scored
from tables import rows, small_vendor


def test_outlook_sets_past_against_plan_and_coming_against_pipeline():
    with open_book(small_vendor(), quarter="2026Q3") as book:
        measures = measure(book, by=["partner_id", "quarter"]).rename(columns={"quarter": "period"})
    table = outlook(measures[measures["partner_id"].eq("P1")], target=4.0, period="2026Q3").set_index("period")
    assert list(table.loc["2026Q3", ["when", "plan", "actual", "attainment", "mark"]]) == [
        "past",
        250,
        240,
        0.96,
        "4 % behind",
    ]
    assert np.isnan(table.loc["2026Q3", "index"])
    coming = table.loc["2026Q4"]
    assert [coming["when"], coming["plan"], coming["pipeline"], coming["mark"]] == ["coming", 200, 710, "under target"]
    assert coming["index"] == pytest.approx(3.55)
    assert np.isnan(coming["actual"])
    assert table.index.is_monotonic_increasing


def test_a_running_quarter_has_actual_plan_and_pipeline():
    with open_book(small_vendor(), quarter="2026Q3", as_of="2026-08-20") as book:
        measures = measure(book, by=["partner_id", "quarter"]).rename(columns={"quarter": "period"})
    of_p1 = measures[measures["partner_id"].eq("P1")]
    running = outlook(of_p1, target=4.0, period="2026Q3", over=False).set_index("period").loc["2026Q3"]
    assert [running["when"], running["actual"], running["plan"]] == ["running", 300, 250]
    assert running["pipeline"] == 90, "the 500 and the 70 were due before the day on which it stands: overdue"


def test_a_partner_without_a_plan_has_no_mark():
    with open_book(small_vendor(), quarter="2026Q3") as book:
        measures = measure(book, by=["partner_id", "quarter"]).rename(columns={"quarter": "period"})
    table = outlook(measures[measures["partner_id"].eq("P2")], target=4.0, period="2026Q3")
    assert set(table["mark"]) == {""}
    assert table["plan"].isna().all()


PROMISES = rows(
    "commitment_id partner_id side kind text made_on due_on metric line target status closed_on",
    "met P1 partner goal sell 2026-06-30 2026-09-30 revenue - 240 open -",
    "missed P1 partner goal sell 2026-06-30 2026-09-30 revenue - 241 open -",
    "line P1 partner goal sell 2026-06-30 2026-09-30 revenue Routers 300 open -",
    "unknown P1 partner goal sell 2026-06-30 2026-09-30 happiness - 3 open -",
    "noplan P2 partner goal sell 2026-06-30 2026-09-30 attainment - 1 open -",
    "later P1 partner goal sell 2026-06-30 2026-12-31 revenue - 1 open -",
    "done P1 vendor action pay 2026-06-30 2026-09-30 - - - done 2026-09-30",
    "late P1 vendor action pay 2026-06-30 2026-08-31 - - - done 2026-09-01",
    "undone P1 vendor action pay 2026-06-30 2026-09-30 - - - open -",
    "dropped P1 vendor action pay 2026-06-30 2026-09-30 - - - dropped 2026-07-01",
    "silent P1 vendor action pay 2026-06-30 2026-09-30 - - - - -",
    "early P1 vendor action pay 2026-06-30 2026-12-31 - - - done 2026-08-01",
    "waiting P1 vendor action pay 2026-06-30 2026-12-31 - - - open -",
    "after P1 vendor action pay 2026-06-30 2026-09-30 - - - done 2026-10-05",
    "new P1 vendor action pay 2026-10-02 2026-12-31 - - - open -",
)

RESULTS = {
    "met": "met",
    "missed": "missed",
    "line": "met",
    "unknown": "not_measurable",
    "noplan": "not_measurable",
    "later": "open",
    "done": "met",
    "late": "missed",
    "undone": "missed",
    "dropped": "missed",
    "silent": "not_measurable",
    "early": "met",
    "waiting": "open",
    "after": "missed",
}


def test_promises_are_scored_from_the_data():
    with open_book({**small_vendor(), "commitments": PROMISES}, quarter="2026Q3") as book:
        result = scored(book).set_index("commitment_id")
    assert result["result"].to_dict() == RESULTS
    assert result.loc["missed", "reached"] == 240
    assert result.loc["missed", "because"] == "below target"


def test_no_promises_is_an_empty_table():
    with open_book(small_vendor(), quarter="2026Q3") as book:
        assert scored(book).empty
        assert "result" in scored(book)


def test_against_plan_needs_no_measures():
    empty = pd.DataFrame(columns=["period", "metric", "numerator", "denominator", "value", "state"])
    assert outlook(empty, target=4.0, period="2026Q3").empty
