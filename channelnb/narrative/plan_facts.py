"""The figures of a business plan as facts: what is proposed, what was, what is in force, and what each side keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics.known import KNOWN
from channelnb.narrative.facts import CHANGE, NOT_MEASURABLE, TARGET, Fact, Grain
from channelnb.planning.business.history import YEAR
from channelnb.planning.business.plan import AMOUNTS, COST_RATES, OWN_RATES, horizon, last_month
from channelnb.planning.business.profit import partner_profit, vendor_profit
from channelnb.planning.business.proposal import plan_of
from channelnb.planning.business.strategies import goals, planned_growth
from channelnb.planning.business.versions import compared, every_version, in_force, latest_draft

PROPOSED, IN_FORCE, DRAFTED, PLANNED_PROFIT = "proposed", "in_force", "drafted", "planned_profit"
"""Roles of a plan's facts: as proposed, as committed, as the latest draft has it; and profit as it was committed."""
KEEPS = {"vendor_profit": "vendor_keeps", "partner_profit": "partner_keeps"}
"""The metric of each side's profit: the partner's has MDF and incentives, unlike the catalogue's."""
BESIDE = {PROPOSED: "proposed_beside", DRAFTED: "drafted_beside"}
"""Roles of what one of these holds in the months for which another plan is in force."""
COMPARED = "plan_compared"
"""The metric of what a plan holds more, or less, than the one in force, in months that both have."""


@dataclass(frozen=True)
class Span:
    """The stretches of time that a plan made on a day is told of.

    >>> Span(date(2026, 9, 30), FiscalCalendar()).year_one
    '2026-10 to 2027-09'
    """

    as_of: date
    calendar: FiscalCalendar

    @property
    def first(self) -> pd.Period:
        """The first month of the plan."""
        return pd.Period(horizon(self.as_of, self.calendar)[0], freq="M")

    @property
    def over(self) -> pd.Period:
        """The last month that is over."""
        return last_month(self.as_of)

    @property
    def year_one(self) -> str:
        """Its first twelve months."""
        return f"{self.first} to {self.first + 11}"

    @property
    def last_year(self) -> str:
        """The last twelve months that are over; a month that runs is in neither."""
        return f"{self.over - 11} to {self.over}"

    @property
    def whole(self) -> str:
        """All of it."""
        return f"{self.first} to {self.first + horizon(self.as_of, self.calendar)[1] - 1}"

    @property
    def quarters(self) -> list[str]:
        """Its fiscal quarters, the first perhaps in part."""
        months = pd.period_range(self.first, periods=horizon(self.as_of, self.calendar)[1], freq="M")
        return list(dict.fromkeys(self.calendar.quarter_of(month.start_time.date()) for month in months))

    @property
    def years(self) -> list[str]:
        """Its fiscal years, the first perhaps in part."""
        return list(dict.fromkeys(quarter[:4] for quarter in self.quarters))

    @property
    def starts_a_year(self) -> bool:
        """Whether the plan begins with a fiscal year, so that its first one is whole."""
        return self.first.month == self.calendar.first_month

    @property
    def whole_years(self) -> list[str]:
        """The fiscal years of which the plan has every month."""
        return self.years if self.starts_a_year else self.years[1:]

    @property
    def whole_quarters(self) -> list[str]:
        """The fiscal quarters of which the plan has every month."""
        begins = self.calendar.start(self.quarters[0]) >= self.first.start_time.date()
        return self.quarters if begins else self.quarters[1:]


def plan_facts(frames: Mapping[str, pd.DataFrame], *, period: str, span: Span) -> Iterable[Fact]:
    """The facts of one partner's business plan.

    Needs its rows of the tables on plans, of ``score_metrics`` and of ``contacts``, and the period reviewed. Amounts
    are in the vendor's currency, rates shares of revenue.
    """
    plan = plan_of(frames, as_of=span.as_of, calendar=span.calendar)
    yield from _proposed(plan, span)
    yield from _last_year(frames, span)
    yield from _lines(frames, plan, span)
    yield from _versions(frames, plan, span)
    growth = planned_growth(frames, plan, period=period, calendar=span.calendar)
    scored, contacts = frames["score_metrics"], frames["contacts"]
    found = goals(scored, contacts, period=period, calendar=span.calendar, currency="", growth=growth)
    for row in records(found):
        grain = (("goal", str(row["commitment_id"])),)
        yield Fact(row["metric"], row["due_period"], float(row["target"]), KNOWN[row["metric"]].unit, grain, TARGET)
    for which, rows in found.groupby("opened_by"):
        yield Fact("goals", period, float(len(rows)), "count", (("opened_by", str(which)),))
    yield Fact("goals", period, float(len(found)), "count")


def _proposed(plan: pd.DataFrame, span: Span) -> Iterable[Fact]:
    """Amounts of the plan by fiscal year and over its first twelve months, revenue by quarter too."""
    if plan.empty:
        return
    one = plan[plan["year"].eq(1)]
    stretches = [*plan.groupby("fiscal_year"), (span.year_one, one), (span.whole, plan)]
    for stretch, rows in stretches:
        sums = rows[list(AMOUNTS)].sum(skipna=False)
        for name in AMOUNTS:
            yield _money(KEEPS.get(name, name), str(stretch), sums[name], role=PROPOSED)
        for name in KEEPS:
            yield _share(name, str(stretch), sums, role=PROPOSED)
        for line, amount in rows.groupby("line")["revenue"].sum().items():
            yield _money("revenue", str(stretch), amount, (("line", str(line)),), PROPOSED)
    for length in (plan["quarter"], plan["month"].dt.strftime("%Y-%m")):
        for when, amount in plan["revenue"].groupby(length).sum().items():
            yield _money("revenue", str(when), amount, role=PROPOSED)
    for row in records(plan.groupby(["line", "quarter"])["revenue"].sum().reset_index()):
        yield _money("revenue", row["quarter"], row["revenue"], (("line", str(row["line"])),), PROPOSED)


def _money(metric: str, period: str, amount: float, grain: Grain = (), role: str = "actual") -> Fact:
    if math.isnan(amount):
        return Fact(metric, period, None, "money", grain, role, state=NOT_MEASURABLE)
    return Fact(metric, period, round(float(amount), 2) + 0.0, "money", grain, role)


def _share(name: str, period: str, sums: Mapping[str, float], *, role: str) -> Fact:
    """A profit over the revenue that it comes from."""
    profit, revenue = float(sums[name]), float(sums["revenue"])
    known = not math.isnan(profit) and revenue > 0
    value = round(profit / revenue, 6) + 0.0 if known else None
    return Fact(f"{KEEPS[name]}_share", period, value, "share", (), role, state="ok" if known else NOT_MEASURABLE)


def _last_year(frames: Mapping[str, pd.DataFrame], span: Span) -> Iterable[Fact]:
    """What the last twelve months held, by the same formulas as the plan."""
    keys = ["partner_id", "line", "month"]
    rows = frames["plan_history"].merge(frames["plan_costs"], on=keys, how="left")
    rows = rows[pd.to_datetime(rows["month"]) >= (span.over - 11).start_time]
    if rows.empty:
        return
    sums = rows.drop(columns=keys).sum().to_frame().T.astype("float64")
    rates = records(frames["plan_basis"])[0] | (records(frames["plan_cost_rates"]) or [{}])[0]
    for name in (*OWN_RATES, *COST_RATES):
        if rates.get(f"{name}_from", "none") == "none" and not sums[name].iloc[0]:
            sums[name] = math.nan
    # As the metrics have it: of sales whose cost, or whose resale price, is known.
    sums["vendor_profit"] = vendor_profit(sums.assign(revenue=sums["costed"]))
    sums["partner_profit"] = partner_profit(sums.assign(revenue=sums["resold"]))
    told = sums.assign(list_price=sums["revenue"] + sums["discount"]).iloc[0]
    for name in ("revenue", "list_price", *OWN_RATES, *COST_RATES, *KEEPS):
        yield _money(KEEPS.get(name, name), span.last_year, float(told[name]))
    yield _share("vendor_profit", span.last_year, {**told, "revenue": told["costed"]}, role="actual")
    yield _share("partner_profit", span.last_year, {**told, "revenue": told["resold"]}, role="actual")


def _lines(frames: Mapping[str, pd.DataFrame], plan: pd.DataFrame, span: Span) -> Iterable[Fact]:
    """What each line's plan is made of: its last year, inputs and rates; and how the first year compares."""
    of_year = plan[plan["year"].eq(1)].groupby("line")["revenue"].sum()
    costs = {row["line"]: row for row in records(frames["plan_cost_rates"])}
    chosen = frames["plan_proposed"].merge(frames["plan_basis"], on=["partner_id", "line"])
    for row in records(chosen):
        grain = (("line", str(row["line"])),)
        yield _money("revenue", span.last_year, row["last_year"], grain)
        change = of_year.get(row["line"], 0.0) - row["last_year"]
        yield _money("revenue", span.year_one, change, grain, CHANGE)
        unit = "share" if row["way"] == "percentage" else "money"
        for name, column in (("plan_input", "first"), ("plan_input_later", "second")):
            if pd.notna(row[column]):
                yield Fact(name, span.year_one, float(row[column]), unit, grain, PROPOSED)
        for name in (*OWN_RATES, *COST_RATES):
            rate = (row | costs.get(row["line"], {})).get(f"{name}_rate", math.nan)
            state = NOT_MEASURABLE if math.isnan(rate) else "ok"
            yield Fact(f"{name}_rate", span.last_year, None if math.isnan(rate) else rate, "share", grain, state=state)
    for way, rows in chosen.groupby("way"):
        yield Fact("planned_lines", span.year_one, float(len(rows)), "count", (("way", str(way)),), PROPOSED)
    last, first = float(chosen["last_year"].sum()), float(of_year.sum())
    # What was sold in a part of a year is nothing to set a year against.
    if last > 0 and chosen["age"].max() >= YEAR:
        yield Fact("plan_growth", span.year_one, round(first / last - 1, 6) + 0.0, "share", (), PROPOSED)


def _versions(frames: Mapping[str, pd.DataFrame], plan: pd.DataFrame, span: Span) -> Iterable[Fact]:
    """What is in force from the plan's first month on, the latest draft, and what each holds beside the other."""
    versions, ahead = every_version(frames), plan.assign(year=plan["fiscal_year"])
    counts = in_force(versions, calendar=span.calendar)
    counts = counts[counts["month"] >= span.first.start_time]
    draft = latest_draft(versions, after=span.first, calendar=span.calendar)
    for role, rows in ((IN_FORCE, counts), (DRAFTED, draft)):
        for year, amount in rows.groupby("year")["revenue"].sum().items():
            yield _money("revenue", str(year), amount, role=role)
        for row in records(rows.groupby(["line", "year"])["revenue"].sum().reset_index()):
            yield _money("revenue", row["year"], row["revenue"], (("line", str(row["line"])),), role)
        for row in records(rows.groupby("month")["revenue"].sum().reset_index()):
            yield _money("revenue", str(pd.Period(row["month"], freq="M")), row["revenue"], role=role)
    for role, rows in ((PROPOSED, ahead), (DRAFTED, draft)):
        yield from _compared(counts, rows, role)
    # Two people may make a version of the same name on the same day.
    keys = ["version", "made_on", "made_by", "status", "line", "month"]
    held = versions.loc[versions["in_force"].astype(bool), keys]
    profits = frames["plan_profits"].merge(held, on=keys, validate="one_to_one")
    for year, amount in (
        with_year(profits, span)[["year", "target_profit"]].groupby("year")["target_profit"].sum().items()
    ):
        yield _money(KEEPS["vendor_profit"], str(year), amount, role=PLANNED_PROFIT)


def _compared(one: pd.DataFrame, other: pd.DataFrame, role: str) -> Iterable[Fact]:
    """What the other plan holds in the months of both, and how much more that is: by year, month, and line and year."""
    for keys in (["year"], ["month"], ["line", "year"]):
        for row in records(compared(one, other, by=keys)):
            period = str(pd.Period(row["month"], freq="M")) if "month" in keys else str(row["year"])
            grain = (("line", str(row["line"])),) if "line" in keys else ()
            yield _money(COMPARED, period, row["change"], grain, role)
            yield _money("revenue", period, row["other"], grain, BESIDE[role])


def with_year(rows: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Rows of the plan's months or later ones, with their fiscal year.

    >>> rows = pd.DataFrame({"month": [pd.Timestamp("2026-09-01"), pd.Timestamp("2026-10-01")]})
    >>> with_year(rows, Span(date(2026, 9, 30), FiscalCalendar()))["year"].tolist()
    ['2026']
    """
    rows = rows[pd.to_datetime(rows["month"]) >= span.first.start_time]
    return rows.assign(year=[span.calendar.year_of(month) for month in rows["month"]])
