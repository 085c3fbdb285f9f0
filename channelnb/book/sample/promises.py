"""Promises made at each review: figures to reach, things to do, and how they truly ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import NO_DAY, Array, Generator, ids, month_start, name_of, quarter_name, unless
from channelnb.book.sample.measures import QUARTERS, Reached, quarter_end
from channelnb.book.sample.together import review_day
from channelnb.book.sample.vendor import AS_OF, CURRENCY, LINE_NAMES

FIRST_REVIEW = QUARTERS - 4
"""The quarter in which the first promises of the sample were made."""
MET, MISSED, OPEN, NOT_MEASURABLE = "met", "missed", "open", "not_measurable"
_GOALS = {
    "open_pipeline": ("sales", "Hold open deals worth {currency} {target:,.0f} at the end of {quarter}"),
    "certified_people": ("training", "Have {target:.0f} certified people at the end of {quarter}"),
    "win_rate": ("sales", "Win {target:.0%} of the deals decided in {quarter}"),
    "new_customers": ("sales", "Win {target:.0f} new customers in {quarter}"),
}
_REVENUE = ("sales", "Reach revenue of {currency} {target:,.0f}{in_line} in {quarter}")
_ACTIONS = {
    "partner": (
        ("marketing", "Invite twenty customers to a {line} day"),
        ("training", "Send two engineers to the {line} course"),
        ("sales", "Name one person who answers for {line}"),
        ("finance", "Settle the invoices that are overdue"),
        ("sales", "Hand in an account plan for the three largest customers"),
    ),
    "vendor": (
        ("technical", "Lend a {line} demonstration kit"),
        ("marketing", "Pay half of a joint {line} campaign"),
        ("sales", "Answer deal registrations within three days"),
        ("training", "Hold a {line} course at the partner's office"),
        ("technical", "Send a presales engineer for two days a month"),
    ),
}
_VAGUE = (
    ("marketing", "Make the brand better known in the region", "brand_awareness", 0.4),
    ("technical", "Bring both presales teams closer together", None, np.nan),
    ("sales", "Be the first choice for {line}", None, np.nan),
)
_IF_MISSED = ("talk about it at the next review", "the rebate of the quarter falls away", "an executive call")


@dataclass(frozen=True)
class Record:
    """What promises can be measured by: metrics by name, and revenue by line as low and high."""

    metrics: Mapping[str, Reached]
    line_low: Array
    line_high: Array


def commitments(
    rng: Generator, cast: Cast, record: Record, contacts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per promise in the contract's columns, and how each ended (`commitment_id`, `result`)."""
    review = np.arange(FIRST_REVIEW, QUARTERS)
    partner, at = np.nonzero(cast.there(3 * review))
    met_at = pd.DataFrame({"partner": partner, "review": review[at]})
    parts = [
        _revenue_goals(rng, cast, met_at, record),
        _other_goals(rng, cast, met_at, record),
        _actions(rng, cast, _some(rng, met_at, 0.6), "partner"),
        _actions(rng, cast, _some(rng, met_at, 0.8), "vendor"),
        _vague(rng, cast, _some(rng, met_at, 0.2)),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["review", "partner"], kind="stable", ignore_index=True)
    rows["made_on"] = review_day(rows["review"].to_numpy())
    rows["result"] = rows["result"].mask(_taken_over(cast, rows) & (rows["result"] != OPEN), NOT_MEASURABLE)
    frame = rows.assign(commitment_id=ids("Z", len(rows)), **_people(cast, rows, contacts)).drop(
        columns=["partner", "review", "due"]
    )
    return frame.drop(columns="result"), frame[["commitment_id", "result"]]


def _taken_over(cast: Cast, rows: pd.DataFrame) -> Array:
    """Goals with a metric of firms that had merged by the day on which they were due: nobody's figures can tell."""
    partner = rows["partner"].to_numpy()
    gone = (cast.merged_into[partner] >= 0) & (rows["due_on"].to_numpy() >= month_start(cast.left[partner]))
    return np.asarray(rows["metric"].notna() & gone)


def _some(rng: Generator, met_at: pd.DataFrame, share: float) -> pd.DataFrame:
    return met_at[rng.random(len(met_at)) < share]


def _people(cast: Cast, rows: pd.DataFrame, contacts: pd.DataFrame) -> dict[str, Array]:
    first = contacts.groupby(["partner_id", "side"])["name"].first()
    partner_id = cast.partner_id[rows["partner"]]
    owner = first.reindex(pd.MultiIndex.from_arrays([partner_id, rows["side"]])).to_numpy(dtype=object)
    follow = np.asarray(rows["review"] + rows["partner"]) % 4
    follow = np.where(follow < len(_IF_MISSED), follow, -1)
    return {"partner_id": partner_id, "owner": owner, "if_missed": name_of(_IF_MISSED, follow)}


def _revenue_goals(rng: Generator, cast: Cast, met_at: pd.DataFrame, record: Record) -> pd.DataFrame:
    """Revenue of the quarter in which it is due, for some in the partner's main line, for some a quarter later."""
    partner, review = met_at["partner"].to_numpy(), met_at["review"].to_numpy()
    by_line = rng.random(len(partner)) < 0.25
    line = cast.lines[partner, :-1].argmax(axis=1)
    due = review + (rng.random(len(partner)) < np.where(review == QUARTERS - 1, 0.4, 0.12))
    measured = np.minimum(due, QUARTERS - 1)
    whole = record.metrics["revenue"]
    low = np.where(by_line, record.line_low[partner, measured, line], whole.low[partner, measured])
    high = np.where(by_line, record.line_high[partner, measured, line], whole.high[partner, measured])
    # The season turns the quarter before into a poor yardstick: the same quarter a year earlier is taken.
    before = np.where(by_line, record.line_high[partner, due - 4, line], whole.high[partner, due - 4])
    before = np.where(before > 0, before, high / 1.1)
    step = np.where(before < 20_000, 100.0, 1_000.0)
    target = _clear_of(rng, low, high, before * rng.uniform(0.92, 1.16, len(partner)), due, step)
    rows = met_at.assign(metric="revenue", line=name_of(LINE_NAMES, np.where(by_line, line, -1)), due=due)
    rows = rows.assign(baseline=np.round(before), target=target, text=_REVENUE[1], area=_REVENUE[0])
    return _goal(rng, rows, low, high)


def _other_goals(rng: Generator, cast: Cast, met_at: pd.DataFrame, record: Record) -> pd.DataFrame:
    """One other figure for two reviews in three: pipeline, certified people, win rate or new customers."""
    parts = []
    which = rng.integers(6, size=len(met_at))
    for place, (metric, (area, text)) in enumerate(_GOALS.items()):
        rows = met_at[which == place]
        partner, review = rows["partner"].to_numpy(), rows["review"].to_numpy()
        due = review + (rng.random(len(rows)) < np.where(review == QUARTERS - 1, 0.3, 0.1))
        figures, measured = record.metrics[metric], np.minimum(due, QUARTERS - 1)
        low, high = figures.low[partner, measured], figures.high[partner, measured]
        before = figures.high[partner, review - 1]
        before = np.where(np.isfinite(before) & (before > 0), before, np.maximum(high, 0))
        wish = np.maximum(
            before * rng.uniform(1.0, 1.3, len(rows)), {"win_rate": 0.1, "open_pipeline": 5_000}.get(metric, 1)
        )
        step = {"win_rate": 0.01, "open_pipeline": 1_000.0}.get(metric, 1.0)
        target = _clear_of(rng, low, high, wish, due, np.full(len(rows), step))
        rows = rows.assign(metric=metric, line=None, due=due, area=area, text=text, target=target)
        sensible = np.isfinite(low) & np.isfinite(high) & ((metric != "win_rate") | (target < 0.9))
        rows = rows.assign(baseline=np.round(before, 4))
        parts.append(_goal(rng, rows[sensible], low[sensible], high[sensible]))
    return pd.concat(parts, ignore_index=True)


def _clear_of(rng: Generator, low: Array, high: Array, wish: Array, due: Array, step: Array) -> Array:
    """A target near the wish, rounded, that no fair reading of the metric leaves in doubt."""
    slack = 0.05
    doubtful = (wish > low * (1 - slack)) & (wish < high * (1 + slack)) & (due < QUARTERS)
    moved = np.where(rng.random(len(wish)) < 0.55, low * (1 - 1.5 * slack), high * (1 + 1.5 * slack))
    target = np.where(doubtful, moved, wish)
    rounded = np.round(target / step) * step
    down, up = np.floor(target / step) * step, np.ceil(target / step) * step
    rounded = np.where(doubtful, np.where(target < low, down, up), rounded)
    # A whole number at or below what was surely reached is met, one above what can have been reached is missed.
    inside = (rounded > low) & (rounded <= high) & (due < QUARTERS)
    return np.round(np.maximum(np.where(inside, np.floor(low / step) * step, rounded), step), 4)


def _goal(rng: Generator, rows: pd.DataFrame, low: Array, high: Array) -> pd.DataFrame:
    target, due = rows["target"].to_numpy(), rows["due"].to_numpy()
    result = np.select([due >= QUARTERS, target <= low, target > high], [OPEN, MET, MISSED], "").astype(object)
    keep = result != ""
    luck = rng.random(len(rows))
    # Owners close what was reached, and at times what was not.
    said = np.select(
        [due >= QUARTERS, result == MET],
        ["open", np.where(luck < 0.8, "done", "open")],
        np.where(luck < 0.25, "done", "open"),
    ).astype(object)
    last = quarter_end(due)
    text = [
        one.format(
            currency=CURRENCY, target=goal, quarter=quarter, in_line=f" in {line}" if isinstance(line, str) else ""
        )
        for one, goal, quarter, line in zip(rows["text"], target, quarter_name(due), rows["line"], strict=True)
    ]
    frame = rows.assign(text=text, side="partner", kind="goal", due_on=last, status=said, result=result)
    closed = np.minimum(last - rng.integers(0, 12, len(rows)), AS_OF)
    return frame.assign(closed_on=unless(said == "open", closed)).iloc[np.flatnonzero(keep)]


def _actions(rng: Generator, cast: Cast, met_at: pd.DataFrame, side: str) -> pd.DataFrame:
    """Things to do by one side: two thirds done in time, some late, dropped or forgotten."""
    size = len(met_at)
    due = np.busday_offset(quarter_end(met_at["review"].to_numpy()) - rng.integers(0, 40, size), 0, "backward")
    later = rng.random(size) < 0.12
    due = np.where(later, due + 84, due)
    ending = rng.choice(4, size, p=(0.62, 0.08, 0.09, 0.21))
    closed = np.select(
        [ending == 0, ending == 1], [due - rng.integers(1, 25, size), due + rng.integers(2, 30, size)], due
    )
    happened = (closed <= AS_OF) & (ending < 3)
    status = np.select([~happened, ending == 2], ["open", "dropped"], "done").astype(object)
    kept = happened & (ending == 0)
    result = np.select([kept, due > AS_OF], [MET, OPEN], MISSED).astype(object)
    which = rng.integers(len(_ACTIONS[side]), size=size)
    line = name_of(LINE_NAMES, cast.lines[met_at["partner"]].argmax(axis=1))
    said = [_ACTIONS[side][one] for one in which]
    return met_at.assign(
        side=side,
        kind="action",
        area=[area for area, _ in said],
        text=[text.format(line=name) for (_, text), name in zip(said, line, strict=True)],
        line=None,
        metric=None,
        baseline=np.nan,
        target=np.nan,
        due=met_at["review"],
        due_on=due,
        status=status,
        closed_on=unless(~happened, closed),
        result=result,
    )


def _vague(rng: Generator, cast: Cast, met_at: pd.DataFrame) -> pd.DataFrame:
    """Goals that nothing can measure: no metric, or one that no catalogue knows."""
    said = [_VAGUE[one] for one in rng.integers(len(_VAGUE), size=len(met_at))]
    line = name_of(LINE_NAMES, cast.lines[met_at["partner"]].argmax(axis=1))
    return met_at.assign(
        side=np.where(rng.random(len(met_at)) < 0.6, "partner", "vendor").astype(object),
        kind="goal",
        area=[one[0] for one in said],
        text=[one[1].format(line=name) for one, name in zip(said, line, strict=True)],
        line=None,
        metric=np.array([one[2] for one in said], dtype=object),
        baseline=np.nan,
        target=[one[3] for one in said],
        due=met_at["review"],
        due_on=quarter_end(met_at["review"].to_numpy()),
        status="open",
        closed_on=np.full(len(met_at), NO_DAY),
        result=NOT_MEASURABLE,
    )
