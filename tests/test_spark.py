from __future__ import annotations

import re

import pytest

from channelnb.narrative.facts import Fact
from channelnb.report.spark import HEIGHT, spark_line
from channelnb.report.tables import Scale


def drawn(html: str) -> dict[int, float]:
    """Where the line stands in each period, from 0 at its foot to 1 at its top."""
    path = re.findall(r'<path d="([^"]*)"/>', html)[0].replace("h0", "")
    numbers = [int(number) for number in path.replace("M", " ").split()]
    return {place: 1 - y / HEIGHT for place, y in zip(numbers[::2], numbers[1::2], strict=True)}


def facts(*values: float | None) -> list[Fact]:
    return [Fact("revenue", f"2026Q{place}", value, "money") for place, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    "values, shares",
    [
        ([50.0, 25.0, 100.0], {0: 0.5, 1: 0.25, 2: 1.0}),
        ([1e9, 1.01e9], {0: 1 / 1.01, 1: 1.0}),
        ([4.0, None, 2.0], {0: 1.0, 2: 0.5}),
        ([0.0, 0.0], {0: 0.0, 1: 0.0}),
        ([-1.0, 3.0, 0.0], {0: 0.0, 1: 1.0, 2: 0.25}),
        ([-2.0, -1.0], {0: 0.0, 1: 0.5}),
    ],
)
def test_line_stands_where_its_values_are(values: list[float | None], shares: dict[int, float]) -> None:
    assert drawn(spark_line(facts(*values), scale=Scale()).html) == pytest.approx(shares, abs=0.5 / HEIGHT)


def test_line_breaks_where_there_is_no_figure() -> None:
    html = spark_line(facts(1.0, 2.0, None, 4.0), scale=Scale()).html
    assert html.count("M") == 2
    assert html.count("h0") == 1, "one that stands alone is a dot"


def test_who_cannot_see_the_line_is_told_its_figures() -> None:
    line = spark_line(facts(1_234_500.0, None, 0.0), scale=Scale(power=3, unit="EUR k"))
    assert line.text == "2026Q1 to 2026Q3: 1,235, none, 0"
    assert f'role="img" aria-label="{line.text}"' in line.html


def test_no_figure_at_all_is_no_line() -> None:
    assert spark_line(facts(None, None), scale=Scale()).html == ""
    assert spark_line([], scale=Scale()).html == ""
