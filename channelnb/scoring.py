"""Scores of partners from 0 to 100, by category and in all, with the range that they take when weights move."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from channelnb.book.book import Book
from channelnb.book.rewind import as_it_was
from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records
from channelnb.metrics.keys import given
from channelnb.metrics.registry import find
from channelnb.scorecards import CATEGORIES, Scorecard, Scorecards

MOVE = 0.2
"""How far each weight moves up and down for the range of a score, as a share of the weight."""

ALL = "all"
"""The category of the score that sums up the others."""

SCORE = "score"
"""The name under which a score is told beside metrics."""

SCORES, SCORE_METRICS, SCORECARDS = "scores", "score_metrics", "scorecards"
"""The tables of a snapshot that hold the scores, what they are made of, and the scorecards in force."""

Floats = NDArray[np.float64]

_KEYS = ["partner_id", "period", "category"]
_TERMS = [
    *("channel", "period", "scorecard", "since", "category", "category_weight"),
    *("place", "metric", "target", "weight", "lower"),
]


def frames(book: Book, measured: pd.DataFrame, cards: Scorecards, *, period: str) -> dict[str, pd.DataFrame]:
    """The tables of a snapshot on scores: of the period and those before it that were measured.

    Needs the measured rows by partner and period, all metrics. `scores` is as by `scored_categories`, `score_metrics`
    as by `scored_metrics`; `scorecards` has one row for each channel and period: which version was in force, since
    when, and its content. All are empty without scorecards.
    """
    periods = sorted(p for p in measured["period"].unique() if p <= period)
    firms = firms_in(book, periods if cards.versions else [])
    in_force = in_each(cards, firms, calendar=book.calendar)
    metrics = scored_metrics(measured, firms, in_force)
    return {SCORES: scored_categories(metrics), SCORE_METRICS: metrics, SCORECARDS: _contents(in_force)}


def firms_in(book: Book, periods: Iterable[str]) -> pd.DataFrame:
    """Which channel each partner was in at the end of each period, by its history where the source tells it.

    One row is a partner in a period; a period that was over before it joined, or began after it left, has none.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["10.50"]})
    >>> with open_book({"partners": firms.assign(joined_on="2026-05-01"), "sales": sales}, quarter="2026Q3") as book:
    ...     firms_in(book, ["2026Q1", "2026Q2"]).to_dict("records")
    [{'partner_id': 'P1', 'period': '2026Q2', 'channel': 'reseller'}]
    """
    told = given(book, "partner_history")
    queries = []
    for period in periods:
        first, last = book.calendar.start(period), book.calendar.end(period)
        then = as_it_was("SELECT * FROM partners", "partner_history", columns=told, as_of=last)
        queries.append(
            f"SELECT partner_id, '{period}' AS period, channel FROM ({then}) WHERE survivor_id = partner_id "
            f"AND coalesce(joined_on <= DATE '{last}', true) AND coalesce(left_on >= DATE '{first}', true)"
        )
    if not queries:
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in ("partner_id", "period", "channel")})
    return book.query(f"{' UNION ALL '.join(queries)} ORDER BY period, partner_id")


def in_each(cards: Scorecards, firms: pd.DataFrame, *, calendar: FiscalCalendar) -> dict[tuple[str, str], Scorecard]:
    """The scorecard in force for each channel at the start of each period, by (channel, period).

    >>> from datetime import date
    >>> cards = Scorecards((Scorecard("", date(2026, 7, 1), ()),))
    >>> firms = pd.DataFrame({"partner_id": "P1", "period": ["2026Q2", "2026Q3"], "channel": "reseller"})
    >>> list(in_each(cards, firms, calendar=FiscalCalendar()))
    [('reseller', '2026Q3')]
    """
    pairs = sorted({(str(row["channel"]), str(row["period"])) for row in records(firms)})
    found = {pair: cards.in_force(pair[0], calendar.start(pair[1])) for pair in pairs}
    return {pair: card for pair, card in found.items() if card is not None}


def scored_metrics(
    measured: pd.DataFrame, firms: pd.DataFrame, in_force: dict[tuple[str, str], Scorecard]
) -> pd.DataFrame:
    """How each partner did in each metric of its scorecard.

    Needs measured rows (partner_id, period, metric, value, state), the channel of each partner in each period, and
    the scorecards in force. One row is a partner, period and metric: its value and target in the metric's unit, its
    weight, the `share` of the category that it counts for, and its score. A metric without a sure figure (no data,
    not measurable, too few cases) has no score; its weight goes to the others of its category.
    """
    rows = firms.merge(_terms(in_force), on=["channel", "period"])
    sure = measured[["partner_id", "period", "metric", "value", "state"]]
    rows = rows.merge(sure, on=["partner_id", "period", "metric"], how="left")
    rows["state"] = rows["state"].astype("object").fillna("no_data").astype("str")
    known = rows["state"].eq("ok") & rows["value"].notna()
    score = reached(rows["value"], rows["target"], lower=rows["lower"])
    rows["score"] = score.where(known)
    weight = rows["weight"].where(known, 0.0)
    whole = weight.groupby([rows[key] for key in _KEYS]).transform("sum")
    rows["share"] = (weight / whole).where(known)
    order = {category: place for place, category in enumerate(CATEGORIES)}
    rows = rows.assign(order=rows["category"].map(order)).sort_values(["period", "partner_id", "order", "place"])
    columns = ["metric", "value", "target", "weight", "share", "score", "state"]
    about = ["channel", "scorecard", "since", "category_weight", "place"]
    return rows[[*_KEYS, *columns, *about]].reset_index(drop=True)


def _terms(in_force: dict[tuple[str, str], Scorecard]) -> pd.DataFrame:
    """One row for each channel, period and metric that counts in it."""
    rows = [
        (
            *(channel, period, card.channel, card.since.isoformat()),
            *(scored.category, card.weights[CATEGORIES.index(scored.category)]),
            *(place, scored.metric, scored.target, scored.weight, find(scored.metric).better == "lower"),
        )
        for (channel, period), card in in_force.items()
        for place, scored in enumerate(card.metrics)
    ]
    kinds = dict.fromkeys(("category_weight", "target", "weight"), "float64") | {"place": "int64", "lower": "bool"}
    return pd.DataFrame(rows, columns=_TERMS).astype({name: kinds.get(name, "str") for name in _TERMS})


def reached(value: pd.Series, target: pd.Series, *, lower: pd.Series) -> pd.Series:
    """How much of a target was reached, from 0 to 100; the target is an upper one where `lower` is better.

    Where more is better the score is the share of the target, at most all of it. Where less is better it is 100 up
    to the target, and falls evenly to 0 at twice the target. Targets must be above 0. Dividing by a reference and
    capping it is the "distance to a reference" of the OECD's Handbook on Constructing Composite Indicators (2008).

    >>> value, target = pd.Series([0.25, 0.9, 6.0, -1.0]), pd.Series([0.5, 0.5, 4.0, 4.0])
    >>> reached(value, target, lower=pd.Series([False, False, True, False])).tolist()
    [50.0, 100.0, 50.0, 0.0]
    """
    ratio = value / target
    return 100 * ratio.where(~lower.astype(bool), 2 - ratio).clip(0, 1)


def scored_categories(metrics: pd.DataFrame) -> pd.DataFrame:
    """The score of each category, and of all, with its range.

    Needs the rows of `scored_metrics`. One row is a partner, period and category (``all`` for the whole): `score`,
    and `low` and `high`, the least and the most that it can be when each weight moves by 20 % up or down, whatever
    the others do; `n` metrics scored `of` how many, and which are `missing`. The whole is the weighted mean of the
    categories that have a score; one without has state ``no_data``.
    """
    categories = _by_category(metrics)
    whole = _in_all(categories, metrics)
    order = {category: place for place, category in enumerate((ALL, *CATEGORIES))}
    rows = pd.concat([whole, categories.drop(columns="category_weight")], ignore_index=True)
    rows["state"] = rows["score"].notna().map({True: "ok", False: "no_data"}).astype("str")
    rows = rows.assign(order=rows["category"].map(order)).sort_values(["period", "partner_id", "order"])
    columns = ["score", "low", "high", "n", "of", "missing", "scorecard", "since", "state"]
    return rows[[*_KEYS, *columns]].reset_index(drop=True)


def _by_category(metrics: pd.DataFrame) -> pd.DataFrame:
    groups = metrics.groupby(_KEYS, sort=False)
    rows = groups[["scorecard", "since", "category_weight"]].first()
    score = _matrix(metrics["score"], metrics, _KEYS)
    weight = _matrix(metrics["weight"], metrics, _KEYS)
    rows["score"], rows["low"], rows["high"] = mean(score, weight), lowest(score, weight), highest(score, weight)
    return rows.join(_counted(metrics, _KEYS)).reset_index()


def _in_all(categories: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    keys = ["partner_id", "period"]
    rows = categories.groupby(keys, sort=False)[["scorecard", "since"]].first()
    weight = _matrix(categories["category_weight"], categories, keys)
    score, low, high = (_matrix(categories[name], categories, keys) for name in ("score", "low", "high"))
    # The whole grows with each category, whose weights are its own: at its ends each category is at its end.
    rows["score"], rows["low"], rows["high"] = mean(score, weight), lowest(low, weight), highest(high, weight)
    return rows.join(_counted(metrics, keys)).reset_index().assign(category=ALL)


def _counted(metrics: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """How many metrics have a score, of how many, and the names of those that have none."""
    counted = metrics.groupby(keys, sort=False).agg(n=("score", "count"), of=("metric", "size"))
    missing = metrics[metrics["score"].isna()].groupby(keys, sort=False)["metric"].agg(", ".join)
    return counted.assign(missing=missing.reindex(counted.index).astype("object").fillna("").astype("str"))


def _matrix(values: pd.Series, rows: pd.DataFrame, keys: list[str]) -> Floats:
    """The values of each group of rows side by side, in the order in which groups first come; NaN fills up."""
    groups = rows.groupby(keys, sort=False)
    place = groups.cumcount().to_numpy()
    matrix = np.full((groups.ngroups, int(place.max(initial=-1)) + 1), np.nan)
    matrix[groups.ngroup().to_numpy(), place] = values.to_numpy(np.float64)
    return matrix


def mean(scores: Floats, weights: Floats) -> Floats:
    """The weighted mean of each row, what is NaN left out; NaN where nothing is left.

    >>> mean(np.array([[80.0, np.nan, 20.0]]), np.array([[2.0, 5.0, 1.0]])).tolist()
    [60.0]
    """
    known = ~np.isnan(scores)
    used, total = np.where(known, weights, 0.0), np.where(known, scores, 0.0)
    whole = used.sum(axis=1)
    none = np.full(len(scores), np.nan)
    result: Floats = np.divide((used * total).sum(axis=1), whole, out=none, where=whole > 0)
    return result


def highest(scores: Floats, weights: Floats) -> Floats:
    """The most that the weighted mean of each row can be when each weight may be 20 % higher or lower.

    It is exact: a ratio of linear functions is greatest in a corner of the box of weights (Charnes and Cooper, 1962),
    where the weights of all scores above some threshold are high and the others low; each threshold is tried.

    >>> highest(np.array([[100.0, 0.0]]), np.array([[1.0, 1.0]])).tolist()
    [60.0]
    """
    order = np.argsort(-np.where(np.isnan(scores), -1.0, scores), axis=1, kind="stable")
    ranked, weight = np.take_along_axis(scores, order, axis=1), np.take_along_axis(weights, order, axis=1)
    # As the score itself is computed, so that no rounding puts it outside of its range.
    best = mean(scores, weights)
    for raised in range(1, scores.shape[1]):
        moved = np.where(np.arange(scores.shape[1]) < raised, 1 + MOVE, 1 - MOVE)
        best = np.fmax(best, mean(ranked, weight * moved))
    return best


def lowest(scores: Floats, weights: Floats) -> Floats:
    """The least that the weighted mean of each row can be when each weight may be 20 % higher or lower.

    >>> lowest(np.array([[100.0, 0.0]]), np.array([[1.0, 1.0]])).tolist()
    [40.0]
    """
    return np.fmin(mean(scores, weights), 100 - highest(100 - scores, weights))


def _contents(in_force: dict[tuple[str, str], Scorecard]) -> pd.DataFrame:
    columns = ["channel", "period", "scorecard", "since", "content"]
    rows = [
        (channel, period, card.channel, card.since.isoformat(), card.content)
        for (channel, period), card in in_force.items()
    ]
    return pd.DataFrame(rows, columns=columns).astype("str")
