"""Sales: what each partner could be expected to sell in each month, and the rows that add up to it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import Array, Generator, dates, ids, month_of, name_of, workday
from channelnb.book.sample.firms import currency_of, manager_at, manager_ids
from channelnb.book.sample.market import PER_LINE, PRICES, Buyers, product_ids
from channelnb.book.sample.people import SALES, Staff
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF, LINES, SEASON

PLAN_RATE = 0.92
"""Euro for a dollar when list prices were set; the month's rate moves around it."""
AMOUNTS = ["units", "list_price", "discount", "revenue", "cost", "rebate", "resale"]
_SPREAD = 1.25


def hoped(cast: Cast) -> Array:
    """What each partner (rows) would sell in each month (columns) if it stayed, without chance or programmes.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> bool((hoped(draw_cast(np.random.default_rng(7), 5))[:, -1] > 0).all())
    True
    """
    month = np.arange(ALL_MONTHS)
    years = (month - 30) / 12
    level = cast.level[:, None] / 12 * SEASON[month % 12] * np.exp(cast.growth[:, None] * years)
    flow = level * np.clip((month - cast.joined[:, None]) / 7, 0.15, 1.0) * (month > cast.joined[:, None])
    for gone in np.flatnonzero(cast.merged_into >= 0):
        after = month >= cast.left[gone]
        flow[cast.merged_into[gone], after] += 0.6 * level[gone, after]
    return np.asarray(flow)


def expected(cast: Cast, flow: Array) -> Array:
    """What was hoped for, less the decline of those who leave, and nothing after they left.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> int((expected(cast, hoped(cast))[:, -1] > 0).sum())
    3
    """
    decline = np.clip((cast.left[:, None] - np.arange(ALL_MONTHS)) / 9, 0.25, 1.0)
    return np.asarray(flow * decline * cast.there(np.arange(ALL_MONTHS)))


def happened(rng: Generator, cast: Cast, flow: Array, factor: Array) -> Array:
    """What the months truly brought: the expectation, the programmes' effect, and chance by year and month.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> happened(np.random.default_rng(7), cast, np.zeros((5, ALL_MONTHS)), np.ones(1)).shape
    (5, 60)
    """
    year = rng.normal(0, 0.07, (cast.count, ALL_MONTHS // 12)).repeat(12, axis=1)
    return np.asarray(flow * factor * np.exp(year + rng.normal(0, 0.13, flow.shape)))


def line_mix(cast: Cast) -> Array:
    """The share of each line in each partner's revenue in each month: partners × months × lines.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> float(line_mix(draw_cast(np.random.default_rng(7), 5)).sum(axis=2).round(9).min())
    1.0
    """
    month = np.arange(ALL_MONTHS)[:, None]
    growth = np.array([line.growth for line in LINES])
    launched = np.array([np.datetime64(line.launched, "M") for line in LINES])
    begins = (launched - np.datetime64("2023-01", "M")).astype(int)
    trend = np.exp(growth * (month - 30) / 12) * np.clip((month - begins + 1) / 10, 0, 1)
    mix = cast.lines[:, None, :] * trend
    return np.asarray(mix / mix.sum(axis=2, keepdims=True))


def draw_rows(rng: Generator, cast: Cast, flow: Array, mix: Array) -> pd.DataFrame:
    """The sales of all months, one row each: partner, month, line and the amount aimed at; at least one a month.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> rows = draw_rows(np.random.default_rng(7), cast, np.full((5, ALL_MONTHS), 900.0), line_mix(cast))
    >>> int(rows.groupby(["partner", "month"]).size().min())
    1
    """
    rate = np.clip(1.0 + 4.8 * (flow / 20_000) ** 0.42, 1.5, 32)
    count = np.where(flow > 0, 1 + rng.poisson(rate - 1), 0).ravel()
    cell = np.repeat(np.arange(len(count)), count)
    partner, month = np.divmod(cell, ALL_MONTHS)
    weight = np.exp(rng.normal(0, _SPREAD, len(cell)))
    total = np.add.reduceat(weight, np.searchsorted(cell, np.unique(cell)))
    share = weight / np.repeat(total, count[count > 0])
    steps = np.cumsum(mix, axis=2).reshape(-1, len(LINES))[cell]
    line = (rng.random(len(cell))[:, None] > steps[:, :-1]).sum(axis=1)
    amount = share * flow.ravel()[cell] / np.where(cast.usd, PLAN_RATE, 1.0)[partner]
    return pd.DataFrame({"partner": partner, "month": month, "line": line, "aim": amount, "weight": weight})


def fill(rng: Generator, cast: Cast, rows: pd.DataFrame, buyers: Buyers, staff: Staff) -> pd.DataFrame:
    """The rows with product, pieces, prices in cents, customer, seller and day."""
    partner, month, line = (rows[name].to_numpy() for name in ("partner", "month", "line"))
    size = len(rows)
    affordable = (rows["aim"].to_numpy()[:, None] * 1.15 >= PRICES[line]).sum(axis=1)
    at = np.maximum(np.floor(rng.random(size) ** 0.8 * affordable).astype(int), 0)
    price = PRICES[line, at] * 100
    off = np.clip(rng.normal(0.12 + 0.02 * (month % 3 == 2), 0.05, size), 0.0, 0.35)
    units = np.maximum(1, np.round(rows["aim"].to_numpy() * 100 / (price * (1 - off)))).astype(np.int64)
    listed = units * price
    discount = np.round(listed * off).astype(np.int64)
    revenue = listed - discount
    cost_share = np.array([one.cost for one in LINES])[line] * np.exp(rng.normal(0, 0.06, size))
    sellers, places = staff.pool(SALES)
    return rows.assign(
        product=line * PER_LINE + at,
        units=units,
        list_price=listed,
        discount=discount,
        revenue=revenue,
        cost=np.round(listed * cost_share).astype(np.int64),
        rebate=np.round(revenue * rng.choice([0.0, 0.0, 0.02, 0.03], size)).astype(np.int64),
        resale=np.round(revenue * rng.uniform(1.06, 1.34, size)).astype(np.int64),
        buyer=buyers.pool.draw(rng, partner, month, skew=1.35),
        seller=places[sellers.draw(rng, partner, month, skew=1.2)],
        sold_on=workday(rng, month, lean=0.75),
    )


def returns(rng: Generator, cast: Cast, filled: pd.DataFrame) -> pd.DataFrame:
    """Goods sent back some weeks later, one row in two hundred, every amount negative; never a month's only sale."""
    crowd = filled.groupby(["partner", "month"])["aim"].transform("size").to_numpy() > 5
    back = filled[crowd & (rng.random(len(filled)) < 0.007) & (filled["weight"].to_numpy() < 1.5)]
    day = np.busday_offset(dates(back, "sold_on") + rng.integers(6, 28, len(back)), 0, "forward")
    negative = {name: -back[name] for name in AMOUNTS}
    back = back.assign(**negative, sold_on=day, month=month_of(day), weight=0.0)
    return back[(back["month"] < np.minimum(cast.left[back["partner"]], ALL_MONTHS)).to_numpy()]


def arrange(rng: Generator, cast: Cast, filled: pd.DataFrame, buyers: Buyers) -> pd.DataFrame:
    """The rows in the order of their days, with the kind of business and the day they were entered.

    A customer's first purchase from a partner is new business; in lines that are paid by the year a
    later purchase of the same line renews it; everything else expands.
    """
    rows = pd.concat([filled, returns(rng, cast, filled)], ignore_index=True)
    rows = rows.assign(customer=buyers.customer[rows["buyer"]])
    rows = rows.sort_values(["sold_on", "partner"], kind="stable", ignore_index=True)
    # Customers that were there when the history begins bought before it.
    arrived = buyers.pool.since[rows["buyer"]] > 0
    first = (rows.groupby(["partner", "customer"]).cumcount().to_numpy() == 0) & arrived
    again = rows.groupby(["partner", "customer", "line"]).cumcount().to_numpy() > 0
    renewing = rng.random(len(rows)) < np.array([line.renewed for line in LINES])[rows["line"]]
    delay = np.where(rng.random(len(rows)) < 0.06, rng.integers(8, 45, len(rows)), rng.integers(0, 3, len(rows)))
    return rows.assign(kind=np.select([first, again & renewing], [0, 1], 2), recorded_on=dates(rows, "sold_on") + delay)


def sales(cast: Cast, rows: pd.DataFrame, buyers: Buyers, staff: Staff, deal_id: Array) -> pd.DataFrame:
    """One row per sale known today; `deal_id` names the deal that each row of `rows` closes, if any.

    What a partner bought through a distributor is that partner's sell-through; all else is sell-in.
    No amount is in the table twice: a distributor's own rows leave out what its resellers report.
    """
    known = (rows["recorded_on"] <= AS_OF).to_numpy()
    rows, deal_id = rows[known], deal_id[known]
    partner = rows["partner"].to_numpy()
    seller = np.where(rows["seller"] % 97 == 0, -1, rows["seller"])
    through = cast.distributor[partner] >= 0
    return pd.DataFrame(
        {
            "sold_on": rows["sold_on"].to_numpy(),
            "partner_id": cast.partner_id[partner],
            "revenue": rows["revenue"].to_numpy(),
            "sale_id": ids("A", len(rows), width=6),
            "recorded_on": rows["recorded_on"].to_numpy(),
            "basis": np.where(through, "sell_through", "sell_in").astype(object),
            "kind": name_of(("new", "renewal", "expansion"), rows["kind"].to_numpy()),
            "manager_id": name_of(manager_ids(cast), manager_at(cast, partner, rows["month"].to_numpy())),
            "salesperson_id": name_of(staff.person_id, seller),
            "product_id": name_of(product_ids(), rows["product"].to_numpy()),
            "customer_id": name_of(buyers.customer_id, rows["customer"].to_numpy()),
            "opportunity_id": deal_id,
            "units": rows["units"].to_numpy(dtype=float),
            "list_price": rows["list_price"].to_numpy(),
            "cost": rows["cost"].to_numpy(),
            "discount": rows["discount"].to_numpy(),
            "rebate": rows["rebate"].to_numpy(),
            "resale_revenue": rows["resale"].to_numpy(),
            "currency": currency_of(cast.usd[partner]),
        }
    )


def by_quarter(rows: pd.DataFrame, cast: Cast) -> Array:
    """Revenue of each partner (rows) in each quarter of all (columns), in cents of its own currency.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> rows = pd.DataFrame({"partner": [0, 0], "month": [0, 2], "revenue": [100, 50]})
    >>> by_quarter(rows, draw_cast(np.random.default_rng(7), 5))[0, :2].tolist()
    [150.0, 0.0]
    """
    cell = rows["partner"].to_numpy() * (ALL_MONTHS // 3) + rows["month"].to_numpy() // 3
    sums = np.bincount(cell, rows["revenue"].to_numpy(), cast.count * (ALL_MONTHS // 3))
    return sums.reshape(cast.count, -1)
