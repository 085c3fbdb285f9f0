"""New promises that a review proposes: at most five a partner, as typed rows, each with what it rests on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from channelnb.book.book import Book
from channelnb.chosen import Settings
from channelnb.fiscal import is_month
from channelnb.metrics.registry import METRICS
from channelnb.planning.maker import Made, Maker
from channelnb.planning.meeting.agenda import OTHER
from channelnb.planning.meeting.attendees import of_area
from channelnb.planning.promises.behind import usual_claims
from channelnb.planning.promises.commitments import OPEN
from channelnb.planning.promises.last_four import COLUMNS as FIGURE_COLUMNS
from channelnb.planning.promises.last_four import NUMBERS as FIGURE_NUMBERS
from channelnb.planning.promises.levers import READ, makes_new_deals
from channelnb.planning.promises.reckoning import (
    FUNDS,
    MORE_READ,
    PEERS,
    PLAN,
    TIER,
    VENDOR,
    Known,
    figures,
    is_lower,
    round_targets,
)
from channelnb.planning.promises.subjects import WORDINGS, Wording, subject_of, worded, wording_of
from channelnb.planning.promises.ways import every_way

PROPOSALS, FIGURES = "proposals", "proposal_figures"
"""The tables of a snapshot that hold proposals, and the figures of four quarters that they are reckoned from."""

MOST = 5
"""How many proposals a partner has at most."""

_OF_AN_AIM = {VENDOR: 1, PLAN: 2, TIER: 2, FUNDS: 1, PEERS: 3}
"""How many proposals of one aim a partner has at most, in the order in which they are chosen."""

IF_MISSED = "It is the first item of the next review"

TEXTS = ("proposal_id", "partner_id", "aim", "side", "kind", "area", "text", "line", "metric", "owner", "if_missed")
NUMBERS = ("baseline", "target", "gain", "cost")
COLUMNS = {
    **dict.fromkeys(TEXTS, "str"),
    **dict.fromkeys(NUMBERS, "float64"),
    "due_on": "datetime64[us]",
    "due_period": "str",
    "rests_on": "str",
    "for_what": "str",
    "place": "int64",
}
"""The columns of the table of proposals, and what is in them."""


def proposals(book: Book, settings: Settings, made: Made) -> dict[str, pd.DataFrame]:
    """What either side could promise next, as typed rows; none while a quarter is not over, or for a month.

    One row is a proposal: `metric` and, where it is of one, `line`; who promises (`side`, `owner`); from `baseline` to
    `target` by `due_on`; `gain`, the revenue that it is reckoned to bring, whenever that is won, and `cost`, both in
    the vendor's currency, NaN where it cannot be said; `aim` is vendor, plan, tier, funds or peers; `rests_on` holds
    the ids of the facts that it cites, one below the other. `place` is its place among its partner's.
    """
    period = book.period or book.calendar.quarter_of(book.as_of)
    if is_month(period) or book.calendar.end(period) > book.as_of:
        return _none()
    read = made["partner"]["metric"].isin([*READ, *WORDINGS, *dict(settings.action_costs), *MORE_READ])
    known = Known(
        book, {**made, "partner": made["partner"][read]}, dict(settings.action_costs), period, settings.min_peers
    )
    told = figures(known)
    firms = made["partners"]
    there = firms.loc[firms["survivor_id"].eq(firms["partner_id"]) & firms["left_on"].isna(), "partner_id"]
    ways = every_way(known, told)
    ways = paid_once(_not_promised(_rounded(ways[ways["partner_id"].isin(there)]), made["promises"]))
    if ways.empty:
        return _none()
    rows = _chosen(ways)
    told = pd.concat([told, usual_claims(known)])
    told = told[told["partner_id"].isin(rows["partner_id"])].sort_values(["partner_id", "metric"], ignore_index=True)
    return {PROPOSALS: _typed(_dressed(rows, known)), FIGURES: told.astype(dict.fromkeys(FIGURE_NUMBERS, "float64"))}


def _none() -> dict[str, pd.DataFrame]:
    figures_of_none = dict.fromkeys(FIGURE_COLUMNS, "str") | dict.fromkeys(FIGURE_NUMBERS, "float64")
    return {PROPOSALS: _typed(pd.DataFrame()), FIGURES: pd.DataFrame(columns=FIGURE_COLUMNS).astype(figures_of_none)}


def _rounded(ways: pd.DataFrame) -> pd.DataFrame:
    """Targets that people can keep in mind, gain and cost with them; what is no step forward then is left out."""
    target = round_targets(ways)
    change = ((target - ways["baseline"]) / (ways["target"] - ways["baseline"])).fillna(1.0)
    lower = is_lower(ways["metric"])
    back = np.where(lower, target >= ways["baseline"], target <= ways["baseline"])
    # A limit may lie between two round figures, and the first of a thing is no part of one.
    beyond = ~lower & target.gt(ways["limit"])
    rounded = ways.assign(target=target, gain=ways["gain"] * change, cost=ways["cost"] * change)
    kept: pd.DataFrame = rounded[~(back | beyond)]
    return kept


def paid_once(ways: pd.DataFrame) -> pd.DataFrame:
    """Without the ways whose metric pays for another way of the same partner: that would count its gain twice.

    Needs the columns of ways; of those that make new deals, each pays for what another pays for.

    >>> rows = pd.DataFrame({"partner_id": ["A", "A", "A", "B"], "paid_by": ["leads_given", None, None, None]})
    >>> ways = rows.assign(metric=["revenue", "deal_registrations", "win_rate", "deal_registrations"])
    >>> paid_once(ways)["metric"].tolist()
    ['revenue', 'win_rate', 'deal_registrations']
    """
    paying = ways[ways["paid_by"].notna()]
    paid = {
        (firm, name)
        for firm, names in zip(paying["partner_id"], paying["paid_by"], strict=True)
        for name in _overlapping(str(names).split("\n"))
    }
    keys = zip(ways["partner_id"], ways["metric"], strict=True)
    return ways[np.array([key not in paid for key in keys], dtype=bool)]


def _overlapping(metrics: list[str]) -> list[str]:
    """Metrics with those that raise the same: where one makes new deals, all that do."""
    more = [name for name in READ if makes_new_deals(name)] if any(map(makes_new_deals, metrics)) else []
    return [*metrics, *more]


def _not_promised(ways: pd.DataFrame, promises: pd.DataFrame) -> pd.DataFrame:
    """Without what is promised already: an open promise on the same subject, in the same line or in all."""
    ways = ways.assign(subject=_subjects(ways))
    waiting = promises[promises["result"].eq(OPEN)]
    said = set(zip(waiting["partner_id"], _subjects(waiting), _lines(waiting), strict=True))
    keys = zip(ways["partner_id"], ways["subject"], _lines(ways), strict=True)
    new = [(firm, subject, line) not in said and (firm, subject, "") not in said for firm, subject, line in keys]
    return ways[np.array(new, dtype=bool)]


def _subjects(rows: pd.DataFrame) -> list[str]:
    """What each row is about: its figure, or, of a thing to do, its words."""
    told = zip(rows["metric"], rows["text"], strict=True)
    return [str(text) if pd.isna(metric) else subject_of(str(metric)) for metric, text in told]


def _lines(rows: pd.DataFrame) -> list[str]:
    return ["" if pd.isna(line) else str(line) for line in rows["line"]]


def _chosen(ways: pd.DataFrame) -> pd.DataFrame:
    """At most so many of each aim, one of each subject, the cheapest first; by distance where no cost is known."""
    order = {aim: place for place, aim in enumerate(_OF_AN_AIM)}
    per_gain = ways["cost"] / ways["gain"]
    by_cost = per_gain.where(ways["aim"].eq(PLAN), ways["cost"])
    by_cost = by_cost.where(ways["aim"].ne(VENDOR), -ways["distance"].fillna(0.0))
    ranked = ways.assign(first=ways["aim"].map(order), dear=by_cost)
    ranked = ranked.sort_values(["partner_id", "first", "dear", "distance", "metric"], na_position="last")
    ranked = ranked.drop_duplicates(["partner_id", "subject"])
    within = ranked.groupby(["partner_id", "aim"]).cumcount() < ranked["aim"].map(_OF_AN_AIM)
    ranked = ranked[within]
    place = ranked.groupby("partner_id").cumcount()
    return ranked.assign(place=place + 1)[place < MOST]


def _dressed(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """The rows with words, owner, date and id."""
    after, currency = known.calendar.shift(known.quarter, 1), known.book.vendor.currency
    is_goal = rows["metric"].notna()
    wordings = {name: wording_of(name, METRICS[name].label) for name in rows["metric"].dropna()}
    rows = rows.assign(
        kind=np.where(is_goal, "goal", "action"),
        area=[
            wordings[metric].area if metric in wordings else area
            for metric, area in zip(rows["metric"], rows["area"], strict=True)
        ],
        due_on=pd.Timestamp(known.calendar.end(after)),
        due_period=after,
        if_missed=IF_MISSED,
        rests_on=["\n".join(dict.fromkeys(cites.split("\n"))) for cites in rows["cites"]],
    )
    told = zip(rows["text"], rows["metric"], rows["target"], rows["line"], strict=True)
    rows["text"] = [
        text if pd.isna(metric) else _text(wordings[metric], metric, target, line, quarter=after, currency=currency)
        for text, metric, target, line in told
    ]
    rows["for_what"] = rows["note"].where(rows["aim"].eq(TIER), "")
    rows["proposal_id"] = [
        proposal_id(*key, due_on=known.calendar.end(after))
        for key in zip(rows["partner_id"], rows["side"], rows["subject"], _lines(rows), strict=True)
    ]
    owners = pd.Series(_owners(rows, known.made), index=rows.index, dtype="str")
    return rows.assign(owner=owners).sort_values(["partner_id", "place"])


def proposal_id(partner_id: str, side: str, subject: str, line: str, *, due_on: date) -> str:
    """The id of a proposal, and of the promise that it becomes: the same in each run that proposes the same.

    >>> proposal_id("P1", "partner", "winning", "", due_on=date(2026, 12, 31))
    'cn-20261231-deeed40f95e1'
    """
    told = "\n".join((partner_id, side, subject, line))
    return f"cn-{due_on:%Y%m%d}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _text(wording: Wording, metric: str, target: float, line: str | float, *, quarter: str, currency: str) -> str:
    shown = amount_text(target, METRICS[metric].unit, currency)
    told = worded(wording.text, target=shown, quarter=quarter)
    return told if pd.isna(line) else f"{told}, in {line}"


def action_text(proposal: Mapping[str, Any], target: float, quarter: str, *, currency: str) -> str:
    """What a proposal says with another target or quarter; needs a row of the table of proposals.

    >>> row = {"text": "Win 40 % of the deals decided in 2026Q4", "metric": "win_rate", "line": None}
    >>> action_text(row, 0.45, "2027Q1", currency="USD")
    'Win 45 % of the deals decided in 2027Q1'
    """
    metric = proposal["metric"]
    if metric not in METRICS:
        return str(proposal["text"])
    wording = wording_of(metric, METRICS[metric].label)
    return _text(wording, metric, target, proposal["line"], quarter=quarter, currency=currency)


def amount_text(value: float, unit: str, currency: str) -> str:
    """A figure as a promise names it, exact as far as a target is.

    >>> amount_text(0.47, "share", "EUR"), amount_text(45_000.0, "money", "EUR"), amount_text(1.0, "days", "EUR")
    ('47 %', 'EUR 45,000', '1 day')
    """
    if unit == "share":
        return f"{value * 100:,.4g} %"
    if unit.startswith("money"):
        return f"{currency} {value:,.0f}"
    shown = f"{value:,.6g}"
    if unit in ("days", "hours"):
        return f"{shown} {unit[:-1] if value == 1 else unit}"
    return shown


def _owners(rows: pd.DataFrame, made: Made) -> list[str | None]:
    """Who of a side sees to an area: as on the agenda whoever's it is, else the first; or the vendor's manager."""
    contacts = made["contacts"]
    people: dict[tuple[str, str], list[tuple[str, str]]] = {}
    if "role" in contacts:
        for firm, side, role, name in sorted(
            zip(*(contacts[one].fillna("") for one in ("partner_id", "side", "role", "name")), strict=True)
        ):
            people.setdefault((firm, side), []).append((role, name))
    managers = made["managers"].set_index("manager_id")["name"] if "manager_id" in made["managers"] else pd.Series()
    firms = made["partners"].set_index("partner_id")["manager_id"].map(managers)
    found: list[str | None] = []
    for firm, side, area in zip(rows["partner_id"], rows["side"], rows["area"], strict=True):
        known = people.get((firm, side), [])
        person = (
            of_area(known, side=side, area=area) or of_area(known, side=side, area=OTHER) or next(iter(known), None)
        )
        manager = firms.get(firm) if side == "vendor" else None
        found.append(person[1] if person else None if pd.isna(manager) else manager)
    return found


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reindex(columns=list(COLUMNS)).astype(COLUMNS).reset_index(drop=True)


MAKER = Maker(proposals, (PROPOSALS, FIGURES))
