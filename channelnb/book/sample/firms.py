"""The vendor's partners on paper: partners, their history, tiers, managers and candidates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample import words
from channelnb.book.sample.cast import HANDOVER, Cast, draw_traits
from channelnb.book.sample.draws import NO_DAY, Array, Generator, cents, ids, month_end, month_start, name_of, quota
from channelnb.book.sample.vendor import (
    CHANNEL_NAMES,
    CHANNELS,
    COUNTRIES,
    CURRENCY,
    LINE_NAMES,
    OTHER_CURRENCY,
    PAST_MONTHS,
    REGION_SHARES,
    REGIONS,
    SEGMENTS,
    TIER_CERTIFIED,
    TIER_REVENUE,
    TIERS,
)


def currency_of(usd: Array) -> Array:
    """The code of the currency in which a firm deals.

    >>> currency_of(np.array([False, True])).tolist()
    ['EUR', 'USD']
    """
    return name_of((CURRENCY, OTHER_CURRENCY), usd.astype(int))


def manager_ids(cast: Cast) -> Array:
    """The managers' ids, by their place.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> manager_ids(draw_cast(np.random.default_rng(7), 5))[:2].tolist()
    ['M01', 'M02']
    """
    return ids("M", cast.managers, width=2)


def manager_at(cast: Cast, partner: Array, month: Array) -> Array:
    """The place of the manager who looked after each partner in each month.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 60)
    >>> before, after = (manager_at(cast, np.arange(60), np.full(60, month)) for month in (HANDOVER - 1, HANDOVER))
    >>> int((before != after).sum())
    10
    """
    return np.where(month < HANDOVER, cast.former_manager[partner], cast.manager[partner])


def joined_on(cast: Cast) -> Array:
    """The day on which each partner joined: somewhere in its month of joining."""
    return month_start(cast.joined) + (np.arange(cast.count) * 7 % 27)


def tier_at(rng: Generator, cast: Cast, months: Array) -> Array:
    """The tier's place of each partner in each month: mostly what its size asks for, at times one off.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> tier_at(np.random.default_rng(7), cast, np.array([0, 44])).tolist()
    [[0, 1], [1, 2], [0, 0], [2, 2], [0, 0]]
    """
    years = (months - 30) / 12
    level = cast.level[:, None] * np.exp(cast.growth[:, None] * years)
    earned = np.searchsorted(np.array(TIER_REVENUE[1:]), level)
    favour = np.where(rng.random(cast.count) < 0.12, rng.choice([-1, 1], cast.count), 0)
    return np.clip(earned + favour[:, None], 0, len(TIERS) - 1)


def partners(rng: Generator, cast: Cast, tier: Array) -> pd.DataFrame:
    """One row per partner; `tier` is the place of its tier today.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> partners(np.random.default_rng(7), cast, np.zeros(5, dtype=int))["channel"].tolist()
    ['integrator', 'reseller', 'distributor', 'reseller', 'consultant']
    """
    country = name_of([c for group in COUNTRIES for c in group], 3 * cast.region + rng.integers(3, size=cast.count))
    sales_staff = np.maximum(2, np.round(cast.employees * rng.uniform(0.12, 0.25, cast.count)))
    share_of_wallet = rng.beta(2, 9, cast.count) + 0.02
    taken = cast.merged_into >= 0
    left = np.minimum(cast.left, PAST_MONTHS)
    frame = pd.DataFrame(
        {
            "partner_id": cast.partner_id,
            "name": words.partner_firms(rng, country.tolist()),
            "channel": name_of(CHANNEL_NAMES, cast.channel),
            "region": name_of(REGIONS, cast.region),
            "country": country,
            "segment": name_of(SEGMENTS, rng.integers(len(SEGMENTS), size=cast.count)),
            "tier": name_of(TIERS, tier),
            "manager_id": name_of(manager_ids(cast), cast.manager),
            "parent_id": name_of(cast.partner_id, _parents(rng, cast)),
            "distributor_id": name_of(cast.partner_id, cast.distributor),
            "joined_on": joined_on(cast),
            "left_on": np.where(cast.left < PAST_MONTHS, month_start(left) - 1, NO_DAY),
            "merged_into": name_of(cast.partner_id, np.where(taken, cast.merged_into, -1)),
            "employees": cast.employees,
            "sales_staff": sales_staff.astype(int),
            "annual_revenue": cents(cast.level / share_of_wallet, step=1_000),
            "currency": currency_of(cast.usd),
        }
    )
    return pd.concat([frame, cast.traits], axis=1)


def _parents(rng: Generator, cast: Cast) -> Array:
    parent = rng.integers(cast.count, size=cast.count)
    owned = (rng.random(cast.count) < 0.12) & (cast.employees[parent] > 3 * cast.employees) & (cast.part == "")
    return np.where(owned, parent, -1)


def partner_history(rng: Generator, cast: Cast, tiers: Array) -> pd.DataFrame:
    """What was true of each partner from joining, each New Year and the handover on; `tiers` by month.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> history = partner_history(np.random.default_rng(7), cast, np.zeros((5, 60), dtype=int))
    >>> history.loc[history["partner_id"] == "P0005", "valid_from"].astype(str).tolist()
    ['2023-01-01', '2024-01-01', '2025-01-01', '2025-07-01']
    """
    starts = np.array([0, 12, 24, HANDOVER, 36])
    partner, at = np.divmod(np.arange(cast.count * len(starts)), len(starts))
    month = starts[at]
    first = np.searchsorted(starts, np.maximum(cast.joined, 0), side="right") - 1
    moved = (month != HANDOVER) | (cast.former_manager[partner] != cast.manager[partner])
    keep = (at >= first[partner]) & (month < cast.left[partner]) & (moved | (at == first[partner]))
    partner, month = partner[keep], month[keep]
    opening = np.r_[True, partner[1:] != partner[:-1]]
    growing = 1 - (36 - month) / 12 * rng.uniform(-0.01, 0.05, cast.count)[partner]
    employees = np.maximum(2, np.round(cast.employees[partner] * growing)).astype(int)
    day = np.where(opening, np.maximum(joined_on(cast)[partner], month_start(np.zeros_like(month))), month_start(month))
    return pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "valid_from": day,
            "tier": name_of(TIERS, tiers[partner, month]),
            "manager_id": name_of(manager_ids(cast), manager_at(cast, partner, month)),
            "channel": name_of(CHANNEL_NAMES, cast.channel[partner]),
            "employees": employees,
            "sales_staff": np.maximum(2, np.round(employees * 0.18)).astype(int),
        }
    )


def tier_table() -> pd.DataFrame:
    """What a partner must reach for a tier: revenue of a year, and certified people.

    >>> tier_table().head(1).to_dict("records")
    [{'tier': 'Silver', 'metric': 'revenue', 'at_least': 200000.0}]
    """
    asked = (("revenue", TIER_REVENUE), ("certified_people", TIER_CERTIFIED))
    rows = [
        (tier, metric, float(values[at])) for at, tier in enumerate(TIERS) for metric, values in asked if values[at] > 0
    ]
    return pd.DataFrame(rows, columns=["tier", "metric", "at_least"])


def managers(rng: Generator, cast: Cast) -> pd.DataFrame:
    """The vendor's managers; the last one has left.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> managers(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5)).loc[0, "name"]
    'Victor Sánchez'
    """
    place = np.arange(cast.managers)
    return pd.DataFrame(
        {
            "manager_id": manager_ids(cast),
            "name": words.people(rng, cast.managers),
            "region": name_of(REGIONS, place % len(REGIONS)),
            "capacity": rng.choice([5, 6, 8, 10], cast.managers),
            "left_on": np.where(place == cast.managers - 1, month_end(np.full_like(place, HANDOVER - 1)), NO_DAY),
        }
    )


def candidates(rng: Generator, count: int) -> tuple[pd.DataFrame, Array]:
    """Firms that might become partners, and which of them are specialists.

    >>> frame, specialist = candidates(np.random.default_rng(7), 12)
    >>> len(frame), int(specialist.sum())
    (12, 4)
    """
    specialist = quota(rng, (0.68, 0.32), count) == 1
    employees = np.maximum(3, np.round(np.exp(rng.normal(3.4, 1.0, count)))).astype(int)
    region = quota(rng, REGION_SHARES, count)
    country = name_of([c for group in COUNTRIES for c in group], 3 * region + rng.integers(3, size=count))
    sells = rng.random((count, len(LINE_NAMES))) < 0.45
    sells[np.arange(count), rng.integers(len(LINE_NAMES), size=count)] = True
    frame = pd.DataFrame(
        {
            "candidate_id": ids("K", count),
            "name": words.candidate_firms(rng, country.tolist()),
            "region": name_of(REGIONS, region),
            "channel": name_of(CHANNEL_NAMES, quota(rng, [one.share for one in CHANNELS], count)),
            "lines": [";".join(name for name, sold in zip(LINE_NAMES, row, strict=True) if sold) for row in sells],
        }
    )
    return pd.concat([frame, draw_traits(rng, specialist, employees)], axis=1), specialist
