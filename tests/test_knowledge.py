"""Strengths, weaknesses and next steps: never more than the scores say."""

from __future__ import annotations

import pandas as pd
import pytest

from channelnb.errors import ColumnsMissing
from channelnb.knowledge import FEWEST, MARGIN, STEPS, knowledge_of

LEVEL = pd.DataFrame(
    {"area": ["product", "market", "skills", "strategy"], "value": [60.0, 60.0, 60.0, 60.0], "n": FEWEST, "state": "ok"}
)


def people(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["salesperson_id", "area", "value"]).assign(state="ok")


def told(*scores: tuple[str, float], level: pd.DataFrame = LEVEL) -> pd.Series:
    return knowledge_of(people(*(("S1", area, score) for area, score in scores)), level).iloc[0]


def test_the_two_areas_furthest_below_the_level_come_first() -> None:
    found = told(("product", 50.0), ("market", 20.0), ("skills", 40.0), ("strategy", 90.0))
    assert found["weaknesses"] == ("the target market (20)", "selling skills (40)", "the product (50)")
    assert found["strengths"] == ("the vendor's strategy (90)",)
    assert found["next_steps"] == (
        "Study the target market: 20 of 100, 40 below the average of 60.",
        "Practise selling skills: 40 of 100, 20 below the average of 60.",
    )
    assert len(found["next_steps"]) == STEPS


@pytest.mark.parametrize(
    ("score", "strong", "weak"),
    [(60 + MARGIN, 1, 0), (60 + MARGIN - 1, 0, 0), (60 - MARGIN + 1, 0, 0), (60 - MARGIN, 0, 1)],
)
def test_a_score_near_the_level_is_neither(score: float, strong: int, weak: int) -> None:
    found = told(("product", score))
    assert (len(found["strengths"]), len(found["weaknesses"]), len(found["next_steps"])) == (strong, weak, weak)


@pytest.mark.parametrize(
    "level",
    [LEVEL.iloc[1:], LEVEL.assign(n=FEWEST - 1), LEVEL.assign(state="no_data")],
    ids=["area unknown", "too few", "not told"],
)
def test_nothing_is_said_of_an_area_without_a_level(level: pd.DataFrame) -> None:
    found = told(("product", 1.0), level=level)
    assert found[["strengths", "weaknesses", "next_steps"]].tolist() == [(), (), ()]
    assert found[["compared", "assessed"]].tolist() == [0, 1]


def test_people_are_told_in_order_whatever_the_order_of_rows() -> None:
    rows = people(("S2", "product", 10.0), ("S1", "market", 90.0), ("S1", "product", 10.0), ("S1", "skills", 10.0))
    found = knowledge_of(rows, LEVEL, against="the peers' average")
    pd.testing.assert_frame_equal(found, knowledge_of(rows.iloc[::-1], LEVEL.iloc[::-1], against="the peers' average"))
    assert found["salesperson_id"].tolist() == ["S1", "S2"]
    assert found.loc[1, "next_steps"] == ("Get to know the product: 10 of 100, 50 below the peers' average of 60.",)


def test_a_score_that_is_not_known_is_not_told_of() -> None:
    rows = people(("S1", "product", 10.0), ("S2", "product", 10.0)).assign(state=["ok", "not_measurable"])
    assert knowledge_of(rows, LEVEL)["salesperson_id"].tolist() == ["S1"]
    assert knowledge_of(rows.iloc[:0], LEVEL).empty


def test_what_is_no_measurement_is_refused() -> None:
    with pytest.raises(ColumnsMissing, match=r"needs columns \['salesperson_id'\]"):
        knowledge_of(people().drop(columns="salesperson_id"), LEVEL)
