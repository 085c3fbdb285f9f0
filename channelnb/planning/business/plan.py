"""A business plan: each line planned in one of three ways, spread over months by season, with profit for both sides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from channelnb.errors import NotUsable, unknown
from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.planning.business.profit import partner_profit, vendor_profit

PERCENTAGE, SAMPLE, CUSTOM = "percentage", "sample", "custom"
WAYS = (PERCENTAGE, SAMPLE, CUSTOM)
SHORTEST, LONGEST = 24, 36
YEARS = 3
SEASON = tuple(f"season_{month}" for month in range(1, 13))
"""Columns of a basis: the share of a year that each calendar month holds, January first."""
SHAPE = tuple(f"shape_{quarter}" for quarter in range(1, 4 * YEARS + 1))
"""Columns of a basis: what each quarter since a firm's first sale of the line is of a quarter once it is mature."""

OWN_RATES = ("discount", "rebate", "incentives", "mdf", "resale_revenue")
COST_RATES = ("cost", "cost_to_serve")
"""Amounts that are the vendor's own: a partner's edition has no basis for them."""

AMOUNTS = ("revenue", "list_price", *OWN_RATES, *COST_RATES, "vendor_profit", "partner_profit")
COLUMNS = ["partner_id", "line", "way", "year", "month", *AMOUNTS]
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Choice:
    """How one line is planned: the way, and at most two inputs; make it with `percentage`, `sample` or `custom`.

    >>> percentage("Routers", 0.1)
    Choice(line='Routers', way='percentage', first=0.1, second=None, like='')
    """

    line: str
    way: str
    first: float | None = None
    second: float | None = None
    like: str = ""


def percentage(line: str, growth: float, *, later: float | None = None) -> Choice:
    """A line planned by growth on its last twelve months: of year one, and of each later year (the same, left out).

    >>> percentage("Routers", 0.1, later=0.05).second
    0.05
    """
    return Choice(line, PERCENTAGE, growth, later)


def sample(line: str, *, at_maturity: float | None = None, like: str = "") -> Choice:
    """A line planned as lines like it grew: by its revenue of a year once mature, and the line whose shape it takes.

    What is left out is the basis's: the size that firms of its kind reach, and the line's own shape.

    >>> sample("Routers", at_maturity=1000.0, like="Disks").like
    'Disks'
    """
    return Choice(line, SAMPLE, at_maturity, like=like)


def custom(line: str, year_one: float, *, later: float | None = None) -> Choice:
    """A line planned by figures of one's own: revenue of year one, and of each later year (level, left out).

    >>> custom("Routers", 1200.0).first
    1200.0
    """
    return Choice(line, CUSTOM, year_one, later)


def first_month(as_of: date) -> pd.Period:
    """The first month of a plan made on a day: the first that has not begun, since part of a month is no month.

    >>> str(first_month(date(2026, 8, 14))), str(first_month(date(2026, 9, 30)))
    ('2026-09', '2026-10')
    """
    return pd.Period(as_of, freq="M") + 1


def last_month(as_of: date) -> pd.Period:
    """The last month that is over by the end of a day: the last that history tells of.

    >>> str(last_month(date(2026, 8, 14))), str(last_month(date(2026, 9, 30)))
    ('2026-07', '2026-09')
    """
    return pd.Period(as_of + timedelta(1), freq="M") - 1


def horizon(as_of: date, calendar: FiscalCalendar) -> tuple[str, int]:
    """The first month of a plan made on a day, and how many months it has: two years, and on to a fiscal year's end.

    It begins with `first_month`.

    >>> horizon(date(2026, 9, 30), FiscalCalendar())
    ('2026-10', 27)
    """
    first = first_month(as_of)
    return str(first), SHORTEST + (calendar.first_month - first.month) % 12


def make_plan(
    basis: pd.DataFrame,
    choices: Iterable[Choice],
    *,
    first: str,
    months: int = SHORTEST,
    costs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One partner's plan: a row for each line chosen and month, in the basis's currency, to the cent.

    Needs the partner's rows of `plan_basis` (a row for each line: last year, season, shape and rates) and, for what
    the vendor alone may see, those of `plan_cost_rates`. `first` is the first month, such as ``2026-10``. A year's
    revenue goes to its twelve months by the season's shares, each rounded with all before it, so that months add up
    to the year exactly; other amounts are rates times revenue. `year` counts the plan's own years; an amount whose
    rate is not known is NaN. Raises UnknownName for a line or way that is not there, NotUsable for what cannot be
    planned, with what to choose instead.

    >>> even = dict.fromkeys(SEASON, 1 / 12)
    >>> basis = pd.DataFrame([{"partner_id": "P1", "line": "Routers", "last_year": 1000.0, **even}])
    >>> plan = make_plan(basis, [percentage("Routers", 0.1)], first="2026-10")
    >>> plan.groupby("year")["revenue"].sum().round(2).tolist(), plan["revenue"].tolist()[:3]
    ([1100.0, 1210.0], [91.67, 91.66, 91.67])
    """
    chosen, by_line = list(choices), {str(row["line"]): row for row in records(basis)}
    if not SHORTEST <= months <= LONGEST:
        raise NotUsable(f"the plan is {months} months long; give it from {SHORTEST} to {LONGEST}.")
    if twice := sorted({one.line for one in chosen if [other.line for other in chosen].count(one.line) > 1}):
        raise NotUsable(f"the lines {twice} are chosen more than once; choose one way for each line.")
    rates = {str(row["line"]): row for row in records(costs)} if costs is not None else {}
    span = pd.period_range(pd.Period(first, freq="M"), periods=months, freq="M")
    rows = []
    for choice in chosen:
        years = _years(by_line, choice)
        line = by_line[choice.line] | rates.get(choice.line, {})
        head = {"partner_id": line["partner_id"], "line": choice.line, "way": choice.way}
        for place, (month, revenue) in enumerate(zip(span, by_month(years, season_of(line), span), strict=True)):
            when = {"year": place // 12 + 1, "month": month.to_timestamp()}
            rows.append(head | when | {"revenue": revenue} | _amounts(revenue, line))
    plan = pd.DataFrame(rows, columns=[name for name in COLUMNS if not name.endswith("_profit")])
    plan = plan.assign(vendor_profit=vendor_profit(plan), partner_profit=partner_profit(plan))[COLUMNS]
    profits = ["vendor_profit", "partner_profit"]
    return plan.astype(dict.fromkeys(AMOUNTS, "float64")).assign(**plan[profits].astype("float64").round(2))


def yearly(basis: pd.DataFrame, choice: Choice) -> tuple[float, ...]:
    """What a choice makes of a line's years, one to three, to the cent; raises as `make_plan` does.

    >>> shape = dict(zip(SHAPE, [0.5] * 4 + [0.8] * 4 + [1.0] * 4))
    >>> basis = pd.DataFrame([{"line": "Routers", "last_year": 0.0, "age": 0.0, **shape}])
    >>> yearly(basis, sample("Routers", at_maturity=2000.0))
    (1000.0, 1600.0, 2000.0)
    """
    return _years({str(row["line"]): row for row in records(basis)}, choice)


def _years(by_line: Mapping[str, dict[str, Any]], choice: Choice) -> tuple[float, ...]:
    for name in filter(None, (choice.line, choice.like)):
        if name not in by_line:
            raise unknown("line", name, by_line, where=f"the choice for {choice.line!r}")
    if choice.way not in _YEARS:
        raise unknown("way", choice.way, WAYS, where=f"the choice for {choice.line!r}")
    for value in (choice.first, choice.second):
        if value is not None and not math.isfinite(value):
            raise NotUsable(f"{choice.line}: an input is {value}; give a number.")
    years = _YEARS[choice.way](choice, by_line[choice.line], by_line.get(choice.like or choice.line, {}))
    return tuple(to_cent(year) for year in years)


def _by_percentage(choice: Choice, line: dict[str, Any], _: dict[str, Any]) -> list[float]:
    last, growth = float(line["last_year"]), choice.first
    if not last > 0:
        raise NotUsable(
            f"{choice.line}: there is no year to grow from, as the last twelve months hold {last:,.2f}; "
            f"choose {SAMPLE!r}, or {CUSTOM!r} with a revenue for year one."
        )
    if growth is None or min(growth, growth if choice.second is None else choice.second) <= -1:
        raise NotUsable(f"{choice.line}: growth is {growth}, {choice.second}; give a share above -1, 0.1 for 10 %.")
    later = growth if choice.second is None else choice.second
    return [last * (1 + growth) * (1 + later) ** year for year in range(YEARS)]


def _by_sample(choice: Choice, line: dict[str, Any], like: dict[str, Any]) -> list[float]:
    size = line.get("at_maturity") if choice.first is None else choice.first
    ramp = ramp_of(like, age=line["age"])
    if size is None or pd.isna(size) or size < 0:
        raise NotUsable(
            f"{choice.line}: what a year comes to once it is mature is {size}; give it, or choose {CUSTOM!r}."
        )
    if any(math.isnan(step) for step in ramp):
        raise NotUsable(
            f"{choice.line}: too few firms have started {choice.like or choice.line} to tell how it grows; "
            f"name another line in `like`, or choose {CUSTOM!r}."
        )
    return [float(size) * step for step in ramp]


def ramp_of(like: dict[str, Any], *, age: float) -> tuple[float, ...]:
    """What each of a plan's years is of a mature one, for a line `age` months after its first sale (0: not sold yet).

    Needs a basis's row of the line whose shape is taken. Values are NaN where too few firms tell of the shape; from
    the last quarter of the shape on, a line is mature.

    >>> shape = dict(zip(SHAPE, [0.5] * 4 + [0.75] * 4 + [1.0] * 4))
    >>> ramp_of(shape, age=0), ramp_of(shape, age=12)
    ((0.5, 0.75, 1.0), (0.75, 1.0, 1.0))
    """
    levels = [float(like.get(name, math.nan)) for name in SHAPE]
    months = [levels[min(int(age) + month, 12 * YEARS - 1) // 3] for month in range(12 * YEARS)]
    return tuple(math.fsum(months[12 * year : 12 * year + 12]) / 12 for year in range(YEARS))


def _by_custom(choice: Choice, line: dict[str, Any], _: dict[str, Any]) -> list[float]:
    later = choice.first if choice.second is None else choice.second
    if choice.first is None or later is None or min(choice.first, later) < 0:
        raise NotUsable(
            f"{choice.line}: revenue is {choice.first}, {choice.second}; give year one, and later years where they "
            "differ, as 0 or more."
        )
    return [choice.first, *[later] * (YEARS - 1)]


_YEARS = {PERCENTAGE: _by_percentage, SAMPLE: _by_sample, CUSTOM: _by_custom}


def season_of(line: dict[str, Any]) -> tuple[float, ...]:
    """The shares of the calendar months in a basis's row, January first.

    >>> season_of(dict.fromkeys(SEASON, 0.25) | {"line": "Routers"})[0]
    0.25
    """
    return tuple(float(line[name]) for name in SEASON)


def by_month(years: tuple[float, ...], season: tuple[float, ...], span: pd.PeriodIndex) -> list[float]:
    """The revenue of each month: a year times the season's share so far, rounded, less what came before.

    >>> by_month((100.0,), (1 / 12,) * 12, pd.period_range("2026-10", periods=3, freq="M"))
    [8.33, 8.34, 8.33]
    """
    result, before, share = [], 0.0, 0.0
    for place, month in enumerate(span):
        if place % 12 == 0:
            before = share = 0.0
        share += season[month.month - 1]
        year = years[place // 12]
        so_far = year if place % 12 == 11 else to_cent(year * share)
        result.append(round(so_far - before, 2))
        before = so_far
    return result


def _amounts(revenue: float, line: dict[str, Any]) -> dict[str, float]:
    told = {name: to_cent(revenue * line.get(f"{name}_rate", math.nan)) for name in (*OWN_RATES, *COST_RATES)}
    return told | {"list_price": round(revenue + told["discount"], 2)}


def to_cent(value: float) -> float:
    """An amount rounded to the cent, half up, as people and sheets round; NaN stays NaN.

    >>> to_cent(2.675), to_cent(-0.125)
    (2.68, -0.13)
    """
    return value if math.isnan(value) else float(Decimal(repr(float(value))).quantize(_CENT, ROUND_HALF_UP))
