"""Fiscal quarters for every first month."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from channelnb.errors import NotUsable
from channelnb.fiscal import FiscalCalendar


@pytest.mark.parametrize("first_month", range(1, 13))
def test_quarters_tile_the_days(first_month):
    calendar = FiscalCalendar(first_month)
    day, quarter = date(2024, 1, 1), None
    while day < date(2026, 1, 1):
        now = calendar.quarter_of(day)
        assert calendar.start(now) <= day <= calendar.end(now)
        if quarter is not None and now != quarter:
            assert now == calendar.shift(quarter, 1)
            assert day == calendar.start(now)
        day, quarter = day + timedelta(days=1), now


@pytest.mark.parametrize(
    ("first_month", "day", "quarter"),
    [
        (1, date(2026, 9, 30), "2026Q3"),
        (4, date(2026, 3, 31), "2026Q4"),
        (4, date(2026, 4, 1), "2027Q1"),
        (7, date(2026, 6, 30), "2026Q4"),
        (10, date(2025, 10, 1), "2026Q1"),
        (12, date(2025, 12, 1), "2026Q1"),
    ],
)
def test_a_quarter_is_named_by_the_year_in_which_it_ends(first_month, day, quarter):
    assert FiscalCalendar(first_month).quarter_of(day) == quarter


def test_an_impossible_month_is_refused():
    with pytest.raises(NotUsable, match="first_month is 13; a month is a number from 1 to 12"):
        FiscalCalendar(13)


@pytest.mark.parametrize("name", ["2026", "2026Q5", "Q3 2026", "2026q3", "", "2026-13", "2026-8", "2026-08-01"])
def test_what_is_no_period_is_refused(name):
    with pytest.raises(
        NotUsable, match=rf"'{name}' is not a period; write a fiscal quarter such as '2026Q3', or a month"
    ):
        FiscalCalendar().start(name)


@pytest.mark.parametrize("first_month", range(1, 13))
def test_months_are_the_calendars_own_whatever_the_fiscal_year(first_month):
    calendar = FiscalCalendar(first_month)
    assert (calendar.start("2024-02"), calendar.end("2024-02")) == (date(2024, 2, 1), date(2024, 2, 29))
    assert calendar.year_before("2024-02") == "2023-02"
    assert calendar.year_to("2024-02") == [f"2023-{m:02}" for m in range(3, 13)] + ["2024-01", "2024-02"]
    assert calendar.period_of(date(2024, 2, 29), like="2030-01") == "2024-02"
