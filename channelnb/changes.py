"""What changed since the review before: each headline figure as it was told then beside the one told now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from channelnb.fiscal import FiscalCalendar
from channelnb.metrics.known import CATALOGUE, kept_back
from channelnb.scoring import ALL, SCORE, SCORE_METRICS, SCORES

CHANGES, CHANGES_IN_ALL = "changes", "changes_in_all"
"""The tables of a snapshot that set what was told before beside what is told now: by partner, and of all partners."""

MISSED, TIER, STANDING = "promises_missed", "tier", "standing"
"""What is told beside metrics and the score: promises of the partner missed, its tier, and whether it is there."""

BETTER, WORSE, CHANGED, AS_BEFORE = "better", "worse", "changed", "as_before"
UNSURE, APART = "unsure", "not_compared"
"""How a figure is now: better, worse, other than it was with neither of both, about as before, another one though not
by more than chance, or not compared."""

CURRENCY, CALENDAR, VERSION = "currency", "calendar", "version"
"""Why a whole review is not compared with: it was in another currency, by another fiscal calendar, or what it told
was kept by a version of channelnb that kept too little."""

RUNNING, MERGED, DEFINED, UNKNOWN = "running", "merged", "defined", "unknown"
"""Why a figure is not compared: its period is not over, a firm merged into the partner since, it is made of something
else now, or one of both reviews has no sure figure."""

HERE, LEFT = "partner", "left"
"""Whether a firm is a partner on the day of a review, or has left."""

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Headline:
    """A figure that reviews open with: which way is better, and the least difference that is a change.

    `least` is in the figure's own unit, or a share of the larger of both where it is `relative`. `ahead` says that it
    is of the period after the one reviewed, `stock` that it is of a day, so that a period need not be over.
    """

    name: str
    better: str = "higher"
    least: float = 0.05
    relative: bool = False
    ahead: bool = False
    stock: bool = False


HEADLINES = {
    headline.name: headline
    for headline in (
        Headline("attainment"),
        Headline("pipeline_index", relative=True, ahead=True),
        Headline("growth_yoy"),
        # A quarter beside the one before it has the season in it: attainment and growth on the year say how good it is.
        Headline("revenue", "neither", relative=True),
        Headline("win_rate"),
        Headline(SCORE, least=5.0),
        Headline(MISSED, "lower", least=1.0),
        Headline("open_pipeline", relative=True, stock=True),
        Headline("certified_people", least=1.0, stock=True),
    )
}
"""What is compared, what a reader asks for first first: that with which reviews, profiles and the front page open."""

_KEYS, _FIGURE = ["partner_id", "metric"], ["value", "low", "high", "n", "state"]
_TERMS = ["category", "metric", "weight", "target", "category_weight"]
READ = {
    "partners": ["partner_id", "survivor_id"],
    "partner": [*_KEYS, "period", *_FIGURE],
    "total": ["metric", "period", *_FIGURE],
    CATALOGUE: ["metric", "formula"],
    SCORES: ["partner_id", "period", "category", "score", "state"],
    SCORE_METRICS: ["partner_id", "period", "score", *_TERMS],
    "promises": ["partner_id", "side", "due_period", "result", "metric"],
}
"""The tables of both snapshots that are compared, and the columns that it takes."""

_NEEDED = ("partners", "partner", "total", CATALOGUE)
_TOLD = {
    **dict.fromkeys(("value", "low", "high", "n"), "float64"),
    **dict.fromkeys(("period", "state", "said", "made_of"), "str"),
    "own": "bool",
}
_KEPT = ("period", "value", "low", "high", "n", "state", "said")
COLUMNS = [
    *_KEYS,
    *(f"{name}_{when}" for when in ("then", "now") for name in _KEPT),
    *("kind", "because", "for_the_partner"),
]
"""The columns of what `changed` returns."""


@dataclass(frozen=True)
class Reviews:
    """Two reviews that are compared: the periods of then and now, whether the latter is over, the vendor's calendar."""

    periods: tuple[str, str]
    over: bool
    calendar: FiscalCalendar


def readable(frames: Frames) -> dict[str, pd.DataFrame]:
    """Those of a snapshot's tables that can be compared: one of an older version may lack some, or columns of them.

    >>> list(readable({"promises": pd.DataFrame({"partner_id": ["P1"]}), "total": pd.DataFrame(columns=READ["total"])}))
    ['total']
    """
    return {
        name: frames[name] for name, columns in READ.items() if name in frames and {*columns} <= {*frames[name].columns}
    }


def tells(then: Frames) -> bool:
    """Whether what is readable of a snapshot is enough to be compared with.

    >>> tells({})
    False
    """
    return {*_NEEDED} <= {*then}


def nothing() -> pd.DataFrame:
    """The table of changes where there is no review to compare with.

    >>> len(nothing())
    0
    """
    return _typed(pd.DataFrame(columns=COLUMNS))


def changed(then: Frames, now: Frames, reviews: Reviews) -> pd.DataFrame:
    """Each partner's headline figures in the review before and in this one.

    Needs what is readable of both snapshots, of which the older one may lack scores and promises. One row is
    a partner of now and a figure: its period, value, interval, cases and state then and now (a tier, or whether it is
    there, is ``said``), its `kind` of change, `because` of what it is not compared, and whether it is told
    `for_the_partner` in editions of its own. A firm that was no partner then has one row, which says so.
    """
    before, after = (
        _told(frames, period, reviews.calendar) for frames, period in zip((then, now), reviews.periods, strict=True)
    )
    firms = now["partners"]
    there = set(firms.loc[firms["survivor_id"].eq(firms["partner_id"]), "partner_id"])
    known = set(then["partners"]["partner_id"])
    after = after[after["partner_id"].isin(there)]
    # Of a firm that was not known all there is to say is that it is new.
    after = after[after["partner_id"].isin(known) | after["metric"].eq(STANDING)]
    return _beside(before[before["partner_id"].isin(there)], after, reviews, merged=_merged(then, now))


def changed_in_all(then: Frames, now: Frames, reviews: Reviews) -> pd.DataFrame:
    """The headline figures of all partners together, in the review before and in this one: rows as of `changed`."""
    before, after = (
        _measured({**frames, "partner": frames["total"].assign(partner_id=ALL)}, period, reviews.calendar)
        for frames, period in zip((then, now), reviews.periods, strict=True)
    )
    return _beside(before, after, reviews, merged=())


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {f"{name}_{when}": _TOLD[name] for name in _KEPT for when in ("then", "now")}
    texts = dict.fromkeys((*_KEYS, "kind", "because"), "str")
    return frame[COLUMNS].astype(kinds | texts | {"for_the_partner": "bool"})


def _told(frames: Frames, period: str, calendar: FiscalCalendar) -> pd.DataFrame:
    """The headline figures that a snapshot tells, one row for each partner and figure."""
    parts = (
        _measured(frames, period, calendar),
        _scored(frames, period),
        _missed(frames, period),
        _of_firm(frames, period),
    )
    return pd.concat(parts, ignore_index=True)


def _rows(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Rows of told figures; what is not given of a figure has no value."""
    blank: dict[str, Any] = {
        "low": np.nan,
        "high": np.nan,
        "n": np.nan,
        "state": "ok",
        "said": "",
        "made_of": "",
        "own": True,
    }
    given = frame.assign(**{name: value for name, value in blank.items() if name not in frame} | columns)
    return given[[*_KEYS, *_TOLD]].astype(_TOLD)


def _measured(frames: Frames, period: str, calendar: FiscalCalendar) -> pd.DataFrame:
    """Metrics of the catalogue, and how each was worked out."""
    frame, catalogue = frames["partner"], frames[CATALOGUE]
    wanted = {name: calendar.shift(period, int(headline.ahead)) for name, headline in HEADLINES.items()}
    chosen = frame[frame["metric"].isin(wanted)]
    chosen = chosen[chosen["period"].eq(chosen["metric"].map(wanted))]
    formulas = dict(zip(catalogue["metric"], catalogue["formula"], strict=True))
    return _rows(chosen[[*_KEYS, "period", *_FIGURE]], made_of=chosen["metric"].map(formulas).fillna(""))


def _none_told() -> pd.DataFrame:
    return pd.DataFrame(columns=[*_KEYS, *_TOLD]).astype(_TOLD)


def _scored(frames: Frames, period: str) -> pd.DataFrame:
    """The score in all, and what it is made of: metrics, weights and targets."""
    if not {SCORES, SCORE_METRICS} <= {*frames}:
        return _none_told()
    scores, parts = frames[SCORES], frames[SCORE_METRICS]
    whole = scores[scores["period"].eq(period) & scores["category"].eq(ALL)]
    counted = parts[parts["period"].eq(period)].sort_values(["partner_id", *_TERMS])
    hidden = set(counted.loc[counted["metric"].isin(kept_back(counted["metric"])), "partner_id"])
    counted = counted[counted["score"].notna()]
    terms = counted[_TERMS].astype("str")
    each = terms[_TERMS[0]].str.cat(terms[_TERMS[1:]], sep=" ", na_rep="-")
    made_of = each.groupby(counted["partner_id"]).agg("; ".join)
    return _rows(
        whole[["partner_id", "period", "state"]],
        metric=SCORE,
        value=whole["score"],
        made_of=whole["partner_id"].map(made_of).fillna(""),
        # From a score and all figures behind it but one, that one could be worked out.
        own=~whole["partner_id"].isin(hidden),
    )


def _missed(frames: Frames, period: str) -> pd.DataFrame:
    """How many promises of the partner were missed, of those due that could be told."""
    if "promises" not in frames:
        return _none_told()
    promises = frames["promises"]
    due = promises[promises["due_period"].eq(period) & promises["side"].eq("partner")]
    due = due[due["result"].isin(["met", "missed"])]
    margins = due["metric"].isin(kept_back(due["metric"].dropna()))
    by_partner = due.assign(value=due["result"].eq("missed").astype(float), margins=margins).groupby("partner_id")
    counted = by_partner.agg(value=("value", "sum"), n=("value", "size"), margins=("margins", "any")).reset_index()
    # A partner's edition leaves such promises out, and counts the others.
    return _rows(counted, metric=MISSED, period=period, own=~counted["margins"].astype(bool))


def _of_firm(frames: Frames, period: str) -> pd.DataFrame:
    """The tier of each partner, and whether it is there."""
    firms = frames["partners"]
    blank = pd.Series(None, index=firms.index, dtype="object")
    tier, left = firms.get("tier", blank), firms.get("left_on", blank)
    about = pd.DataFrame({"partner_id": firms["partner_id"], "period": period, "value": np.nan})
    tiers = _rows(about[tier.notna()], metric=TIER, said=tier[tier.notna()].astype("str"))
    return pd.concat([tiers, _rows(about, metric=STANDING, said=np.where(left.notna(), LEFT, HERE))])


def _merged(then: Frames, now: Frames) -> set[str]:
    """The firms whose figures hold those of other firms than then, as one merged in between."""
    before = then["partners"].set_index("partner_id")["survivor_id"]
    after = now["partners"].set_index("partner_id")["survivor_id"]
    was = before.reindex(after.index)
    was = was.where(was.notna(), after.index.to_series())
    moved = was.ne(after)
    return {*was[moved], *after[moved]}


def _beside(before: pd.DataFrame, after: pd.DataFrame, reviews: Reviews, *, merged: Collection[str]) -> pd.DataFrame:
    """What was told before beside what is told now; what only one of both reviews tells is there too."""
    both = before.merge(after, on=_KEYS, how="outer", suffixes=("_then", "_now"))
    ahead = both["metric"].isin([name for name, headline in HEADLINES.items() if headline.ahead])
    for when, period in zip(("then", "now"), reviews.periods, strict=True):
        both[f"period_{when}"] = np.where(ahead, reviews.calendar.shift(period, 1), period)
        absent = {"state": "no_data", "said": "", "made_of": ""}
        both = both.fillna({f"{name}_{when}": value for name, value in absent.items()})
        both[f"own_{when}"] = both[f"own_{when}"].astype("boolean").fillna(True).astype(bool)
    both["for_the_partner"] = both["own_then"] & both["own_now"]
    both["because"] = _why_apart(both, over=reviews.over, merged=merged)
    both["kind"] = np.where(both["because"].ne(""), APART, _kinds(both))
    order = {name: place for place, name in enumerate([*HEADLINES, TIER, STANDING])}
    both = both.assign(place=both["metric"].map(order)).sort_values(["partner_id", "place"])
    return _typed(both.reset_index(drop=True))


def _why_apart(both: pd.DataFrame, *, over: bool, merged: Collection[str]) -> pd.Series:
    """Why a figure is not compared; "" where it is."""
    metric = both["metric"]
    figure = metric.isin(HEADLINES)
    flow = metric.isin([name for name, headline in HEADLINES.items() if not headline.stock])
    sure = both["value_then"].notna() & both["value_now"].notna()
    sure &= both["state_then"].eq("ok") & both["state_now"].eq("ok")
    said = both["said_then"].ne("") & both["said_now"].ne("")
    reasons = (
        (figure & both["partner_id"].isin(merged), MERGED),
        (flow & (not over), RUNNING),
        (~sure & figure | ~said & ~figure, UNKNOWN),
        (both["made_of_then"].ne(both["made_of_now"]), DEFINED),
    )
    found = np.select([mask for mask, _ in reasons], [name for _, name in reasons], "")
    return pd.Series(found, index=both.index, dtype="str")


def _kinds(both: pd.DataFrame) -> pd.Series:
    """The kind of each change; of what is not compared it means nothing."""
    headlines = [HEADLINES.get(str(name)) for name in both["metric"]]
    least = pd.Series([0.0 if each is None else each.least for each in headlines], index=both.index)
    relative = pd.Series([each is not None and each.relative for each in headlines], index=both.index, dtype=bool)
    better = pd.Series(["" if each is None else each.better for each in headlines], index=both.index, dtype="str")
    change = both["value_now"] - both["value_then"]
    # One promise of one that is missed is not better than two of five.
    rate = both["value_now"] / both["n_now"] - both["value_then"] / both["n_then"]
    mixed = both["metric"].eq(MISSED) & (rate * change).lt(0)
    largest = both[["value_now", "value_then"]].abs().max(axis=1)
    # A float makes 5 % a little more or less than that.
    told = change.ne(0) & (change.abs().round(9) >= (least * largest.where(relative, 1.0)).round(9))
    sure = beyond_chance(both)
    up = change.gt(0)
    good = np.where(up.eq(better.eq("higher")), BETTER, WORSE)
    kinds = np.select([~told, ~sure, better.eq("neither") | mixed], [AS_BEFORE, UNSURE, CHANGED], good)
    words = np.where(both["said_then"].eq(both["said_now"]), AS_BEFORE, CHANGED)
    return pd.Series(np.where(better.eq(""), words, kinds), index=both.index, dtype="str")


def beyond_chance(both: pd.DataFrame) -> pd.Series:
    """Whether two figures differ, and by more than chance where they have 95 % intervals; without, they are exact.

    Needs `value`, `low` and `high` of then and now. The interval of a difference is put together from those of both
    figures by their distances to the ends (Newcombe 1998, Statistics in Medicine 17, 873–890, method 10).

    >>> now = {"value_now": [0.6, 0.6], "low_now": [0.5, None], "high_now": [0.7, None]}
    >>> then = {"value_then": [0.45, 0.45], "low_then": [0.35, None], "high_then": [0.55, None]}
    >>> beyond_chance(pd.DataFrame(now | then)).tolist()
    [True, True]
    >>> beyond_chance(pd.DataFrame(now | then | {"high_then": [0.6, None]})).tolist()
    [False, True]
    """
    then, now = both["value_then"].astype(float), both["value_now"].astype(float)
    ends = {
        f"{side}_{when}": both[f"{side}_{when}"].astype(float).fillna(value)
        for when, value in (("then", then), ("now", now))
        for side in ("low", "high")
    }
    change = now - then
    # By the squares, as both sides of each comparison are positive where it counts.
    down = (now - ends["low_now"]) ** 2 + (ends["high_then"] - then) ** 2
    up = (ends["high_now"] - now) ** 2 + (then - ends["low_then"]) ** 2
    return (change.gt(0) & (change**2).gt(down)) | (change.lt(0) & (change**2).gt(up))
