"""The business review, cell by cell: promises, plan and pipeline, lines, deals, and what lies ahead."""

from __future__ import annotations

import pandas as pd

from channelnb.metrics.registry import METRICS
from channelnb.narrative import pictures, review, standing
from channelnb.narrative.facts import PIPELINE
from channelnb.narrative.sentence import Piece, Sentence, absent, gist, named, say
from channelnb.report import profile
from channelnb.report.ahead import chance as chance
from channelnb.report.ahead import coverage as coverage
from channelnb.report.ahead import exposure as exposure
from channelnb.report.ahead import pull_forward as pull_forward
from channelnb.report.ahead import slippage as slippage
from channelnb.report.blocks import absence, callout
from channelnb.report.capability import roadmap as roadmap
from channelnb.report.capability import specialisation as specialisation
from channelnb.report.changes import changes as changes
from channelnb.report.charts import attainment_bullets, draw, pipeline_by_month
from channelnb.report.marketing import engagement as engagement
from channelnb.report.marketing import marketing as marketing
from channelnb.report.meeting import agenda as agenda
from channelnb.report.meeting import attendees as attendees
from channelnb.report.meeting import meeting as meeting
from channelnb.report.meeting import next_date as next_date
from channelnb.report.meeting import next_targets as next_targets
from channelnb.report.meeting import other_business as other_business
from channelnb.report.missing import missing as missing
from channelnb.report.opening import findings as findings
from channelnb.report.opening import summary as summary
from channelnb.report.profitability import profitability as profitability
from channelnb.report.promises import promises as promises
from channelnb.report.promises import proposed as proposed
from channelnb.report.shown import Shown, together
from channelnb.report.split import BY_LINE, groups, revenue_by
from channelnb.report.summary_table import Subject, by_measure, columns_of
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.vendors_side import partners_side as partners_side
from channelnb.report.vendors_side import sides as sides
from channelnb.report.vendors_side import vendors_side as vendors_side
from channelnb.report.why import attainment as attainment
from channelnb.report.why import plan_bridge as plan_bridge
from channelnb.report.why import year_bridge as year_bridge
from channelnb.report.words import metric_fact, narrative, shown_figure, spoken, text
from channelnb.slice import Slice

LARGEST_DEALS = 10


def plan_and_pipeline(partner: Slice) -> Shown:
    """The central table: periods from left to right, past ones against plan, coming ones against pipeline."""
    frames, about = partner.frames, partner.about
    columns = columns_of(frames["partner"], frames["partner_year"].rename(columns={"year": "period"}), about)
    if not columns:
        return callout(f"No {partner.length} of this partner holds a sale, a plan or a pipeline.")
    title = f"Plan, actual and pipeline by {partner.length} ({about.currency})"
    whole = Subject(partner.facts)
    shown = by_measure(whole, columns, about, caption=title)
    planned = any(whole.plan(column).known for column in columns)
    reason = absent(partner.facts.of("attainment", about.period, unit="share"))
    missing = callout(f"{reason[0].upper()}{reason[1:]}: what it sold cannot be set against a plan.")
    return together([shown] if planned else [missing, shown])


def revenue(partner: Slice) -> Shown:
    """Revenue of the last eight quarters, or thirteen months, with the year before and the plan."""
    return profile.revenue(partner, periods=13 if partner.length == "month" else 8)


def lines(partner: Slice) -> Shown:
    """Plan and actual of each product line, and which made the difference; without a plan, the year before."""
    period, currency = partner.about.period, partner.about.currency
    planned = [group for group in groups(partner, BY_LINE, {}) if group.plan.value]
    if not planned:
        lacking = partner.facts.of("attainment", period, unit="share").lacking
        remark = _hold_no(lacking) if lacking else "There is no plan by line for this partner."
        return together([absence(remark), revenue_by(partner, BY_LINE)])
    attained = {group.name: partner.facts.of("attainment", period, unit="share", line=group.name) for group in planned}
    growth = {group.name: partner.facts.of("growth_yoy", period, unit="share", line=group.name) for group in planned}
    rows = pd.DataFrame(
        {
            "line": [group.name for group in planned],
            "plan": [group.plan for group in planned],
            "actual": [group.value for group in planned],
            "attainment": list(attained.values()),
            "growth": list(growth.values()),
        }
    )
    formats = {
        "line": ColumnFormat("Line"),
        "plan": ColumnFormat("Plan" if partner.over else "Plan to date", "money"),
        "actual": ColumnFormat("Revenue", "money"),
        "attainment": ColumnFormat("Attainment", "share"),
        "growth": ColumnFormat("On the year", "share"),
    }
    said = review.lines(partner.facts, period)
    reached = [(named(name), " ", fact) for name, fact in attained.items()]
    return draw(
        attainment_bullets,
        pd.DataFrame({"label": list(attained), "value": [fact.value for fact in attained.values()]}),
        alt=spoken(pictures.each(f"Of its plan for {period} each line reached: ", reached), currency),
        caption=spoken(said[0], currency) if said else "",
        table=table(rows, id="lines", columns=formats, caption=f"Lines in {period}", currency=currency),
        height=0.8 + 0.5 * len(planned),
    )


def _hold_no(table: str) -> str:
    return f"The vendor's data hold no {table}."


def pipeline(partner: Slice) -> Shown:
    """Open deals by the month in which they are due, and the largest of them one by one."""
    deals, currency = partner.frames["deals"], partner.about.currency
    if deals.empty:
        lacking = partner.facts.of("top_three_share", partner.about.period).lacking
        return absence(_hold_no(lacking) if lacking else "There is no open deal to show for this partner.")
    said = review.concentration(partner.facts, partner.about.period)
    due = pd.to_datetime(deals["expected_close_on"])
    if due.isna().all():
        return together([callout(spoken(said, currency)), _largest_deals(partner)])
    months = deals.assign(
        month=due.dt.to_period("M").dt.to_timestamp(), overdue=due <= pd.Timestamp(partner.about.as_of)
    )
    drawn = months.groupby(["month", "overdue"], dropna=False)["amount"].sum().rename("value").reset_index()
    picture = draw(
        pipeline_by_month,
        drawn,
        alt=spoken(_due(partner), currency),
        caption=spoken(said, currency),
        table=_due_by_month(drawn, currency),
        currency=currency,
    )
    return together([picture, _largest_deals(partner)])


def _due(partner: Slice) -> Sentence:
    """What is open by the period in which it is due, and what should have come already."""
    facts, period = partner.facts, partner.about.period
    overdue = facts.of("overdue_pipeline", period, unit="money")
    due = [(q, facts.of("revenue", q, role=PIPELINE, unit="money")) for q in partner.coming_periods]
    items: list[tuple[Piece, ...]] = [(f"{q} ", fact) for q, fact in due if fact.known and fact.value]
    late: tuple[Piece, ...] = ("overdue ", overdue)
    shown = [*([late] if overdue.value else []), *items]
    if not shown:
        return say("Nothing of the open pipeline is due in the periods ahead.")
    return pictures.each("The open pipeline by when it is due: ", shown)


def _due_by_month(drawn: pd.DataFrame, currency: str) -> Shown:
    months = [None if pd.isna(month) else f"{month:%Y-%m}" for month in drawn["month"]]
    words = [
        f"{month or 'no date'}{', overdue' if late else ''}"
        for month, late in zip(months, drawn["overdue"], strict=True)
    ]
    formats = {"month": ColumnFormat("Due in"), "amount": ColumnFormat("Amount", "money")}
    rows = pd.DataFrame({"month": words, "amount": drawn["value"]})
    return table(rows, id="due-by-month", columns=formats, caption="Open pipeline by month", currency=currency)


def _largest_deals(partner: Slice) -> Shown:
    period = partner.about.period
    largest = partner.frames["deals"].nlargest(LARGEST_DEALS, "amount")
    ids = [str(name) for name in largest["opportunity_id"]]
    rows = pd.DataFrame(
        {
            "deal": ids,
            "customer": [text(name, "no customer named") for name in largest["customer"]],
            "line": [text(name, "–") for name in largest["line"]],
            "due": [None if pd.isna(day) else pd.Timestamp(day).date() for day in largest["expected_close_on"]],
            "amount": [partner.facts.of("deal_amount", period, unit="money", opportunity_id=name) for name in ids],
        }
    )
    formats = {
        "deal": ColumnFormat("Deal"),
        "customer": ColumnFormat("Customer"),
        "line": ColumnFormat("Line"),
        "due": ColumnFormat("Due", "date"),
        "amount": ColumnFormat("Amount", "money"),
    }
    title = "The largest open deals"
    return table(rows, id="deals", columns=formats, caption=title, currency=partner.about.currency)


def activity(partner: Slice) -> Shown:
    """Deals, leads and people over the last five periods."""
    currency, periods = partner.about.currency, partner.past_periods[-5:]
    names = ("win_rate", "average_won_deal", "open_pipeline", "lead_acceptance", "new_customers", "certified_people")
    shown = [n for n in names if metric_fact(partner.facts, METRICS[n], periods[-1]).state != "not_measurable"]
    if not shown:
        return absence("The vendor's data hold no deals, leads, customers or certificates of this partner.")
    rows = [
        {
            "metric": METRICS[name].label,
            **{q: shown_figure(metric_fact(partner.facts, METRICS[name], q), currency) for q in periods},
        }
        for name in shown
    ]
    formats = {"metric": ColumnFormat("Metric"), **{q: ColumnFormat(q, "number") for q in periods}}
    title = f"Deals, leads and people by {partner.length}"
    listing = table(pd.DataFrame(rows), id="activity", columns=formats, caption=title)
    said = [standing.winning, standing.leads, standing.customers, standing.people]
    return together([narrative(gist(make(partner.facts, partner.about.period) for make in said), currency), listing])


def notes(partner: Slice) -> Shown:
    """Remarks for the review, as they were written."""
    frame = partner.frames["notes"]
    if "quarter" in frame:
        frame = frame[frame["quarter"].eq(partner.quarter)]
    if frame.empty:
        return absence(f"No remark was recorded for {partner.about.period}.")
    rows = pd.DataFrame({"author": [text(a, "unnamed") for a in frame["author"]], "text": list(frame["text"])})
    formats = {"author": ColumnFormat("From"), "text": ColumnFormat("Remark")}
    return table(rows, id="notes", columns=formats, caption="Remarks for this review")
