"""Why the period ended as it did, on a page: attainment by month, line and person, and the two bridges."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from channelnb.metrics.keys import NONE
from channelnb.narrative import bridge, pictures
from channelnb.narrative.facts import PLAN as PLANNED
from channelnb.narrative.facts import PLAN_TO_DATE, PRIOR, Fact
from channelnb.narrative.sentence import Sentence, absent
from channelnb.planning.bridges.from_plan import PLAN
from channelnb.planning.bridges.from_year import YEAR
from channelnb.planning.bridges.sales import DEALS
from channelnb.planning.bridges.span import ALL
from channelnb.planning.bridges.steps import END, START
from channelnb.report.blocks import absence, callout, folded, paragraph
from channelnb.report.charts import draw, waterfall
from channelnb.report.shown import Shown, together
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import names_of, narrative, shown_figure, spoken
from channelnb.slice import Slice

FEW = 8
"""How many rows of attainment are shown as they are; a table of more is folded."""

_MEANING = {
    PLAN: {
        "slipped": "Deals due in the period at its start and still open at its end, at the part of the plan that "
        "rested on them: their amount × their probability then, and less where all that was due came to more than the "
        "plan.",
        "lost_deals": "The same of deals that were lost or dropped.",
        "pulled_in": "Sales of deals won in the period that were due later at its start.",
        "new": "Other sales to customers who had not bought in the look-back before the period.",
        "existing": "All other sales, less the rest of the plan: a plan does not say how much of it is for existing "
        "customers and how much for new ones.",
        "currency": "What sales in other currencies come to beyond their plan rates.",
    },
    YEAR: {
        "count": "More or fewer deals decided, won or lost.",
        "win_rate": "The share of decided deals that were won, line by line.",
        "mix": "How the decided deals were spread over lines.",
        "size": "What a won deal was worth before discount, line by line.",
        "price": "What was paid of the price before discount, in deals and other sales.",
        "new": "Sales to customers who had bought nothing in the twelve months up to last year's period.",
        "lost": "Last year's sales to customers who bought nothing in the twelve months up to the end of this period.",
        "loose": "Sales that close no deal, before discount.",
        "currency": "Other exchange rates than a year before; the other steps are at the mean of both years' rates.",
    },
}
_BY_SALE = {
    "count": "More or fewer sales.",
    "mix": "How the sales were spread over lines.",
    "size": "What a sale was worth before discount, line by line.",
    "price": "What was paid of the price before discount.",
    "loose": "Sales below zero.",
}
"""The same where sales name no deal."""
_ORDER = "Each step is its part averaged over all orders in which the steps could be taken, so none is preferred."


def attainment(partner: Slice) -> Shown:
    """Attainment by month, quarter and year to date: the whole, each line, and each person who has a plan."""
    frame = partner.frames["attained"]
    planned = frame[frame["metric"].eq("attainment") & frame["value"].notna()]
    if planned.empty:
        return Shown("")
    periods = _periods(partner, planned)
    groups = _groups(partner, planned)
    facts = {
        (label, period): partner.facts.of("attainment", period, unit="share", **grain)
        for label, grain in groups.items()
        for period in periods
    }
    rows = pd.DataFrame([{"of": label, **{p: facts[label, p] for p in periods}} for label in groups])
    heads = {period: ColumnFormat(head, "share") for period, head in periods.items()}
    caption = "Attainment: revenue over plan"
    shown = table(rows, id="attainment", columns={"of": ColumnFormat("Revenue of"), **heads}, caption=caption)
    if len(rows) > FEW:
        few = table(rows.head(1), id="attainment-whole", columns={"of": ColumnFormat("Revenue of"), **heads})
        shown = together([few, folded(f"Attainment of {len(rows) - 1} lines and people", shown)])
    return together([shown, folded("Plan and actual behind it", _plan_and_actual(partner, groups, periods))])


def _periods(partner: Slice, planned: pd.DataFrame) -> dict[str, str]:
    """The periods shown, months first, and their headings."""
    heads = {}
    for span in ("month", "quarter", "year"):
        for period in sorted(set(planned.loc[planned["span"].eq(span), "period"])):
            last = f"{period}Q4" if span == "year" else period
            over = partner.calendar.end(last).isoformat() <= partner.about.as_of
            heads[period] = period if over else f"{period} to date"
    return heads


def _groups(partner: Slice, planned: pd.DataFrame) -> dict[str, dict[str, str]]:
    """What attainment is shown of, and its grain: people only where any of them has a plan."""
    names = names_of(partner.frames["people"], edition=partner.edition)
    groups: dict[str, dict[str, str]] = {"All": {}}
    for key, noun in (("line", "line"), ("salesperson_id", "salesperson")):
        found = sorted(set(planned.loc[planned["key"].eq(key), "name"]), key=lambda name: (name == NONE, name))
        if found == [NONE]:
            continue
        for name in found:
            label = f"no {noun} named" if name == NONE else names.get(name, name) if key != "line" else name
            groups[label if label not in groups else f"{label} ({name})"] = {key: name}
    return groups


def _plan_and_actual(partner: Slice, groups: dict[str, dict[str, str]], periods: dict[str, str]) -> Shown:
    facts, currency = partner.facts, partner.about.currency
    rows, heads = [], {"of": ColumnFormat("Revenue of")}
    for period, head in periods.items():
        heads |= {f"{period} plan": ColumnFormat(f"{head}, plan", "money"), period: ColumnFormat("actual", "money")}
    for label, grain in groups.items():
        row: dict[str, object] = {"of": label}
        for period in periods:
            row[f"{period} plan"] = _known(facts.plan(period, **grain))
            row[period] = _known(facts.of("revenue", period, unit="money", **grain))
        rows.append(row)
    caption = f"Plan and actual ({currency})"
    return table(pd.DataFrame(rows), id="plan-and-actual", columns=heads, caption=caption, currency=currency)


def _known(fact: Fact) -> Fact | None:
    return fact if fact.known else None


def plan_bridge(partner: Slice) -> Shown:
    """From plan to actual, in at most five steps; where there is no plan to start from, one line that says so."""
    facts, period = partner.facts, partner.about.period
    said = [*bridge.gap(facts, period), *bridge.timing(facts, period, so_far=not partner.over)]
    if not said:
        why = absent(facts.of("attainment", period, unit="share"))
        return absence(f"The steps from plan to actual cannot be told: {why}.")
    plan = facts.plan(period)
    return _bridge(partner, PLAN, said, start=(plan, "Plan" if plan.role == PLANNED else "Plan to date", "plan"))


def year_bridge(partner: Slice) -> Shown:
    """From last year's revenue of the same period to this year's, in at most five steps; or why that cannot be told."""
    facts, period, before = partner.facts, partner.about.period, partner.year_before
    rows = partner.frames["bridges"]
    label = before if partner.over else f"{before}, same part"
    names = bridge.labels(rows, YEAR)
    said = bridge.on_the_year(facts, period, label if partner.over else f"the same part of {before}", steps=names)
    if not said:
        why = absent(facts.of("growth_yoy", period, unit="share"))
        return absence(f"The steps from the year before cannot be told: {why}.")
    return _bridge(partner, YEAR, said, start=(facts.of("revenue", period, role=PRIOR, unit="money"), label, "prior"))


def _bridge(partner: Slice, of: str, said: list[Sentence], *, start: tuple[Fact, str, str]) -> Shown:
    rows, currency, period = partner.frames["bridges"], partner.about.currency, partner.about.period
    told = rows[rows["bridge"].eq(of) & rows["reason"].eq("")]
    names = bridge.labels(rows, of)
    sums = told[~told["step"].isin([START, END])].groupby("step")["amount"].sum()
    shown, rest = bridge.largest({step: round(float(sums[step]), 2) for step in names if step in sums})
    steps = {**shown, **({bridge.OTHER: round(sum(rest.values()), 2)} if rest else {})}
    ends = {step: float(told.loc[told["step"].eq(step), "amount"].sum()) for step in (START, END)}
    bars = [(start[1], ends[START], start[2]), *((names[step], value, "step") for step, value in steps.items())]
    bars.append((period if partner.over else f"{period} so far", ends[END], "actual"))
    picture = draw(
        waterfall,
        pd.DataFrame(bars, columns=["label", "value", "role"]),
        alt=spoken(_shape(partner, of, steps, names, start), currency),
        caption=spoken(said[0], currency),
        table=_steps_by_line(partner, of, names, start[0]),
        currency=currency,
        height=0.6 + 0.36 * len(bars),
    )
    return together(
        [picture, *([narrative(said[1:], currency)] if said[1:] else []), _meaning(partner, of, steps, rest)]
    )


def _shape(
    partner: Slice, of: str, steps: dict[str, float], names: dict[str, str], start: tuple[Fact, str, str]
) -> Sentence:
    """The bars of the picture in words."""
    facts, period = partner.facts, partner.about.period
    taken = [(names[step], facts.of(bridge.METRIC[of], period, unit="money", step=step)) for step in steps]
    end = facts.of("revenue", period, unit="money")
    return pictures.steps((start[1], start[0]), taken, (period if partner.over else f"{period} so far", end))


def _steps_by_line(partner: Slice, of: str, names: dict[str, str], start: Fact) -> Shown:
    """Every step of the whole and of each line, with where they start and end."""
    rows, facts, period = partner.frames["bridges"], partner.facts, partner.about.period
    told = rows[rows["bridge"].eq(of) & rows["reason"].eq("")]
    steps = [step for step in names if step in set(told["step"])]
    lines = sorted(set(told["line"]) - {ALL}, key=lambda line: (line == NONE, line))
    metric = bridge.METRIC[of]
    role = start.role if start.role in (PLANNED, PLAN_TO_DATE, PRIOR) else PRIOR

    def row(label: str, grain: dict[str, str]) -> dict[str, object]:
        by_step = {
            step: _known(fact) if (fact := facts.of(metric, period, unit="money", step=step, **grain)).value else None
            for step in steps
        }
        first = facts.of("revenue", period, role=role, unit="money", **grain)
        last = facts.of("revenue", period, unit="money", **grain)
        return {"line": label, START: _known(first), **by_step, END: _known(last)}

    each = [row("All", {}), *(row("no line named" if line == NONE else line, {"line": line}) for line in lines)]
    heads = {START: "Plan" if of == PLAN else "Year before"} | {step: names[step] for step in steps} | {END: "Actual"}
    caption = "From plan to actual, by line" if of == PLAN else "From last year to this, by line"
    if len(each) <= FEW:
        # What there are more of goes down the page.
        columns = {f"line {place}": ColumnFormat(str(one["line"]), "money") for place, one in enumerate(each)}
        turned = [
            {"step": head, **{column: one[name] for column, one in zip(columns, each, strict=True)}}
            for name, head in heads.items()
        ]
        rows_, formats = turned, {"step": ColumnFormat("Step"), **columns}
    else:
        money = {name: ColumnFormat(head, "money") for name, head in heads.items()}
        rows_, formats = each, {"line": ColumnFormat("Line"), **money}
    frame = pd.DataFrame(rows_, dtype=object)
    return table(frame, id=f"{of}-bridge", columns=formats, caption=caption, currency=partner.about.currency)


def _meaning(partner: Slice, of: str, steps: Iterable[str], rest: dict[str, float]) -> Shown:
    """What each step is, what few are drawn together, and what the data cannot tell apart."""
    rows, currency = partner.frames["bridges"], partner.about.currency
    names, by_sale = bridge.labels(rows, of), of == YEAR and DEALS in set(rows["step"])
    meaning = _MEANING[of] | (_BY_SALE if by_sale else {})
    lines = [paragraph(f"{names[step]}: {meaning[step]}") for step in meaning if step in {*steps, *rest}]
    if rest:
        metric, period = bridge.METRIC[of], partner.about.period
        each = [partner.facts.of(metric, period, unit="money", step=step) for step in rest]
        figures = [shown_figure(fact, currency) for fact in each]
        words = [f"{names[step]} {figure.html}" for step, figure in zip(rest, figures, strict=True)]
        text = ", ".join(f"{names[step]} {figure.text}" for step, figure in zip(rest, figures, strict=True))
        lines.insert(0, Shown(f"<p>Other: {', '.join(words)}.</p>", tuple(each), f"Other: {text}."))
    if of == YEAR:
        lines.append(paragraph(_ORDER))
    lines += [callout(f"Not told apart: {what}; {why}.") for what, why in bridge.unparted(rows, of)]
    return folded("What the steps are", together(lines))
