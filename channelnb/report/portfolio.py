"""A channel manager's page, cell by cell: how the portfolio ended, each partner beside plan and target, whom to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from html import escape
from typing import Any

import pandas as pd

from channelnb.fiscal import day_text
from channelnb.frames import records
from channelnb.metrics.registry import find
from channelnb.narrative import pictures
from channelnb.narrative import portfolio as words
from channelnb.narrative.facts import PIPELINE, TARGET, Fact, Facts
from channelnb.narrative.figures import Markup
from channelnb.narrative.portfolio import AGAIN, AGAINST_PLAN, MISSED
from channelnb.narrative.sentence import Piece, Sentence, gist, in_list, named, say
from channelnb.planning.attention import REASONS
from channelnb.portfolios import Portfolio
from channelnb.report import changes as since
from channelnb.report.blocks import Card, Text, callout, cards, labelled, lead, mark
from channelnb.report.charts import attainment_bullets, draw
from channelnb.report.matrix import matrix
from channelnb.report.shown import Shown, together
from channelnb.report.summary_table import Row, Subject, by_subject, columns_of
from channelnb.report.tables import ColumnFormat, table
from channelnb.report.words import headline, metric_fact, narrative, run_on, shown_figure, spoken, text

MOST_FIRST = 3
"""How many partners a summary names as those with whom to speak first."""

__all__ = [
    "attained",
    "attention",
    "basis",
    "changes",
    "matrix",
    "plan_and_pipeline",
    "promises",
    "signs_of",
    "summary",
]

BARELY = 0.05
"""The share of its plan by which a partner may be behind without that being why to speak with it first."""

MOST_ROWS = 100
"""How many partners a table names: nobody reads more, and a page of thousands opens slowly."""

MOST_BARS = 16

changes = since.of_portfolio


def summary(portfolio: Portfolio) -> Shown:
    """How the portfolio ended: one sentence, three headline figures, and what stands out."""
    facts, about = portfolio.facts, portfolio.about
    period, ahead, currency = about.period, portfolio.ahead, about.currency
    opening = words.whole(facts, period, ahead, name=portfolio.name, over=about.over)
    parts = [lead(spoken(opening, currency))]
    if left := _left_on(portfolio):
        parts.append(callout(left, tone="bad" if len(portfolio.standing) else "neutral"))
    if portfolio.standing.empty:
        return together(parts)
    plan = say(f"{facts.plan_name(facts.plan(period))} ", facts.plan(period))
    before = say("on the year ", metric_fact(facts, find("growth_yoy"), period))
    target = say(f"{ahead}, target ", facts.of("pipeline_index", ahead, role=TARGET, unit="index"))
    headlines = [
        _headline(facts, "attainment", period, beside=plan, currency=currency),
        _headline(facts, "revenue", period, beside=before, currency=currency),
        _headline(facts, "pipeline_index", ahead, beside=target, currency=currency),
    ]
    said = [
        words.against_plan(facts, period),
        *words.own_plan(facts, period, name=portfolio.name),
        words.pipeline(facts, ahead),
        words.promises(facts, period),
    ]
    parts += [callout(spoken(plan, currency), tone="bad") for plan in words.plans_of_left(facts, period, ahead)]
    return together([*parts, cards(headlines, currency=currency), narrative(gist(said), currency), _first(portfolio)])


def _first(portfolio: Portfolio) -> Shown:
    """With whom to speak first: the gravest, without those that are barely behind plan and nothing else."""
    found = _gravest_first(portfolio.standing)
    barely = found["short"].eq(0) & found["behind"].fillna(False) & found["reasons"].eq(1)
    names = [row["name"] for row in records(found[~barely].head(MOST_FIRST))]
    if not names:
        return Shown("")
    said = say("With whom to speak first: ", *in_list(named(str(name)) for name in names), ".")
    return labelled("To decide", narrative([said], portfolio.about.currency))


def _gravest_first(standing: pd.DataFrame) -> pd.DataFrame:
    """Who gives a reason, by what is missing of its plan, promises missed again, signs of leaving, then reasons."""
    found = standing[standing["reasons"].gt(0)]
    short = (1 - BARELY - found["attainment"].astype(float)).clip(lower=0).fillna(0.0)
    found = found.assign(short=short, on=found["signs"].fillna(0))
    order = ["short", "missed_again", "on", "reasons", "gap"]
    return found.sort_values(order, ascending=[False, False, False, False, True], kind="stable")


def _headline(facts: Facts, name: str, period: str, *, beside: Sentence, currency: str) -> Card:
    """A headline figure of several partners, which speaks of them where there is none."""
    card = headline(facts, find(name), period, beside=beside, currency=currency)
    return card if card.fact.lacking else replace(card, otherwise=f"{find(name).absent} for them")


def _left_on(portfolio: Portfolio) -> str:
    left = portfolio.manager.get("left_on")
    if not left:
        return ""
    day = day_text(pd.Timestamp(str(left)).date().isoformat())
    whose = "; the partners below need another manager" if (~portfolio.standing["left"]).any() else ""
    return f"{portfolio.name} left on {day}{whose}."


def plan_and_pipeline(portfolio: Portfolio) -> Shown:
    """The central table with a row for each partner, those furthest behind plan first, and one for all together."""
    frames, about = portfolio.frames, portfolio.about
    columns = columns_of(frames["portfolio"], frames["portfolio_year"], about)
    if not columns or portfolio.standing.empty:
        return together([])
    own = [
        (row, Subject(portfolio.facts, {"partner_id": str(row["partner_id"])})) for row in records(portfolio.standing)
    ]
    told = [(row, subject) for row, subject in own if _tells(subject, [column.period for column in columns])]
    rows = [Row(_name(portfolio, row), subject, {"gap": _gap(portfolio, **subject.grain)}) for row, subject in told]
    whole = Row(
        Markup("<strong>All together</strong>", "All together"), Subject(portfolio.facts), {"gap": _gap(portfolio)}
    )
    length = portfolio.length
    target = Fact("pipeline_index", portfolio.ahead, about.pipeline_target, "index", role=TARGET)
    caption = (
        f"{about.currency}, by {length}: attainment, with actual of plan; then the pipeline index against its target "
        f"of {shown_figure(target, '').text}, with pipeline on plan"
    )
    beside = {"gap": ColumnFormat(f"Gap to plan, {about.period}", "number")}
    beside = beside if any(isinstance(row.beside["gap"], Shown) for row in rows) else {}
    shown = by_subject([*rows[:MOST_ROWS], whole], columns, about, caption=caption, beside=beside)
    more = _left_out(len(rows) - MOST_ROWS, "whose plan is missed least or beaten") if len(rows) > MOST_ROWS else ""
    without = len(own) - len(told)
    silent = _left_out(without, f"of which nothing is known in these {length}s") if without else ""
    return together([shown, *(callout(said) for said in (more, silent) if said)])


def _left_out(number: int, which: str) -> str:
    return f"Not in the table {'is' if number == 1 else 'are'} {number:,} partner{'s' if number > 1 else ''} {which}."


def _tells(subject: Subject, periods: Iterable[str]) -> bool:
    metrics = (("revenue", "actual"), ("revenue", "plan"), ("revenue", "plan_to_date"), ("revenue", PIPELINE))
    return any(
        subject.facts.of(metric, period, role=role, unit="money", **subject.grain).value is not None
        for period in periods
        for metric, role in metrics
    )


def _gap(portfolio: Portfolio, **grain: str) -> Text:
    fact = portfolio.facts.of("revenue", portfolio.about.period, role=AGAINST_PLAN, unit="money", **grain)
    return shown_figure(fact, "") if fact.known else "–"


def _name(portfolio: Portfolio, row: dict[str, Any]) -> Markup:
    """A partner's name, a link to its review where the run makes one, and the day on which it left."""
    name, partner_id = str(row["name"]), str(row["partner_id"])
    href = portfolio.reviews.get(partner_id)
    html = f'<a href="{escape(href)}">{escape(name)}</a>' if href else escape(name)
    if not row["left"]:
        return Markup(html, name)
    left = f"left {day_text(pd.Timestamp(str(row['left_on'])).date().isoformat())}"
    return Markup(f"{html}<small>{left}</small>", f"{name}, {left}")


def attained(portfolio: Portfolio) -> Shown:
    """Attainment of each partner as a picture, those furthest behind plan in money first."""
    facts, about, standing = portfolio.facts, portfolio.about, portfolio.standing
    planned = standing[standing["attainment"].notna() & ~standing["left"]]
    said = [*words.furthest(facts, standing, about.period)]
    if planned.empty:
        return together([])
    shown = _ends(planned)
    drawn = pd.DataFrame({"label": shown["name"].astype(str), "value": shown["attainment"].astype(float)})
    caption = run_on(said or [words.against_plan(facts, about.period)], about.currency)
    if len(planned) > MOST_BARS:
        more = f" Drawn are the {MOST_BARS} furthest from plan in money, of {len(planned):,}."
        caption = Shown(caption.html + escape(more), caption.facts, caption.text + more)
    return draw(
        attainment_bullets,
        drawn,
        alt=spoken(_reached(portfolio, shown), about.currency),
        caption=caption,
        table=_attained(portfolio, shown),
        height=0.8 + 0.42 * len(shown),
    )


def _reached(portfolio: Portfolio, shown: pd.DataFrame) -> Sentence:
    facts, period = portfolio.facts, portfolio.about.period
    items: list[tuple[Piece, ...]] = [
        (named(row["name"]), " ", facts.of("attainment", period, unit="share", partner_id=str(row["partner_id"])))
        for row in records(shown)
    ]
    return pictures.each(f"Of its plan for {period} each partner reached, those furthest behind first: ", items)


def _ends(planned: pd.DataFrame) -> pd.DataFrame:
    """The rows furthest from plan in money, on either side, in the order of the table."""
    if len(planned) <= MOST_BARS:
        return planned
    return planned.loc[planned["gap"].abs().nlargest(MOST_BARS).index.sort_values()]


def _attained(portfolio: Portfolio, shown: pd.DataFrame) -> Shown:
    facts, period = portfolio.facts, portfolio.about.period
    ids = [str(name) for name in shown["partner_id"]]
    rows = pd.DataFrame(
        {
            "partner": list(shown["name"]),
            "plan": [facts.plan(period, partner_id=name) for name in ids],
            "actual": [facts.of("revenue", period, unit="money", partner_id=name) for name in ids],
            "attainment": [facts.of("attainment", period, unit="share", partner_id=name) for name in ids],
            "growth": [facts.of("growth_yoy", period, unit="share", partner_id=name) for name in ids],
        }
    )
    formats = {
        "partner": ColumnFormat("Partner"),
        "plan": ColumnFormat("Plan" if portfolio.about.over else "Plan to date", "money"),
        "actual": ColumnFormat("Actual", "money"),
        "attainment": ColumnFormat("Attainment", "share"),
        "growth": ColumnFormat("On the year", "share"),
    }
    title = f"Attainment in {period}"
    return table(rows, id="attained", columns=formats, caption=title, currency=portfolio.about.currency)


def attention(portfolio: Portfolio) -> Shown:
    """Whom to look at first: the gravest, each reason with its figure; and what is in order."""
    facts, about, standing = portfolio.facts, portfolio.about, portfolio.standing
    if standing.empty:
        return together([])
    said = narrative([*words.attention(facts, about.period)], about.currency)
    listed = _gravest_first(standing)
    if listed.empty:
        return together([said, callout("No partner gives a reason to look at it first.", tone="good")])
    told = listed.head(MOST_ROWS)
    rows = pd.DataFrame([{"partner": _name(portfolio, row), **_reasons(portfolio, row)} for row in records(told)])
    formats = {
        "partner": ColumnFormat("Partner"),
        "plan": ColumnFormat(f"Plan, {about.period}"),
        "pipeline": ColumnFormat(f"Pipeline, {portfolio.ahead}"),
        "promises": ColumnFormat("Promises missed"),
        "review": ColumnFormat("Review"),
        "signs": ColumnFormat("Signs of leaving"),
    }
    # A reason that nobody gives has no column: the sentences tell of it.
    formats = {name: form for name, form in formats.items() if rows[name].astype(bool).any()}
    shown = table(rows, id="attention", columns=formats, caption="Partners to look at first, the gravest first")
    more = len(listed) - len(told)
    return together([said, shown, *([callout(_left_out(more, "that come after them"))] if more else [])])


def _reasons(portfolio: Portfolio, row: dict[str, Any]) -> dict[str, Text]:
    facts, period, own = portfolio.facts, portfolio.about.period, {"partner_id": str(row["partner_id"])}
    told = {name for name in REASONS if pd.notna(row[name]) and row[name]}
    attainment = facts.of("attainment", period, unit="share", **own)
    index = facts.of("pipeline_index", portfolio.ahead, unit="index", **own)
    missed, again = facts.of(MISSED, period, **own), facts.of(AGAIN, period, **own)
    signs = facts.of("signs_of_leaving", period, **own)
    count = say(missed, ", of which ", again, " again") if again.value else say(missed)
    return {
        "plan": _reason(told, "behind", say("behind at ", attainment)) or _reason(told, "no_plan", say("no plan")),
        "pipeline": _reason(told, "under_target", say("under at ", index)),
        "promises": _reason(told, "missed_promises", count),
        "review": _reason(told, "review_overdue", say("overdue")),
        "signs": _reason(told, "leaving", signs_of(signs)),
    }


def signs_of(signs: Fact) -> Sentence:
    """How many signs of leaving are on, in a cell."""
    return say(signs, " sign is on" if signs.value == 1 else " signs are on")


def _reason(told: set[str], name: str, said: Sentence) -> Text:
    if name not in told:
        return ""
    what = spoken(said, "")
    shown = mark(what, arrow="down", tone="bad")
    return Shown(shown.html, what.facts, shown.text)


def promises(portfolio: Portfolio) -> Shown:
    """The promises that partners missed, those missed again first: to whom to speak of them, and what was agreed."""
    about, frame = portfolio.about, portfolio.frames["promises"]
    if portfolio.standing.empty:
        return together([])
    if lacking := portfolio.facts.of("promises", about.period).lacking:
        return callout(f"The vendor's data hold no {lacking}.")
    due = frame[frame["due_period"].eq(about.period) & frame["side"].eq("partner") & frame["misses"].gt(0)]
    said = narrative([words.promises(portfolio.facts, about.period)], about.currency)
    if due.empty:
        return said
    names = dict(zip(portfolio.frames["partners"]["partner_id"], portfolio.frames["partners"]["name"], strict=True))
    due = due.sort_values(["misses", "partner_id", "commitment_id"], ascending=[False, True, True])
    rows = pd.DataFrame(
        {
            "text": list(due["text"]),
            "partner": [str(names.get(name, name)) for name in due["partner_id"]],
            "owner": [text(name, "–") for name in due["owner"]],
            "misses": [
                mark("again", arrow="down", tone="bad") if times > 1 else "first time" for times in due["misses"]
            ],
            "next": [text(agreed, "nothing agreed") for agreed in due["if_missed"]],
        }
    ).head(MOST_ROWS)
    formats = {
        "text": ColumnFormat("Promise"),
        "partner": ColumnFormat("Partner"),
        "owner": ColumnFormat("Owner"),
        "misses": ColumnFormat("Missed"),
        "next": ColumnFormat("If missed"),
    }
    listing = table(rows, id="promises", columns=formats, caption=f"Promises of partners missed in {about.period}")
    return together([said, listing])


def basis(portfolio: Portfolio) -> Shown:
    """Whose sales are counted, and how the rows add up."""
    about = portfolio.about
    if portfolio.standing.empty:
        return together([])
    day = day_text(date.fromisoformat(about.as_of).isoformat())
    said = words.basis(portfolio.facts, about.period, name=portfolio.name, as_of=day)
    return narrative(said, about.currency)
