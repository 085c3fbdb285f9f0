"""Deals: those that closed in sales, those that were lost, and all of them as they stood on any day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import (
    Array,
    Generator,
    cents,
    dates,
    days,
    ids,
    month_end,
    month_of,
    month_start,
    name_of,
    quarter_name,
    unless,
)
from channelnb.book.sample.firms import currency_of
from channelnb.book.sample.market import PER_LINE, Buyers, launch_days, product_ids
from channelnb.book.sample.people import SALES, Staff
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF, LINE_NAMES, PAST_MONTHS, REGIONS

Day = Array | np.datetime64
"""One day for all deals, or one for each."""
OUTCOMES = ("won", "lost", "no_decision")
WON, LOST, NO_DECISION = range(3)
SOURCES = ("partner", "vendor_lead", "influenced")
_STAGES = ("1 Found", "2 Qualified", "3 Proposed", "4 Negotiated")
_CHANCES = (0.1, 0.25, 0.5, 0.75)
_FIRST_DAY = np.datetime64("2022-03-01")
HISTORY_FROM = 32
"""The first month whose end is in pipeline_history: September 2025."""


def closing_rows(rng: Generator, rows: pd.DataFrame) -> Array:
    """Places of the sales that close a deal: most of the large ones, and the largest of each partner's quarter.

    In four months of ten the month's largest closes one too, so that small firms have deals to speak of.

    >>> rows = pd.DataFrame({"partner": 0, "month": 0, "revenue": [900, 100], "weight": [1.0, 0.1]})
    >>> closing_rows(np.random.default_rng(7), rows).tolist()
    [0]
    """
    large = (rows["weight"].to_numpy() > 3.4) & (rng.random(len(rows)) < 0.85)
    of_month = _largest(rows, rows["month"]) & (rng.random(len(rows)) < 0.4)
    return np.flatnonzero(large | of_month | _largest(rows, rows["month"] // 3))


def _largest(rows: pd.DataFrame, period: pd.Series[int]) -> Array:
    """Whether each row is the partner's largest of its period; of equal ones the first."""
    order = np.lexsort((-rows["revenue"].to_numpy(), period, rows["partner"]))
    partner, when = rows["partner"].to_numpy()[order], period.to_numpy()[order]
    largest = np.zeros(len(rows), dtype=bool)
    largest[order[np.r_[True, (partner[1:] != partner[:-1]) | (when[1:] != when[:-1])]]] = True
    return largest


def draw_deals(
    rng: Generator, cast: Cast, rows: pd.DataFrame, closing: Array, buyers: Buyers, staff: Staff
) -> pd.DataFrame:
    """Every deal up to the end of time, known today or not, in the order of their opening.

    Won deals are the sales that close them, to the cent; each drags some lost and undecided ones along.
    """
    won = rows.iloc[closing][["partner", "product", "customer", "buyer", "seller", "revenue", "sold_on", "month"]]
    won = won.rename(columns={"sold_on": "closed", "revenue": "amount"}).assign(outcome=WON, sale=closing)
    lost = _lost(rng, cast, won, buyers, staff)
    deals = pd.concat([won, lost], ignore_index=True)
    deals["source"] = rng.choice(len(SOURCES), len(deals), p=(0.55, 0.27, 0.18))
    closed = dates(deals, "closed")
    earliest = np.maximum(month_start(cast.joined[deals["partner"]] + 1), _FIRST_DAY)
    earliest = np.maximum(earliest, launch_days()[deals["product"].to_numpy() // PER_LINE])
    deals["created"] = np.minimum(np.maximum(closed - _cycle(rng, deals), earliest), closed - 2)
    deals = deals.assign(**_due(rng, deals, closed))
    # A firm that leaves takes no open deals along, and a new one brings none.
    kept = (month_of(closed) < cast.left[deals["partner"]]) & (closed >= earliest)
    # The world ends with 2027, and so do its plans: nothing is due later.
    kept &= np.maximum(closed, last_due(deals)) <= month_end(np.full(len(deals), ALL_MONTHS - 1))
    deals = deals.iloc[np.flatnonzero(kept)]
    deals = deals.sort_values(["created", "partner", "closed"], kind="stable", ignore_index=True)
    return deals.assign(deal_id=ids("O", len(deals), width=5))


def _cycle(rng: Generator, deals: pd.DataFrame) -> Array:
    """Days from opening to decision: some three months, for a third about a year, a quarter more for the lost ones."""
    size = len(deals)
    long = rng.random(size) < 0.33
    cycle = np.where(long, days(rng, 320, size, shape=5), days(rng, 105, size)).astype(int) + 12
    slow = np.where(deals["outcome"] == WON, 1.0, 1.25)
    return np.asarray((cycle * slow).astype(int).astype("timedelta64[D]"))


def _lost(rng: Generator, cast: Cast, won: pd.DataFrame, buyers: Buyers, staff: Staff) -> pd.DataFrame:
    odds = cast.odds[won["partner"]]
    lost = won.loc[won.index.repeat(rng.poisson((1 - odds) / odds * 1.5))].copy()
    size = len(lost)
    closed = dates(lost, "closed") + rng.integers(-40, 45, size)
    month = np.maximum(month_of(closed), 0)
    buyer = buyers.pool.draw(rng, lost["partner"].to_numpy(), month)
    sellers, places = staff.pool(SALES)
    seller = places[sellers.draw(rng, lost["partner"].to_numpy(), month)]
    product = np.where(rng.random(size) < 0.5, lost["product"], (lost["product"] + rng.integers(1, 4, size)) % 24)
    return lost.assign(
        closed=np.busday_offset(closed, 0, roll="backward"),
        month=month,
        seller=seller,
        buyer=buyer,
        customer=np.where(rng.random(size) < 0.06, -1, buyers.customer[buyer]),
        product=np.where(_sold_there(cast, lost["partner"].to_numpy(), product, month), product, lost["product"]),
        amount=cents(lost["amount"].to_numpy() / 100 * np.exp(rng.normal(0.4, 0.6, size)), step=100),
        outcome=np.where(rng.random(size) < 0.24, NO_DECISION, LOST),
        sale=-1,
    )


def _sold_there(cast: Cast, partner: Array, product: Array, month: Array) -> Array:
    line = product // PER_LINE
    return np.asarray((cast.lines[partner, line] > 0) & (month_of(launch_days())[line] <= month))


def _due(rng: Generator, deals: pd.DataFrame, closed: Array) -> dict[str, Array]:
    """The days on which a deal was due: the first, and `slips` later ones `gap` days apart.

    Some are pulled forward instead: decided well before the day on which they were due.
    """
    size, open_days = len(deals), (closed - dates(deals, "created")).astype(int)
    stuck = deals["outcome"].to_numpy() == NO_DECISION
    slips = np.where(stuck, rng.integers(1, 5, size), rng.choice(4, size, p=(0.52, 0.27, 0.14, 0.07)))
    gap = rng.integers(21, 75, size)
    early = (slips == 0) & (rng.random(size) < 0.2)
    last = closed + np.where(early, rng.integers(15, 50, size), rng.integers(-9, 6, size))
    slips = np.minimum(slips, np.maximum(0, (open_days - 12) // gap))
    first = np.maximum(last - slips * gap, dates(deals, "created") + 2)
    drift = np.where(rng.random(size) < 0.4, rng.normal(0.04, 0.18, size), 0.0)
    return {"first_due": first, "slips": slips, "gap": gap, "grace": rng.integers(0, 16, size), "drift": drift}


def last_due(deals: pd.DataFrame) -> Array:
    """The last of the days on which each deal was due.

    >>> deals = pd.DataFrame({"first_due": pd.to_datetime(["2026-03-31"]), "slips": [2], "gap": [30]})
    >>> str(last_due(deals)[0])
    '2026-05-30'
    """
    return np.asarray(dates(deals, "first_due") + deals["slips"].to_numpy() * deals["gap"].to_numpy())


def due_on(deals: pd.DataFrame, day: Day) -> Array:
    """When each deal was due, as seen on `day`: a day that has passed is put off, a little late.

    >>> deals = pd.DataFrame({"first_due": pd.to_datetime(["2026-03-31"]), "slips": [2], "gap": [30], "grace": [5]})
    >>> [str(due_on(deals, np.datetime64(day))[0]) for day in ("2026-03-01", "2026-04-03", "2026-04-20")]
    ['2026-03-31', '2026-03-31', '2026-04-30']
    """
    first, gap = dates(deals, "first_due"), deals["gap"].to_numpy()
    late = (day - first).astype(int) - deals["grace"].to_numpy()
    return np.asarray(first + np.clip(late // gap + 1, 0, deals["slips"].to_numpy()) * gap)


def progress(deals: pd.DataFrame, day: Day) -> Array:
    """How far through its life each deal was on `day`, from 0 to 1.

    >>> deals = pd.DataFrame({"created": pd.to_datetime(["2026-01-01"]), "closed": pd.to_datetime(["2026-01-11"])})
    >>> progress(deals, np.datetime64("2026-01-06")).tolist()
    [0.5]
    """
    created, closed = (dates(deals, name) for name in ("created", "closed"))
    return np.asarray(np.clip((day - created).astype(int) / np.maximum(1, (closed - created).astype(int)), 0, 1))


def amount_on(deals: pd.DataFrame, day: Day) -> Array:
    """What each deal was thought to be worth on `day`, in cents: estimates drift to the final amount.

    >>> day = {name: np.datetime64(when) for name, when in (("created", "2026-01-01"), ("closed", "2026-07-01"))}
    >>> deal = pd.DataFrame({"amount": [1_234_500], "drift": [0.5], **day})
    >>> [int(amount_on(deal, np.datetime64(when))[0]) for when in ("2026-01-01", "2026-07-01")]
    [750000, 1234500]
    """
    final, left = deals["amount"].to_numpy(), 1 - progress(deals, day)
    guess = np.maximum(np.round(final * np.exp(-deals["drift"].to_numpy() * left) / 10_000), 1) * 10_000
    return np.where((deals["drift"] == 0) | (left == 0), final, guess).astype(np.int64)


def _stage(deals: pd.DataFrame, day: Day) -> tuple[Array, Array, Array]:
    """Stage, probability and outcome of each deal on `day`."""
    over = dates(deals, "closed") <= day
    at = np.searchsorted((0.2, 0.5, 0.8), progress(deals, day), side="right")
    final = deals["outcome"].to_numpy()
    stage = np.where(over, name_of(("Won", "Lost", "Dropped"), final), name_of(_STAGES, at))
    probability = np.where(over, (final == WON).astype(float), np.array(_CHANCES)[at])
    return stage, probability, np.where(over, name_of(OUTCOMES, final), "open")


def opportunities(rng: Generator, cast: Cast, deals: pd.DataFrame, buyers: Buyers, staff: Staff) -> pd.DataFrame:
    """One row per deal opened up to today, as it stands today."""
    known = deals[deals["created"] <= AS_OF]
    partner, size = known["partner"].to_numpy(), len(known)
    created, closed = (dates(known, name) for name in ("created", "closed"))
    stage, probability, outcome = _stage(known, AS_OF)
    over = closed <= AS_OF
    qualified = created + np.ceil((closed - created).astype(int) * 0.2).astype("timedelta64[D]")
    registered, decision, decided = _registration(rng, created, known["source"].to_numpy())
    score = np.clip(np.round(rng.normal(52, 14, size) + 12 * (known["outcome"].to_numpy() == WON)), 5, 99)
    return pd.DataFrame(
        {
            "opportunity_id": known["deal_id"].to_numpy(),
            "partner_id": cast.partner_id[partner],
            "amount": amount_on(known, AS_OF),
            "outcome": outcome,
            "created_on": created,
            "qualified_on": unless(qualified > np.minimum(closed, AS_OF), qualified),
            "expected_close_on": due_on(known, np.minimum(closed, AS_OF)),
            "closed_on": unless(~over, closed),
            "stage": stage,
            "probability": probability,
            "salesperson_id": name_of(staff.person_id, known["seller"].to_numpy()),
            "product_id": product_ids()[known["product"]],
            "customer_id": name_of(buyers.customer_id, known["customer"].to_numpy()),
            "region": name_of(REGIONS, cast.region[partner]),
            "source": name_of(SOURCES, known["source"].to_numpy()),
            "registered_on": registered,
            "registration_decision": decision,
            "decided_on": decided,
            "score": score,
            "partner_score": np.clip(np.round(score + rng.normal(8, 12, size)), 5, 100),
            "campaign_id": known["campaign_id"].to_numpy(),
            "currency": currency_of(cast.usd[partner]),
        }
    )


def _registration(rng: Generator, created: Array, source: Array) -> tuple[Array, Array, Array]:
    size = len(created)
    registered = created + rng.integers(0, 12, size)
    asked = (source == 0) & (rng.random(size) < 0.6) & (registered <= AS_OF)
    decided = registered + rng.integers(1, 16, size)
    pending = asked & ((decided > AS_OF) | (rng.random(size) < 0.02))
    decision = np.where(rng.random(size) < 0.86, "approved", "denied").astype(object)
    decision[pending] = "pending"
    decision[~asked] = None
    return unless(~asked, registered), decision, unless(~asked | pending, decided)


def pipeline_history(cast: Cast, deals: pd.DataFrame) -> pd.DataFrame:
    """Each deal as it stood at each month's end, from its opening to the first month's end after its decision."""
    deals = deals[deals["created"] <= AS_OF]
    first = np.maximum(month_of(dates(deals, "created")), HISTORY_FROM)
    last = np.minimum(month_of(dates(deals, "closed")), PAST_MONTHS - 1)
    times = np.maximum(0, last - first + 1)
    rows = deals.loc[deals.index.repeat(times)]
    month = np.repeat(first, times) + np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    day = month_end(month)
    stage, probability, outcome = _stage(rows, day)
    closed = dates(rows, "closed")
    return pd.DataFrame(
        {
            "as_of": day,
            "opportunity_id": rows["deal_id"].to_numpy(),
            "amount": amount_on(rows, day),
            "expected_close_on": due_on(rows, np.minimum(closed, day)),
            "stage": stage,
            "probability": probability,
            "outcome": outcome,
            "currency": currency_of(cast.usd[rows["partner"]]),
        }
    ).sort_values(["as_of", "opportunity_id"], kind="stable", ignore_index=True)


def deals_worked(rng: Generator, cast: Cast, deals: pd.DataFrame, staff: Staff) -> pd.DataFrame:
    """All deals, with the vendor or not, of each seller in each line and quarter of the last two years."""
    created = dates(deals, "created")
    recent = deals[(created <= AS_OF) & (month_of(created) >= PAST_MONTHS - 24)]
    keys = pd.DataFrame(
        {
            "quarter": month_of(dates(recent, "created")) // 3,
            "partner": recent["partner"].to_numpy(),
            "seller": recent["seller"].to_numpy(),
            "line": recent["product"].to_numpy() // PER_LINE,
        }
    )
    ours = keys.groupby(list(keys.columns)).size().rename("ours").reset_index()
    others = rng.gamma(2, 0.7, cast.count)[ours["partner"]]
    return pd.DataFrame(
        {
            "partner_id": cast.partner_id[ours["partner"]],
            "quarter": quarter_name(ours["quarter"].to_numpy()),
            "deals": ours["ours"].to_numpy() + rng.poisson(ours["ours"] * others),
            "salesperson_id": name_of(staff.person_id, ours["seller"].to_numpy()),
            "line": name_of(LINE_NAMES, ours["line"].to_numpy()),
        }
    )
