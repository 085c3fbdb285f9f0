"""What is sold and to whom: products, customers, markets, and each partner's whole trade in a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.sample import words
from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import Array, Generator, Pool, cents, ids, name_of
from channelnb.book.sample.firms import currency_of
from channelnb.book.sample.vendor import ALL_MONTHS, CURRENCY, LINE_NAMES, LINES, REGIONS, SEGMENTS

PER_LINE = 4
PRICES = np.array([[price for _, price in line.products] for line in LINES])


@dataclass(frozen=True)
class Buyers:
    """Customers by partner: `pool` says who buys from whom and when, `customer` which customer that is."""

    pool: Pool
    customer: Array
    home: Array
    segment: Array

    @property
    def customer_id(self) -> Array:
        """The ids of all customers, by their place."""
        return ids("E", len(self.home), width=5)


def products() -> pd.DataFrame:
    """One row per product, line by line, the cheapest first.

    >>> products()["line"].unique().tolist()
    ['Switching', 'Wireless', 'Firewall', 'Endpoint', 'Backup', 'Monitoring']
    """
    rows = [(line, name) for line in LINES for name, _ in line.products]
    return pd.DataFrame(
        {
            "product_id": product_ids(),
            "name": [name for _, name in rows],
            "line": [line.name for line, _ in rows],
            "category": [line.category for line, _ in rows],
            "launched_on": np.array([line.launched for line, _ in rows], dtype="datetime64[D]"),
            "technical_level": [line.level for line, _ in rows],
            "strategic": [line.strategic for line, _ in rows],
            "emerging": [line.emerging for line, _ in rows],
            "recurring": [line.recurring for line, _ in rows],
        }
    )


def product_ids() -> Array:
    """The products' ids, by their place.

    >>> len(product_ids())
    24
    """
    return ids("G", len(LINES) * PER_LINE, width=2)


def launch_days() -> Array:
    """The first day on sale of each line.

    >>> str(launch_days().max())
    '2025-03-03'
    """
    return np.array([line.launched for line in LINES], dtype="datetime64[D]")


def draw_buyers(rng: Generator, cast: Cast) -> Buyers:
    """Customers come and go; one in twenty also buys elsewhere, and a merged firm's go to its taker.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> buyers = draw_buyers(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5))
    >>> int(buyers.pool.size(np.arange(5)).min()) >= 8
    True
    """
    size = np.clip(np.round(6 + 0.055 * np.sqrt(cast.level)), 8, 160).astype(int)
    home = np.repeat(np.arange(cast.count), size)
    at = np.arange(len(home)) - np.repeat(np.cumsum(size) - size, size)
    start = np.maximum(cast.joined[home], -1) + 1
    late = start + np.round(rng.random(len(home)) ** 0.9 * (ALL_MONTHS - start)).astype(int)
    since = np.where((at < 2) | (rng.random(len(home)) < 0.42), start, late)
    until = since + 5 + np.round(rng.exponential(58, len(home))).astype(int)
    until = np.where(at < 2, ALL_MONTHS, until)
    customer = np.arange(len(home))
    taker = cast.merged_into[home]
    moves = np.flatnonzero(taker >= 0)
    roam = np.flatnonzero((rng.random(len(home)) < 0.05) & (at >= 2))
    other = _neighbours(rng, cast, home[roam])
    owner = np.r_[home, taker[moves], other]
    customer = np.r_[customer, moves, roam]
    since = np.r_[since, np.maximum(since[moves], cast.left[home[moves]]), since[roam]]
    until = np.r_[until, until[moves], until[roam]]
    order = np.lexsort((np.arange(len(owner)), owner))
    pool = Pool(owner[order], since[order], until[order])
    home = np.where(taker >= 0, taker, home)
    return Buyers(pool, customer[order], home, rng.integers(len(SEGMENTS), size=len(home)))


def _neighbours(rng: Generator, cast: Cast, partner: Array) -> Array:
    by_region = np.argsort(cast.region, kind="stable")
    first = np.searchsorted(cast.region[by_region], np.arange(len(REGIONS) + 1))
    region = cast.region[partner]
    size = first[region + 1] - first[region]
    return np.asarray(by_region[first[region] + np.floor(rng.random(len(partner)) * size).astype(int)])


def customers(rng: Generator, cast: Cast, buyers: Buyers) -> pd.DataFrame:
    """One row per customer; some have not bought yet."""
    size = len(buyers.home)
    segment = name_of(SEGMENTS, buyers.segment)
    employees = np.round(np.exp(rng.normal(4.8, 1.3, size))).astype(int) + 3
    return pd.DataFrame(
        {
            "customer_id": buyers.customer_id,
            "name": words.customer_firms(rng, segment),
            "segment": segment,
            "region": name_of(REGIONS, cast.region[buyers.home]),
            "employees": employees,
            "critical": rng.random(size) < 0.05,
            "partner_id": cast.partner_id[buyers.home],
            "total_spend": cents(employees * np.exp(rng.normal(5.8, 0.6, size)), step=1_000),
            "currency": currency_of(cast.usd[buyers.home]),
        }
    )


def markets(rng: Generator, customers: pd.DataFrame) -> pd.DataFrame:
    """One row per region, segment and line: what is to be had there in a year.

    >>> known = pd.DataFrame({"region": ["DACH"], "segment": ["Retail"]})
    >>> len(markets(np.random.default_rng(7), known)) == len(REGIONS) * len(SEGMENTS) * len(LINES)
    True
    """
    known = customers.groupby(["region", "segment"]).size()
    rows = [(region, segment, line) for region in REGIONS for segment in SEGMENTS for line in LINES]
    there = np.array([known.get((region, segment), 0) for region, segment, _ in rows])
    share = np.array([line.share for _, _, line in rows])
    buyers = np.round((there + 5) * rng.uniform(6, 14, len(rows))).astype(int)
    return pd.DataFrame(
        {
            "region": [region for region, _, _ in rows],
            "segment": [segment for _, segment, _ in rows],
            "line": [line.name for _, _, line in rows],
            "potential": cents(buyers * share * rng.uniform(18_000, 32_000, len(rows)), step=10_000),
            "customers": buyers,
            "currency": CURRENCY,
        }
    )


def wallet(rng: Generator, cast: Cast, sold: pd.DataFrame) -> pd.DataFrame:
    """What each partner sells in a line in a year in all; `sold` holds its revenue with the vendor.

    Its columns are partner, line, year (places and a number) and revenue in cents.
    """
    share = np.clip(rng.beta(3, 7, (cast.count, len(LINES))), 0.05, 0.9)[sold["partner"], sold["line"]]
    reported = rng.random(cast.count) < 0.5
    return pd.DataFrame(
        {
            "partner_id": cast.partner_id[sold["partner"]],
            "line": name_of(LINE_NAMES, sold["line"].to_numpy()),
            "year": sold["year"].astype(str).to_numpy(),
            "total_revenue": cents(sold["revenue"].to_numpy() / 100 / share, step=1_000),
            "basis": np.where(reported[sold["partner"]], "reported", "estimated"),
            "currency": currency_of(cast.usd[sold["partner"]]),
        }
    )
