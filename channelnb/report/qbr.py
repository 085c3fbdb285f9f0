"""The business review, cell by cell: promises, plan and pipeline, lines, deals, and what lies ahead."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from channelnb.frames import records
from channelnb.metrics.registry import METRICS, find
from channelnb.narrative import review, standing
from channelnb.narrative.facts import GAP, PIPELINE, PLAN, PLAN_TO_DATE, TARGET, Fact
from channelnb.narrative.figures import STATE_WORDS
from channelnb.narrative.sentence import Sentence, absent, gist, say
from channelnb.planning.outlook import COMING, PAST, RUNNING, outlook
from channelnb.report import profile
from channelnb.report.blocks import Text, callout, cards, lead, mark
from channelnb.report.charts import attainment_bullets, coverage_by_period, draw, pipeline_by_month
from channelnb.report.shown import Shown, together
from channelnb.report.split import BY_LINE, groups, revenue_by
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import headline, metric_fact, narrative, shown_figure, spoken, text
from channelnb.slice import Slice

LARGEST_DEALS = 10

_TONES = {"met": ("up", "good"), "missed": ("down", "bad")}


def _coming(partner: Slice) -> str:
    return partner.coming_periods[0] if partner.coming_periods else partner.calendar.shift(partner.about.period, 1)


def summary(partner: Slice) -> Shown:
    """The review's summary: how the period ended, three headline figures, and three sentences."""
    facts, period, coming = partner.facts, partner.about.period, _coming(partner)
    currency = partner.about.currency
    parts = [lead(spoken(_state(partner), currency))]
    if profile.never_bought(partner):
        parts.append(callout(f"No sale is recorded for {partner.name}, in any {partner.length} up to {period}."))
    parts += profile.restated(partner)
    plan = say(f"{facts.plan_name(facts.plan(period))} ", facts.plan(period))
    before = say("on the year ", metric_fact(facts, find("growth_yoy"), period))
    target = say(f"{coming}, target ", facts.of("pipeline_index", coming, role=TARGET, unit="index"))
    headlines = [
        headline(facts, find("attainment"), period, beside=plan, currency=currency),
        headline(facts, find("revenue"), period, beside=before, currency=currency),
        headline(facts, find("pipeline_index"), coming, beside=target, currency=currency),
    ]
    said = [
        standing.revenue(facts, period, partner.year_before, so_far=not partner.over),
        review.promises(facts, period, "partner"),
        review.ahead(facts, coming),
    ]
    return together([*parts, cards(headlines, currency=currency), narrative(gist(said), currency)])


def findings(partner: Slice) -> Shown:
    """What stands out: the year against plan, lines, pipeline and deals, in sentences."""
    facts, period = partner.facts, partner.about.period
    said = [
        standing.attainment(facts, period),
        standing.attainment(facts, partner.calendar.year_of(partner.calendar.start(period))),
        *review.exchange_rates(facts, period),
        *review.lines(facts, period),
        standing.main_line(facts, period),
        review.shortfalls(facts, partner.coming_periods),
        review.concentration(facts, period),
        standing.winning(facts, period),
        review.promises(facts, period, "vendor"),
    ]
    return narrative(gist(said), partner.about.currency)


def _state(partner: Slice) -> Sentence:
    period, coming = partner.about.period, _coming(partner)
    share = metric_fact(partner.facts, METRICS["attainment"], period)
    index = partner.facts.of("pipeline_index", coming, unit="index")
    gap = partner.facts.of("revenue", coming, role=GAP, unit="money")
    revenue = partner.facts.of("revenue", period, unit="money")
    ended = f"{partner.name} ended {period}" if partner.over else f"In {period} so far {partner.name} stands"
    if share.known:
        opening: tuple[str | Fact, ...] = (f"{ended} at ", share, " of plan" if partner.over else " of plan to date")
    elif revenue.known:
        opening = (f"{ended} {'with' if partner.over else 'at'} revenue of ", revenue, f"; {absent(share)}")
    else:
        opening = (f"How {partner.name} did in {period} cannot be said: {absent(revenue)}",)
    if not index.known or gap.value is None:
        return say(*opening, ".")
    side = "under" if gap.value > 0 else "over"
    return say(*opening, f", and its pipeline for {coming} is {side} target at ", index, ".")


def promises(partner: Slice) -> Shown:
    """What each side had promised for the period, the vendor first, and what became of it."""
    period = partner.about.period
    frame = partner.frames["promises"]
    due = frame[frame["due_period"].eq(period)].sort_values(["side", "commitment_id"], ascending=[False, True])
    if lacking := partner.facts.of("promises", period).lacking:
        return callout(_hold_no(lacking))
    if due.empty:
        return callout(f"No promise of either side is recorded as due in {period}.")
    rows = pd.DataFrame([_promise(partner, row) for row in records(due)])
    formats = {
        "text": ColumnFormat("Promise"),
        "side": ColumnFormat("By"),
        "target": ColumnFormat("Target", "number"),
        "reached": ColumnFormat("Reached", "number"),
        "result": ColumnFormat("Result"),
        "next": ColumnFormat("If missed"),
    }
    listing = table(rows, id="promises", columns=formats, caption=f"Promises due in {period}")
    said = [review.promises(partner.facts, period, side) for side in ("vendor", "partner")]
    return together([narrative(said, partner.about.currency), listing])


def _hold_no(table: str) -> str:
    return f"The vendor's data hold no {table}."


def _promise(partner: Slice, row: dict[str, object]) -> dict[str, object]:
    currency, result = partner.about.currency, str(row["result"])
    arrow, tone = _TONES.get(result, ("level", "neutral"))
    names = {"target": TARGET, "reached": "actual"}
    grain = {"commitment_id": str(row["commitment_id"])}
    figures = {
        column: fact
        for column, role in names.items()
        if (fact := partner.facts.of(str(row["metric"]), str(row["due_period"]), role=role, **grain)).known
    }
    return {
        "text": row["text"],
        "side": row["side"],
        **{column: shown_figure(figures[column], currency) if column in figures else "–" for column in names},
        "result": mark(f"{STATE_WORDS.get(result, result)}: {row['because']}", arrow=arrow, tone=tone),
        "next": text(row["if_missed"]) if result == "missed" else "",
    }  # fmt: skip


def plan_and_pipeline(partner: Slice) -> Shown:
    """The central table: periods from left to right, past ones against plan, coming ones against pipeline."""
    running = "" if partner.over else partner.about.period
    periods = outlook(partner.frames["partner"], target=partner.about.pipeline_target, running=running, past=4)
    if periods.empty:
        return callout(f"No {partner.length} of this partner holds a sale, a plan or a pipeline.")
    rows = {label: {q["period"]: cell(partner, q) for q in records(periods)} for label, cell in _ROWS.items()}
    said_anything = {
        label: cells for label, cells in rows.items() if any(cell not in ("", "–") for cell in cells.values())
    }
    frame = pd.DataFrame([{"measure": label, **cells} for label, cells in said_anything.items()])
    heads = {
        row["period"]: f"{row['period']} {'' if row['when'] == PAST else row['when']}".strip()
        for row in records(periods)
    }
    formats = {"measure": ColumnFormat("Measure"), **{q: ColumnFormat(head, "number") for q, head in heads.items()}}
    title = f"Plan, actual and pipeline by {partner.length} ({partner.about.currency})"
    shown = table(frame, id="plan-and-pipeline", columns=formats, caption=title)
    why = absent(partner.facts.of("attainment", partner.about.period, unit="share"))
    missing = callout(f"{why[0].upper()}{why[1:]}: what it sold cannot be set against a plan.")
    return together([shown] if periods["plan"].notna().any() else [missing, shown])


def _cell(
    name: str, *, role: str = "actual", when: tuple[str, ...] = (PAST, RUNNING, COMING), unit: str = "money"
) -> Callable[..., Text]:
    def cell(partner: Slice, row: dict[str, object]) -> Text:
        if row["when"] not in when:
            return ""
        fact = partner.facts.of(name, str(row["period"]), role=role, unit=unit)
        return shown_figure(fact, "") if fact.known else "–"

    return cell


def _at_plan_rates(partner: Slice, row: dict[str, object]) -> Text:
    """What the actual would be at plan rates, where exchange rates made a difference."""
    foreign = partner.facts.of("currency_effect", str(row["period"]), unit="money").n
    return _cell("revenue_at_plan_rates", when=(PAST, RUNNING))(partner, row) if foreign else ""


def _mark(partner: Slice, row: dict[str, object]) -> Text:
    word = str(row["mark"])
    if not word:
        return "no plan"
    arrow = {"ahead": "up", "over": "up", "behind": "down", "under": "down"}.get(_side(word), "level")
    return mark(word, arrow=arrow, tone={"up": "good", "down": "bad"}.get(arrow, "neutral"))


def _side(word: str) -> str:
    return next((side for side in ("ahead", "behind", "over", "under") if side in word.split()), "")


_ROWS: dict[str, Callable[..., Text]] = {
    "Plan": _cell("revenue", role=PLAN),
    "Plan to date": _cell("revenue", role=PLAN_TO_DATE, when=(RUNNING,)),
    "Actual": _cell("revenue", when=(PAST, RUNNING)),
    "Actual at plan rates": _at_plan_rates,
    "Attainment": _cell("attainment", when=(PAST, RUNNING), unit="share"),
    "Pipeline due": _cell("revenue", role=PIPELINE, when=(RUNNING, COMING)),
    "Pipeline index": _cell("pipeline_index", when=(RUNNING, COMING), unit="index"),
    "Target": _cell("pipeline_index", role=TARGET, when=(RUNNING, COMING), unit="index"),
    "Against plan or target": _mark,
}


def coverage(partner: Slice) -> Shown:
    """The pipeline index of the coming periods against its target."""
    facts, currency, coming = partner.facts, partner.about.currency, partner.coming_periods[:5]
    drawn = pd.DataFrame({"period": coming, "value": [facts.of("pipeline_index", q).value for q in coming]})
    if not len(drawn) or drawn["value"].isna().all():
        index = facts.of("pipeline_index", _coming(partner), unit="index")
        why = absent(index) if index.lacking else f"no coming {partner.length} has both a plan and a pipeline"
        return callout(f"The pipeline index cannot be drawn: {why}.")
    said = [review.shortfalls(facts, coming), review.ahead(facts, coming[0])]
    return draw(
        coverage_by_period,
        drawn.astype({"value": float}),
        alt=" ".join(sentence.text(currency) for sentence in said),
        caption=spoken(said[0], currency),
        target=partner.about.pipeline_target,
    )


def revenue(partner: Slice) -> Shown:
    """Revenue of the last eight quarters, or thirteen months, with the year before and the plan."""
    return profile.revenue(partner, periods=13 if partner.length == "month" else 8)


def lines(partner: Slice) -> Shown:
    """Plan and actual of each product line, and which made the difference; without a plan, the year before."""
    period, currency = partner.about.period, partner.about.currency
    planned = [group for group in groups(partner, BY_LINE, {}) if group.plan.value]
    if not planned:
        lacking = partner.facts.of("attainment", period, unit="share").lacking
        why = _hold_no(lacking) if lacking else "There is no plan by line for this partner."
        return together([callout(why), revenue_by(partner, BY_LINE)])
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
    return draw(
        attainment_bullets,
        pd.DataFrame({"label": list(attained), "value": [fact.value for fact in attained.values()]}),
        alt=" ".join(sentence.text(currency) for sentence in said) or f"Attainment by line in {period}.",
        caption=spoken(said[0], currency) if said else "",
        table=table(rows, id="lines", columns=formats, caption=f"Lines in {period}", currency=currency),
        height=0.8 + 0.5 * len(planned),
    )


def pipeline(partner: Slice) -> Shown:
    """Open deals by the month in which they are due, and the largest of them one by one."""
    deals, currency = partner.frames["deals"], partner.about.currency
    if deals.empty:
        lacking = partner.facts.of("top_three_share", partner.about.period).lacking
        return callout(_hold_no(lacking) if lacking else "There is no open deal to show for this partner.")
    said = review.concentration(partner.facts, partner.about.period)
    due = pd.to_datetime(deals["expected_close_on"])
    if due.isna().all():
        return together([callout(spoken(said, currency)), _largest_deals(partner)])
    months = deals.assign(
        month=due.dt.to_period("M").dt.to_timestamp(), overdue=due <= pd.Timestamp(partner.about.as_of)
    )
    drawn = months.groupby(["month", "overdue"], dropna=False)["amount"].sum().rename("value").reset_index()
    spoken_of = spoken(said, currency)
    picture = draw(pipeline_by_month, drawn, alt=spoken_of.text, caption=spoken_of, currency=currency)
    return together([picture, _largest_deals(partner)])


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
        return callout("The vendor's data hold no deals, leads, customers or certificates of this partner.")
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
        return callout(f"No remark was recorded for {partner.about.period}.")
    rows = pd.DataFrame({"author": [text(a, "unnamed") for a in frame["author"]], "text": list(frame["text"])})
    formats = {"author": ColumnFormat("From"), "text": ColumnFormat("Remark")}
    return table(rows, id="notes", columns=formats, caption="Remarks for this review")
