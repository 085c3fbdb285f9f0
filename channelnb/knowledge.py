"""Assessed knowledge: what each person at a partner is strong and weak in, and what to learn next."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from channelnb.errors import ColumnsMissing
from channelnb.frames import records
from channelnb.numbers import value_text

MARGIN = 5.0
"""Points of 100 by which a score must differ from the level to be called a strength or a weakness."""

FEWEST = 5
"""Assessments of an area below which there is no level to compare with."""

STEPS = 2
"""How many next steps a person is given at most."""

_AREAS = {
    "skills": ("selling skills", "Practise selling skills"),
    "product": ("the product", "Get to know the product"),
    "strategy": ("the vendor's strategy", "Go through the vendor's strategy"),
    "market": ("the target market", "Study the target market"),
    "value proposition": ("the value proposition", "Learn to put the value proposition"),
    "presentation": ("presenting", "Practise presenting"),
}
"""Areas as people say them, and what to do about each."""


@dataclass(frozen=True)
class _Area:
    name: str
    score: float
    level: float

    @property
    def ahead(self) -> float:
        return self.score - self.level

    @property
    def told(self) -> str:
        return f"{_AREAS.get(self.name, (self.name, ''))[0]} ({_points(self.score)})"

    def step(self, against: str) -> str:
        what = _AREAS.get(self.name, ("", f"Work on {self.name}"))[1]
        below = f"{_points(-self.ahead)} below {against} of {_points(self.level)}"
        return f"{what}: {_points(self.score)} of 100, {below}."


def knowledge_of(people: pd.DataFrame, level: pd.DataFrame, *, against: str = "the average") -> pd.DataFrame:
    """What each person is strong and weak in, and the two areas to learn next.

    Needs what `measure` says of `knowledge` by salesperson_id and area, and the level by area that they are held
    against: everybody's, or that of peers, as `against` names it. A row is a person: `strengths` and `weaknesses` are
    areas at least MARGIN points above and below the level, the furthest first, each with its score; `next_steps` are
    sentences on the STEPS areas furthest below it, and none where no area is so far below. `compared` says how many
    areas were, of the `assessed`: a level of fewer than FEWEST assessments is none. All three hold tuples of text.
    Raises ColumnsMissing for a frame that is no such measurement.

    Source: common practice in sales enablement.

    >>> columns = ["salesperson_id", "area", "value", "state"]
    >>> people = pd.DataFrame([("S1", "product", 42.0, "ok"), ("S1", "market", 80.0, "ok")], columns=columns)
    >>> level = pd.DataFrame({"area": ["product", "market"], "value": [60.0, 62.0], "n": [9, 9], "state": "ok"})
    >>> row = knowledge_of(people, level).iloc[0]
    >>> row["strengths"], row["weaknesses"]
    (('the target market (80)',), ('the product (42)',))
    >>> row["next_steps"]
    ('Get to know the product: 42 of 100, 18 below the average of 60.',)
    """
    scores = _told(people, "salesperson_id", "area", "value", "state")
    compared = _told(level, "area", "value", "n", "state")
    levels = {row["area"]: row["value"] for row in records(compared[compared["n"] >= FEWEST])}
    rows = [
        {"salesperson_id": person, **_of_one(own, levels, against)}
        for person, own in scores.groupby("salesperson_id", sort=True)
    ]
    columns = ["salesperson_id", "strengths", "weaknesses", "next_steps", "compared", "assessed"]
    return pd.DataFrame(rows, columns=columns)


def _told(rows: pd.DataFrame, *needed: str) -> pd.DataFrame:
    """The rows whose figure is known."""
    lacking = [name for name in needed if name not in rows]
    if lacking:
        raise ColumnsMissing(
            f"knowledge needs columns {lacking}; the frame has {[str(name) for name in rows.columns]}. "
            "Give what `measure` returns of `knowledge` by these keys."
        )
    return rows[rows["state"].eq("ok")]


def _of_one(own: pd.DataFrame, levels: dict[str, float], against: str) -> dict[str, object]:
    areas = [_Area(row["area"], row["value"], levels[row["area"]]) for row in records(own) if row["area"] in levels]
    # The name decides between areas that are as far from the level, so that the order of rows does not.
    areas.sort(key=lambda area: (area.ahead, area.name))
    weak = [area for area in areas if area.ahead <= -MARGIN]
    strong = [area for area in reversed(areas) if area.ahead >= MARGIN]
    return {
        "strengths": tuple(area.told for area in strong),
        "weaknesses": tuple(area.told for area in weak),
        "next_steps": tuple(area.step(against) for area in weak[:STEPS]),
        "compared": len(areas),
        "assessed": len(own),
    }


def _points(score: float) -> str:
    return value_text(score, "score", "")
