"""The plan that a form and a page start from: for each line that a partner sells, a way and its inputs, by rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.planning.business.history import YEAR
from channelnb.planning.business.plan import CUSTOM, PERCENTAGE, SAMPLE, SHAPE, Choice, horizon, make_plan

COLUMNS = ["partner_id", "line", "way", "first", "second", "like", "why"]
TREND, STARTED, SHORT, STOPPED = "trend", "started", "short", "stopped"
"""Why a way is proposed: a full year to grow from, a start to follow, too little known of it, nothing sold of late."""


def proposed(basis: pd.DataFrame) -> pd.DataFrame:
    """How each line that a partner has sold is best planned, one row each, as a `Choice` and `why`.

    Needs rows of `plan_basis`. A line sold for a year or more grows by its trend (`growth`, then `growth_later`), to
    a tenth of a per cent; one that was started within the year follows the shape of its starts to the size that its
    months so far point to, in three digits, or, where no shape is known, goes on as it is; one with nothing sold in
    twelve months is planned at nothing. Lines that the partner never sold are not in it.

    >>> row = {"partner_id": "P1", "line": "Disks", "last_year": 900.0, "age": 30.0, "growth": 0.1234}
    >>> basis = pd.DataFrame([row | {"growth_later": 0.05, "at_maturity": 900.0} | dict.fromkeys(SHAPE, 1.0)])
    >>> proposed(basis)[["line", "way", "first", "second", "why"]].to_dict("records")
    [{'line': 'Disks', 'way': 'percentage', 'first': 0.123, 'second': 0.05, 'why': 'trend'}]
    """
    sold = basis[basis["age"] > 0]
    known = sold["at_maturity"].notna() & sold[SHAPE[0]].notna()
    cases = [sold["last_year"] <= 0, sold["age"] >= YEAR, known]
    why = np.select(cases, [STOPPED, TREND, STARTED], SHORT)
    way = np.select(cases, [CUSTOM, PERCENTAGE, SAMPLE], CUSTOM)
    so_far = _three_digits(sold["last_year"])
    first = np.select(cases, [0.0, sold["growth"].round(3), _three_digits(sold["at_maturity"])], so_far)
    second = np.where(why == TREND, sold["growth_later"].round(3), np.nan)
    rows = sold[["partner_id", "line"]].assign(way=way, first=first, second=second, like="", why=why)
    kinds = dict.fromkeys(("way", "like", "why"), "str") | dict.fromkeys(("first", "second"), "float64")
    return rows.astype(kinds)[COLUMNS].reset_index(drop=True)


def choices_of(rows: pd.DataFrame) -> list[Choice]:
    """One partner's rows of `plan_proposed` as choices, for `make_plan`.

    >>> row = {"line": "Disks", "way": "custom", "first": 5.0, "second": float("nan"), "like": ""}
    >>> choices_of(pd.DataFrame([row]))
    [Choice(line='Disks', way='custom', first=5.0, second=None, like='')]
    """
    return [
        Choice(str(row["line"]), str(row["way"]), _number(row["first"]), _number(row["second"]), str(row["like"]))
        for row in records(rows)
    ]


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _three_digits(values: pd.Series) -> pd.Series:
    size = values.abs().where(values.ne(0) & values.notna(), 1.0)
    step = 10.0 ** (np.floor(np.log10(size)) - 2)
    # A step is a power of ten: of amounts it never takes less than a cent.
    rounded: pd.Series = ((values / step).round() * step).round(2)
    return rounded


def plan_of(frames: Mapping[str, pd.DataFrame], *, as_of: date, calendar: FiscalCalendar) -> pd.DataFrame:
    """One partner's proposed plan by line and month, as `make_plan` has it, with the fiscal quarter and fiscal year.

    Needs its rows of the tables plan_basis and plan_proposed, and of plan_cost_rates where the vendor's costs may be
    seen. It begins with the first month that has not begun on the day.
    """
    first, months = horizon(as_of, calendar)
    chosen = choices_of(frames["plan_proposed"])
    plan = make_plan(frames["plan_basis"], chosen, first=first, months=months, costs=frames["plan_cost_rates"])
    return with_fiscal(plan, calendar)


def with_fiscal(plan: pd.DataFrame, calendar: FiscalCalendar) -> pd.DataFrame:
    """A plan with `quarter` and `fiscal_year` beside each month.

    >>> plan = pd.DataFrame({"month": [pd.Timestamp("2026-10-01")]})
    >>> with_fiscal(plan, FiscalCalendar()).iloc[0].tolist()
    [Timestamp('2026-10-01 00:00:00'), '2026Q4', '2026']
    """
    quarters = {month: calendar.quarter_of(month) for month in plan["month"].unique()}
    quarter = plan["month"].map(quarters).astype("str")
    return plan.assign(quarter=quarter, fiscal_year=quarter.str[:4])
