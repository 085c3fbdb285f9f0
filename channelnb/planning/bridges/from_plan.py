"""From plan to actual: deals that slipped, were lost or pulled in, new customers, currency, and all other sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.book.given import literal
from channelnb.metrics.keys import NONE, given
from channelnb.metrics.measure import measure
from channelnb.metrics.rows import has_key, rows_of
from channelnb.planning.bridges.span import ALL, Span, line_of, reaches_back, sales_of
from channelnb.planning.bridges.steps import END, START, cents, empty, line_cents, rows_of_steps, unparted

PLAN = "plan"
"""The name of the bridge from plan to actual."""
SLIPPED, LOST_DEALS, PULLED_IN = "slipped", "lost_deals", "pulled_in"
NEW, EXISTING, CURRENCY = "new", "existing", "currency"
STEPS = (SLIPPED, LOST_DEALS, PULLED_IN, NEW, EXISTING, CURRENCY)
_KEYS = ["partner_id", "line"]


@dataclass(frozen=True)
class _Told:
    """Why steps cannot be parted from the rest, each "" where it can; `by_line` says whether lines are told."""

    by_line: bool
    seen: str
    pulled_in: str
    customers: str
    currency: str

    @classmethod
    def by(cls, book: Book, span: Span) -> _Told:
        sales, by_line = given(book, "sales"), has_key(book, "sales", "line") and has_key(book, "plans", "line")
        seen = _not_seen(book, span)
        linked = "" if "opportunity_id" in sales else "table sales has no column opportunity_id"
        customers = "" if "customer_id" in sales else "table sales has no column customer_id"
        customers = customers or reaches_back(book, span.first, months=12)
        return cls(by_line, seen, seen or linked, customers, book.at_plan.why_not)

    @property
    def reasons(self) -> dict[str, str]:
        """Why steps are part of others, by step."""
        deals = {SLIPPED: self.seen, LOST_DEALS: self.seen, PULLED_IN: self.pulled_in}
        return deals | {NEW: self.customers, CURRENCY: self.currency}


def _not_seen(book: Book, span: Span) -> str:
    """Why it is not known what was due when the period began; "" when it is."""
    if not book.has("pipeline_history", "expected_close_on"):
        return "the source has no pipeline_history with expected_close_on"
    if not book.has("opportunities", "closed_on"):
        return "the source has no opportunities with closed_on"
    sql = f"SELECT count(*) FROM pipeline_history WHERE as_of <= {span.opening()}"
    began = book.con.execute(sql).fetchall()[0][0]
    return "" if began else f"pipeline_history begins after {span.first}"


def plan_bridges(book: Book, span: Span) -> pd.DataFrame:
    """The bridges from plan to actual of every partner that has a plan; of a running period, from the plan to date.

    *Slipped* and *lost_deals* are deals that were open and due in the period as the history of the pipeline last saw
    them up to its first day, and at its end (or the day known) were open still, or lost or dropped. They count for the
    part of their line's plan that rested on them: the amount × the probability seen then (the amount, where none was),
    and in proportion less where all that was due came to more than the plan, as a pipeline that covers its plan does:
    so deals stand for no more than the plan. *Pulled in* are the sales of deals won in the period that
    were due later, seen from its first day. *New* are other sales to customers who bought nothing in the look-back
    before the period (`new_customer_revenue` by partner). All of these are at plan rates, and *currency* is what the
    actual rates come to beyond them. A plan says neither which deals nor which customers it reckons with; so
    *existing* is what is left: all other sales, less all of the plan but the deals that slipped or were lost.

    What the source cannot part is in *existing* too. Lines are those of plan and sales; where a partner's plan names
    none, its sales are not parted by line either. Amounts are those that `attainment` knows, and add up to the cent.
    """
    if not span.begun or not book.has("plans"):
        return empty()
    told = _Told.by(book, span)
    plans = _plans(book, by_line=told.by_line)
    if plans.empty:
        return empty()
    sold = _sold(book, span, told).merge(plans[["partner_id"]].drop_duplicates())
    due = _due(book, span, told).merge(plans[["partner_id"]].drop_duplicates())
    found = bridged(plans, sold, due, period=span.period)
    unrated = unparted(
        sold.loc[sold["unrated"] > 0, "partner_id"],
        {} if told.currency else {CURRENCY: "fx_rates has no plan rates of the period"},
        bridge=PLAN,
        period=span.period,
    )
    whole = unparted(found["partner_id"], told.reasons, bridge=PLAN, period=span.period)
    return pd.concat([found, whole, unrated], ignore_index=True)


def bridged(plans: pd.DataFrame, sold: pd.DataFrame, due: pd.DataFrame, *, period: str) -> pd.DataFrame:
    """The rows of bridges from plan to actual: for each partner and line, start, steps and end.

    Needs by partner_id and line `plans` (plan), `sold` (actual, pulled_in, new, currency and cases of each) and `due`
    (expected, what all deals due were likely to bring, slipped and lost_deals of it, their cases and their worth).

    >>> plans = pd.DataFrame({"partner_id": ["P1"], "line": ["Disks"], "plan": [100.0]})
    >>> sold = pd.DataFrame({"partner_id": ["P1"], "line": ["Disks"], "actual": [90.0], "new": [30.0]})
    >>> due = pd.DataFrame({"partner_id": ["P1"], "line": ["Disks"], "slipped": [50.0], "expected": [200.0]})
    >>> bridged(plans, sold, due, period="2026Q3").set_index("step")["amount"].to_dict()
    {'start': 100.0, 'slipped': -25.0, 'new': 30.0, 'existing': -15.0, 'end': 90.0}
    """
    plans, sold, due = _in_lines_of_the_plan(plans, sold, due)
    every = [frame.groupby(_KEYS, as_index=False).sum() for frame in (plans, sold, due)]
    keys = pd.concat([frame[_KEYS] for frame in every]).drop_duplicates().sort_values(_KEYS, ignore_index=True)
    grid = keys
    for frame in every:
        grid = grid.merge(frame, on=_KEYS, how="left", validate="1:1")
    deals = (SLIPPED, LOST_DEALS)
    wanted = [
        "plan",
        "actual",
        "expected",
        *STEPS,
        *(f"{step}_n" for step in STEPS),
        *(f"{step}_worth" for step in deals),
    ]
    grid = grid.reindex(columns=[*_KEYS, *wanted]).fillna(dict.fromkeys(wanted, 0.0))
    start, end = (line_cents(grid[name].to_numpy(float), keys["partner_id"]) for name in ("plan", "actual"))
    steps = {step: cents(grid[step].to_numpy(float)) for step in STEPS}
    rested = np.minimum(grid["plan"].clip(lower=0) / grid["expected"].where(grid["expected"] > 0, np.inf), 1)
    steps |= {step: -cents((grid[step] * rested).to_numpy(float)) for step in deals}
    steps[EXISTING] = end - start - np.sum([amount for step, amount in steps.items() if step != EXISTING], axis=0)
    n = {step: grid[f"{step}_n"].to_numpy(float) for step in STEPS if step != EXISTING}
    worth = {step: grid[f"{step}_worth"].to_numpy(float) for step in deals}
    amounts = {START: start, **steps, END: end}
    return rows_of_steps(keys, amounts, n, bridge=PLAN, period=period, worth=worth)


def _in_lines_of_the_plan(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The frames, of which the first holds plans, in one line for each partner whose plan names none."""
    plans = frames[0]
    named = set(plans.loc[plans["line"].ne(NONE) & plans["plan"].ne(0), "partner_id"])
    return [frame.assign(line=frame["line"].where(frame["partner_id"].isin(named), ALL)) for frame in frames]


def _plans(book: Book, *, by_line: bool) -> pd.DataFrame:
    """What is planned for the book's period, to date where it is not over: one row per partner and line."""
    found = measure(book, ["attainment"], by=["partner_id", *(["line"] if by_line else [])], resample=False)
    plans = found.rename(columns={"denominator": "plan"}).dropna(subset="plan")
    plans = plans if by_line else plans.assign(line=ALL)
    whole = plans.groupby("partner_id")["plan"].transform("sum")
    # Where sales don't tell of the period, nothing is held against the plan.
    told = plans["value"].notna().groupby(plans["partner_id"]).transform("any")
    return plans.loc[(whole > 0) & told & plans["partner_id"].ne(NONE), [*_KEYS, "plan"]].reset_index(drop=True)


def _sold(book: Book, span: Span, told: _Told) -> pd.DataFrame:
    """What was sold in the period: one row per partner and line."""
    at_plan = "f.revenue" if told.currency else "f.revenue_at_plan_rates"
    look_back = span.opening(book.vendor.new_customer_months)
    known = (
        "SELECT DISTINCT f.partner_id, f.customer_id, true AS known "
        f"{sales_of(book, 'customer_id')} AND f.sold_on >= {look_back} AND f.sold_on < {span.opening()}"
    )
    early = (
        "SELECT NULL::VARCHAR AS opportunity_id"
        if told.pulled_in
        else f"SELECT opportunity_id FROM ({_seen(book, span)}) {_WON_EARLY.format(first=span.opening(), end=span.end)}"
    )
    is_new = "false" if told.customers else "customer_id IS NOT NULL AND known IS NULL"
    kinds = (
        f"CASE WHEN opportunity_id IN (SELECT opportunity_id FROM early) THEN '{PULLED_IN}' "
        f"WHEN {is_new} THEN '{NEW}' ELSE '' END"
    )
    columns = "customer_id opportunity_id revenue_at_plan_rates original_currency"
    parts = ", ".join(
        f"CAST(sum(at_plan) FILTER (WHERE kind = '{kind}') AS DOUBLE) AS {kind}, "
        f"CAST(count(DISTINCT {what}) FILTER (WHERE kind = '{kind}') AS DOUBLE) AS {kind}_n"
        for kind, what in ((PULLED_IN, "opportunity_id"), (NEW, "customer_id"))
    )
    return book.query(
        f"WITH early AS ({early}), known AS ({known}), sold AS ("
        f"SELECT f.partner_id, {line_of(book, 'sales', by_line=told.by_line)} AS line, f.customer_id, "
        f"f.opportunity_id, f.revenue, {at_plan} AS at_plan, "
        f"f.original_currency <> {literal(book.vendor.currency)} AS is_foreign "
        f"{sales_of(book, columns)} AND f.sold_on BETWEEN {span.opening()} AND {span.end}), "
        "rated AS (SELECT * REPLACE (CASE WHEN unrated THEN revenue ELSE at_plan END AS at_plan) FROM ("
        "SELECT *, bool_or(at_plan IS NULL) OVER (PARTITION BY partner_id) AS unrated FROM sold)) "
        f"SELECT partner_id, line, CAST(sum(revenue) AS DOUBLE) AS actual, {parts}, "
        f"CAST(sum(revenue - at_plan) AS DOUBLE) AS {CURRENCY}, "
        f"CAST(count(*) FILTER (WHERE is_foreign AND NOT unrated) AS DOUBLE) AS {CURRENCY}_n, "
        "CAST(count(*) FILTER (WHERE unrated) AS DOUBLE) AS unrated FROM ("
        f"SELECT *, {kinds} AS kind FROM rated LEFT JOIN known USING (partner_id, customer_id)) "
        "GROUP BY ALL ORDER BY ALL"
    )


_WON_EARLY = "WHERE outcome = 'won' AND closed_on BETWEEN {first} AND {end} AND due > {end}"


def _seen(book: Book, span: Span) -> str:
    """SQL for the deals open when the period began: when each was due and its worth, as last seen up to then."""
    words = {"opportunity_id", "partner_id", "outcome", "closed_on", "line"}
    # Kept rows may hold more columns than asked for, today's amount among them.
    return (
        "SELECT f.opportunity_id, f.partner_id, f.outcome, f.closed_on, "
        f"{line_of(book, 'opportunities')} AS told_line, seen.due, seen.amount, "
        "coalesce(seen.probability, 1) * CAST(seen.amount AS DOUBLE) AS likely FROM "
        f"{rows_of(book, 'opportunities', words)} AS f JOIN (SELECT opportunity_id, "
        "arg_max(expected_close_on, as_of) AS due, arg_max(amount, as_of) AS amount, "
        "arg_max_null(probability, as_of) AS probability, arg_max(coalesce(outcome, 'open'), as_of) AS outcome "
        "FROM pipeline_history "
        f"WHERE as_of <= {span.opening()} GROUP BY opportunity_id) AS seen ON seen.opportunity_id = f.opportunity_id "
        f"WHERE seen.outcome = 'open' AND coalesce(f.closed_on >= {span.opening()}, true)"
    )


def _due(book: Book, span: Span, told: _Told) -> pd.DataFrame:
    """Deals that were due in the period and not won in it: one row per partner and line."""
    names = ["expected", *(f"{step}{of}" for step in (SLIPPED, LOST_DEALS) for of in ("", "_worth", "_n"))]
    if told.seen:
        return pd.DataFrame(columns=[*_KEYS, *names]).astype(
            dict.fromkeys(_KEYS, "str") | dict.fromkeys(names, "float")
        )
    is_open = f"(outcome = 'open' OR coalesce(closed_on > {span.end}, false))"
    conditions = {SLIPPED: is_open, LOST_DEALS: f"NOT {is_open} AND outcome <> 'won'"}
    # Exact decimals, so that the order in which they are added makes no difference.
    sums = ", ".join(
        f"CAST(coalesce(sum(CAST(likely AS DECIMAL(38,6))) FILTER (WHERE {how}), 0) AS DOUBLE) AS {name}, "
        f"CAST(coalesce(sum(amount) FILTER (WHERE {how}), 0) AS DOUBLE) AS {name}_worth, "
        f"CAST(count(*) FILTER (WHERE {how}) AS DOUBLE) AS {name}_n"
        for name, how in conditions.items()
    )
    sums = f"CAST(sum(CAST(likely AS DECIMAL(38,6))) AS DOUBLE) AS expected, {sums}"
    line = "told_line" if told.by_line else f"'{ALL}'"
    return book.query(
        f"SELECT partner_id, {line} AS line, {sums} FROM ({_seen(book, span)}) "
        f"WHERE due BETWEEN {span.opening()} AND {span.end} GROUP BY ALL ORDER BY ALL"
    )
