"""Which deals, brought forward, would fill a period that is under its pipeline target, and what hole that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from channelnb.book.book import Book
from channelnb.fiscal import FiscalCalendar
from channelnb.frames import records

MOST_DEALS = 5
"""More than these no one brings forward in one period."""
DONORS = 2
"""How many periods after the short one deals are brought forward from."""
_NEAREST = 2
_OWN = 10
"""From how many won deals on a partner's own usual time counts, and that of a stage."""

DEAL_COLUMNS = dict.fromkeys(("partner_id", "period", "opportunity_id", "from_period"), "str") | dict.fromkeys(
    ("rank", "amount"), "float"
)
INDEX_COLUMNS = dict.fromkeys(("partner_id", "period", "of_period"), "str") | dict.fromkeys(
    ("plan", "pipeline", "moved", "deals", "after", "gap"), "float"
)


@dataclass(frozen=True)
class Due:
    """What is planned for a period, and the open pipeline that is due in it."""

    period: str
    plan: float
    pipeline: float

    def gap(self, target: float) -> float:
        """The pipeline missing to its target; negative where it is over.

        >>> Due("2026Q4", 100.0, 300.0).gap(4.0)
        100.0
        """
        return target * self.plan - self.pipeline


@dataclass(frozen=True)
class Usual:
    """How long deals take that are won: days from opening to winning, by partner and for all, and days left by stage.

    Each is a median; those of a stage are from the day on which a deal was seen at it. `by_stage` is None where the
    source tells of no stages; of one that is not in it too few were won to say how far along its deals are.
    """

    of_all: float
    by_partner: Mapping[str, float]
    by_stage: Mapping[str, float] | None

    def ripe_on(self, deal: Mapping[str, Any], *, as_of: date) -> date | None:
        """The day by which a deal like this one is usually won: old enough, and far enough along; None if not told.

        Where the source tells of no stages, its age alone counts.

        >>> deal = {"partner_id": "P1", "created_on": date(2026, 7, 1), "stage": "4 Negotiated"}
        >>> Usual(100.0, {}, {"4 Negotiated": 40.0}).ripe_on(deal, as_of=date(2026, 9, 30))
        datetime.date(2026, 11, 9)
        """
        usual = self.by_partner.get(str(deal["partner_id"]), self.of_all)
        if pd.isna(deal["created_on"]) or pd.isna(usual):
            return None
        left = 0.0 if self.by_stage is None else self.by_stage.get(str(deal["stage"]))
        if left is None:
            return None
        old_enough = pd.Timestamp(deal["created_on"]).date() + timedelta(days=round(usual))
        return max(old_enough, as_of + timedelta(days=round(left)))


def usual_of(book: Book) -> Usual:
    """How long won deals took, by all that the book knows of them; needs opportunities."""
    took = "closed_on - created_on"
    cycles = book.query(
        f"SELECT partner_id, median({took}) AS days, count(*) AS won FROM opportunities "
        "WHERE outcome = 'won' AND closed_on >= created_on "
        "GROUP BY GROUPING SETS ((), (partner_id)) ORDER BY partner_id"
    )
    own = cycles[cycles["partner_id"].notna() & cycles["won"].ge(_OWN)]
    stages: dict[str, float] | None = None
    if book.has("pipeline_history", "stage") and book.has("opportunities", "stage"):
        left = book.query(
            "SELECT h.stage, median(o.closed_on - h.as_of) AS days FROM pipeline_history h "
            "JOIN opportunities o USING (opportunity_id) WHERE o.outcome = 'won' AND o.closed_on > h.as_of "
            f"AND h.stage IS NOT NULL GROUP BY h.stage HAVING count(DISTINCT opportunity_id) >= {_OWN} ORDER BY h.stage"
        )
        stages = dict(zip(left["stage"], left["days"].astype(float), strict=True))
    of_all = cycles.loc[cycles["partner_id"].isna(), "days"]
    return Usual(
        float(of_all.iloc[0]) if len(of_all) else float("nan"),
        dict(zip(own["partner_id"], own["days"].astype(float), strict=True)),
        stages,
    )


def qualified(book: Book, deals: pd.DataFrame) -> pd.DataFrame:
    """Those of some open deals that are qualified; all of them where the source tells of none that is.

    >>> from channelnb.book.book import open_book
    >>> firms = pd.DataFrame({"partner_id": ["P1"], "name": ["Ada"], "channel": ["reseller"]})
    >>> deals = pd.DataFrame({"opportunity_id": ["O1", "O2"], "partner_id": "P1", "qualified_on": ["2026-08-01", None]})
    >>> deals = deals.assign(amount="9", outcome="open")
    >>> sales = pd.DataFrame({"partner_id": ["P1"], "sold_on": ["2026-08-01"], "revenue": ["1"]})
    >>> book = open_book({"partners": firms, "sales": sales, "opportunities": deals}, quarter="2026Q3")
    >>> qualified(book, deals)["opportunity_id"].tolist()
    ['O1']
    """
    if not book.has("opportunities", "qualified_on"):
        return deals
    told = book.query("SELECT opportunity_id FROM opportunities WHERE qualified_on IS NOT NULL ORDER BY opportunity_id")
    return deals[deals["opportunity_id"].isin(told["opportunity_id"])] if len(told) else deals


def choose(deals: Iterable[Mapping[str, Any]], gap: float) -> list[Mapping[str, Any]]:
    """The fewest deals that fill a gap, the largest first; the largest of all where no five of them do.

    >>> amounts = [("O1", 60.0), ("O2", 50.0), ("O3", 45.0)]
    >>> [deal["opportunity_id"] for deal in choose([dict(opportunity_id=i, amount=a) for i, a in amounts], 100.0)]
    ['O1', 'O3']
    """
    left = sorted(deals, key=lambda deal: (-float(deal["amount"]), str(deal["opportunity_id"])))
    chosen: list[Mapping[str, Any]] = []
    while left and gap > 0 and len(chosen) < MOST_DEALS:
        # The last one need not be larger than what is still missing.
        enough = [deal for deal in left if float(deal["amount"]) >= gap]
        taken = enough[-1] if enough else left[0]
        chosen.append(taken)
        left.remove(taken)
        gap -= float(taken["amount"])
    return chosen


def pulled_forward(
    index: pd.DataFrame, deals: pd.DataFrame, *, usual: Usual, target: float, as_of: date, calendar: FiscalCalendar
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each partner's nearest period under its target, the deals to bring forward, and each period before and after.

    Needs the measured `pipeline_index` by partner and period, and the open deals. The period is the running or the
    next one; deals come from the two after it, from those over their target first, and are ripe: usually won by its
    end. The first table has one row per deal; the second one per period of which something is moved, and one for the
    short period: `plan`, `pipeline` and `moved` (less where it goes) in money, `gap` what is missing to the target
    `after`.

    >>> index = pd.DataFrame({"partner_id": "P1", "period": ["2026Q4", "2027Q1"]})
    >>> index = index.assign(metric="pipeline_index", numerator=[350.0, 450.0], denominator=100.0)
    >>> deal = {"partner_id": "P1", "opportunity_id": "O1", "amount": 60.0, "stage": "4 Negotiated"}
    >>> deal |= {"created_on": date(2026, 1, 1), "expected_close_on": date(2027, 1, 20)}
    >>> usual, day = Usual(100.0, {}, None), date(2026, 9, 30)
    >>> found, periods = pulled_forward(
    ...     index, pd.DataFrame([deal]), usual=usual, target=4.0, as_of=day, calendar=FiscalCalendar()
    ... )
    >>> found["opportunity_id"].tolist(), periods[["of_period", "moved", "gap"]].values.tolist()
    (['O1'], [['2026Q4', 60.0, -10.0], ['2027Q1', -60.0, 10.0]])
    """
    told = index[index["metric"].eq("pipeline_index") & index["denominator"].gt(0)]
    planned: dict[str, list[Due]] = {}
    for row in records(told.sort_values(["partner_id", "period"])):
        due = Due(
            str(row["period"]), float(row["denominator"]), 0.0 if pd.isna(row["numerator"]) else float(row["numerator"])
        )
        if calendar.end(due.period) > as_of:
            planned.setdefault(str(row["partner_id"]), []).append(due)
    owned: dict[str, list[dict[str, Any]]] = {}
    for row in records(deals):
        owned.setdefault(str(row["partner_id"]), []).append(row)
    rows: list[dict[str, Any]] = []
    periods: list[dict[str, Any]] = []
    for partner_id in sorted(planned):
        plan = _Plan(planned[partner_id], target, as_of, calendar, usual)
        found, moved = plan.filled(owned.get(partner_id, []))
        rows += [row | {"partner_id": partner_id} for row in found]
        periods += [row | {"partner_id": partner_id} for row in moved]
    return (
        pd.DataFrame(rows, columns=list(DEAL_COLUMNS)).astype(DEAL_COLUMNS),
        pd.DataFrame(periods, columns=list(INDEX_COLUMNS)).astype(INDEX_COLUMNS),
    )


@dataclass(frozen=True)
class _Plan:
    """One partner's periods not over, the nearest first, and what deals are brought forward by."""

    periods: list[Due]
    target: float
    as_of: date
    calendar: FiscalCalendar
    usual: Usual

    def filled(self, deals: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The deals brought forward, and the periods that they leave and reach; nothing where none is short."""
        short = next((due for due in self.periods[:_NEAREST] if due.gap(self.target) > 0), None)
        if short is None:
            return [], []
        at = self.periods.index(short)
        # One that is over its target can spare a deal; of two alike the nearer gives first.
        givers = sorted(self.periods[at + 1 : at + 1 + DONORS], key=lambda due: due.gap(self.target) > 0)
        left, chosen = short.gap(self.target), list[tuple[Due, Mapping[str, Any]]]()
        for giver in givers:
            taken = choose([deal for deal in deals if self._can_give(deal, giver, short)], left)
            taken = taken[: MOST_DEALS - len(chosen)]
            left -= sum(float(deal["amount"]) for deal in taken)
            chosen += [(giver, deal) for deal in taken]
        named = [
            {"period": short.period, "rank": float(rank), "from_period": giver.period, **_named(deal)}
            for rank, (giver, deal) in enumerate(chosen, start=1)
        ]
        gone = {giver.period: [d for g, d in chosen if g is giver] for giver in givers}
        moved = [self._row(short, short, [deal for _, deal in chosen], into=True)]
        return named, moved + [self._row(short, giver, gone[giver.period], into=False) for giver in givers]

    def _can_give(self, deal: Mapping[str, Any], giver: Due, short: Due) -> bool:
        due, ripe = deal["expected_close_on"], self.usual.ripe_on(deal, as_of=self.as_of)
        if pd.isna(due) or pd.isna(deal["amount"]) or ripe is None:
            return False
        begin, end = self.calendar.start(giver.period), self.calendar.end(giver.period)
        return begin <= pd.Timestamp(due).date() <= end and ripe <= self.calendar.end(short.period)

    def _row(self, short: Due, due: Due, deals: list[Mapping[str, Any]], *, into: bool) -> dict[str, Any]:
        amount = sum(float(deal["amount"]) for deal in deals)
        moved = amount if into else -amount
        after = due.pipeline + moved
        told = {"period": short.period, "of_period": due.period, "plan": due.plan, "pipeline": due.pipeline}
        return told | {
            "moved": moved,
            "deals": float(len(deals)),
            "after": after / due.plan,
            "gap": self.target * due.plan - after,
        }


def _named(deal: Mapping[str, Any]) -> dict[str, Any]:
    return {"opportunity_id": str(deal["opportunity_id"]), "amount": float(deal["amount"])}
