"""The chance of meeting plan in a period that is not over, and how such forecasts of past ones would have stood."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.planning.ahead.odds import odds_of
from channelnb.planning.ahead.simulation import RUNS, Deals, Fit, Runs, Usual, fit, seed_of, simulate, usual
from channelnb.planning.ahead.windows import Past, deals_seen, later, past_of

TESTED = 500
"""How often a past period is run, to see how good such forecasts were."""

COLUMNS = (
    dict.fromkeys(("partner_id", "period", "state", "largest"), "str")
    | dict.fromkeys(("plan", "to_date", "runs", "met", "met_without", "low", "mid", "high"), "float")
    | dict.fromkeys(("deals", "expected", "usual_won", "on_top", "opened_within", "without_deal"), "float")
)

_NONE = Deals((), np.zeros(0), np.zeros(0))


def forecast(past: Past, deals: pd.DataFrame, *, runs: int = RUNS) -> pd.DataFrame:
    """The first window's forecast of each partner that was there: one row each, in the order of their ids.

    `deals` are those of `windows.deals_seen` by these windows. Money is of the whole period: `low`, `mid` and `high`
    are the 10th, 50th and 90th of a hundred runs in order. `met` counts the `runs` that reached the plan, of which it
    is the chance; `met_without` those that would if the `largest` deal due were not won. `expected` is what the open
    `deals` are worth, each counted by its odds, `usual_won` what is usually won from those open at this point, and
    `on_top` the share of a difference between the two that past revenue shows. `opened_within` and `without_deal` are
    shares of the last year's revenue. `state` is no_data without a plan, too_few where past periods do not tell.
    """
    fitted, at = fit(past), usual(past)
    by_partner = _by_partner(past, deals)
    rows = [
        _row(past, i, deals=by_partner.get(past.partners[i], _NONE), fitted=fitted, at=at, runs=runs)
        for i in np.flatnonzero(past.there[:, 0]).tolist()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _by_partner(past: Past, deals: pd.DataFrame) -> Mapping[str, Deals]:
    """Each partner's open deals, with their odds by a year's windows that were over on the day."""
    window, first = past.windows[0], past.lead
    now, before = deals[deals["place"].eq(0)], deals[deals["place"].between(first, first + past.year - 1)]
    due_in, wait = now["due_in"].to_numpy(float), (window.start - window.known).days
    due = (due_in >= wait) & (due_in <= (window.end - window.known).days)
    amounts = now["amount"].fillna(0.0).to_numpy(float)
    odds = odds_of(now, before, days=window.days, crowd=past.crowd)
    columns = (now["opportunity_id"].to_numpy(str), amounts, odds, due)
    # Deals come in the order of their partners: one cut at each change of partner.
    names = now["partner_id"].to_numpy(str)
    cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
    parts = zip(*(np.split(column, cuts) for column in columns), strict=True)
    firsts = names[np.concatenate([[0], cuts])] if len(names) else names
    return {str(name): _deals(*part) for name, part in zip(firsts, parts, strict=False)}


def _deals(ids: np.ndarray, amounts: np.ndarray, odds: np.ndarray, due: np.ndarray) -> Deals:
    largest = int(np.argmax(np.where(due, amounts, -np.inf))) if due.any() else None
    return Deals(tuple(ids.tolist()), amounts, odds, largest)


def _row(past: Past, i: int, *, deals: Deals, fitted: Fit | None, at: Usual, runs: int) -> dict[str, object]:
    period, partner_id = past.windows[0].period, past.partners[i]
    plan, to_date = float(past.plan[i, 0]), float(past.to_date[i, 0])
    row = {"partner_id": partner_id, "period": period, "plan": plan, "to_date": to_date, "deals": len(deals.ids)}
    row |= {"expected": deals.expected, "usual_won": at.won_open[i], **_past_shares(past, i)}
    told = at.of(i)
    if plan <= 0:
        return row | {"state": "no_data"}
    if fitted is None or not np.isfinite((*told, *deals.odds)).all():
        return row | {"state": "too_few"}
    made = simulate(deals, fitted=fitted, at=told, seed=seed_of(partner_id, period), runs=runs)
    largest = None if deals.largest is None else deals.ids[deals.largest]
    row |= {"state": "ok", "runs": runs, "on_top": fitted.by_deals, "largest": largest}
    return row | _told(made, plan - to_date, to_date, named=largest is not None)


def _past_shares(past: Past, i: int) -> dict[str, float]:
    """Of a year's revenue, the shares that came from deals opened and won within a period, and without a deal."""
    revenue, new, opened = (past.before(told, 0)[i].sum() for told in (past.revenue, past.won_new, past.won_open))
    # Where more was won than was sold, what is won is not what is invoiced.
    if not (np.isfinite(revenue) and revenue > 0 and 0 <= new + opened <= revenue):
        return {"opened_within": np.nan, "without_deal": np.nan}
    return {"opened_within": float(new / revenue), "without_deal": float(1 - (new + opened) / revenue)}


def _told(made: Runs, wanted: float, to_date: float, *, named: bool) -> dict[str, float]:
    low, mid, high = (float(value) + to_date for value in np.quantile(made.revenue, (0.1, 0.5, 0.9)))
    without = float((made.without_largest >= wanted).sum()) if named else np.nan
    return {"met": float((made.revenue >= wanted).sum()), "met_without": without, "low": low, "mid": mid, "high": high}


def past_forecasts(past: Past, deals: pd.DataFrame) -> pd.DataFrame:
    """The forecasts that would have been made of past windows, each by what was known on its day: a row each.

    Of windows on whose day the history of the pipeline tells how it stood. `came` is the revenue of the period,
    `reached` whether it reached the plan.
    """
    seen = deals.groupby("place")["seen"].any()
    rows = []
    for place in (int(p) for p in seen.index[seen] if p >= past.lead):
        then = later(past, place)
        if place + past.lead >= len(past.windows):
            continue
        known = deals[deals["place"].ge(place)].copy()
        known["place"] -= place
        made = forecast(then, known, runs=TESTED)
        came = then.revenue[:, 0] + then.to_date[:, 0]
        made["came"] = made["partner_id"].map(dict(zip(then.partners, came, strict=True)))
        rows.append(made[made["state"].eq("ok") & made["came"].notna()])
    whole = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=[*COLUMNS, "came"])
    return whole.assign(reached=whole["came"].astype(float) >= whole["plan"].astype(float))


def chances(book: Book, period: str, *, fewest: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The forecast of a period that is not over, and the forecasts that would have been made of past ones.

    Firms of `fewest` owners at least must tell of what goes into them.
    """
    past = past_of(book, period, fewest=fewest)
    deals = deals_seen(book, past.windows)
    return forecast(past, deals), past_forecasts(past, deals)
