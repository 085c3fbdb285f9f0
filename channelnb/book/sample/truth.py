"""What is true of the make-believe vendor, for tests to find again in its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import performance
from channelnb.book.sample.leads import STALE_SINCE
from channelnb.book.sample.measures import in_euro
from channelnb.book.sample.vendor import (
    AS_OF,
    CHANNEL_NAMES,
    CURRENCY,
    DRIVERS,
    PAST_MONTHS,
    PROGRAMMES,
)
from channelnb.book.sample.world import World

_REVENUE = (
    "The sum of sales.revenue over all rows. No amount is in the table twice: sell_in rows are what the vendor "
    "billed to the row's partner, sell_through rows are what a partner with a distributor_id sold and its "
    "distributor reported; a distributor's own sell_in rows are what it sold to dealers outside the programme, "
    "without what its resellers report."
)


def truth_of(world: World, *, seed: int) -> dict[str, Any]:
    """What `truth.yaml` holds: the known truth of a world, in plain types."""
    cast = world.cast
    return {
        "seed": seed,
        "partners": cast.count,
        "as_of": str(AS_OF),
        "quarter": "2026Q3",
        "rows": {name: len(frame) for name, frame in sorted(world.tables.items())},
        "traits": _traits(world),
        "programmes": _programmes(),
        "cast": _parts(world),
        "stale_leads": {
            "partners": _names(cast.partner_id[cast.stale]),
            "since": str((np.datetime64("2023-01") + STALE_SINCE).astype("datetime64[D]")),
        },
        "revenue": {"currency": CURRENCY, "meaning": _REVENUE, **_totals(world)},
        "next_quarter": _next_quarter(world),
        "promises": {str(one): str(how) for one, how in world.results.itertuples(index=False)},
    }


def _traits(world: World) -> dict[str, Any]:
    columns = world.cast.traits.columns
    return {
        "drive": {name: round(float(effect), 3) for name, (effect, _, _) in DRIVERS.items()},
        "drive_nothing": [name for name in columns if name not in DRIVERS],
        "follow_size_only": ["trait_office_count"],
        "meaning": (
            "drive: what one usual spread of the trait adds to the logarithm of revenue per head; growth follows from "
            "the same. Specialists are firms drawn to have all three; what drives nothing is drawn alike for all."
        ),
        "specialists": _names(world.cast.partner_id[world.cast.specialist]),
        "specialist_candidates": _names(world.good_candidates),
        "best_candidates": _best_candidates(world.tables["candidates"]),
    }


def _best_candidates(candidates: pd.DataFrame) -> list[str]:
    order = np.argsort(-performance(candidates), kind="stable")
    return _names(candidates["candidate_id"].to_numpy(dtype=object)[order[:10]])


def _programmes() -> dict[str, dict[str, float]]:
    """By what each programme multiplies the revenue of each channel's partners once they are enrolled."""
    return {name: {channel: gains.get(channel, 1.0) for channel in CHANNEL_NAMES} for name, gains in PROGRAMMES.items()}


def _parts(world: World) -> dict[str, Any]:
    cast = world.cast
    gone = cast.merged_into >= 0
    return {
        "large_poor_per_head": cast.playing("large_poor_per_head"),
        "small_star": cast.playing("small_star"),
        "no_manager": cast.playing("no_manager"),
        "new": cast.playing("new"),
        "left": cast.playing("left"),
        "merged": {
            str(one): str(taker)
            for one, taker in zip(cast.partner_id[gone], cast.partner_id[cast.merged_into[gone]], strict=True)
        },
        "active": len(cast.active),
        "in_usd": _names(cast.partner_id[cast.usd]),
        "two_tier": int((cast.distributor >= 0).sum()),
    }


def _totals(world: World) -> dict[str, Any]:
    """Exact totals: each row at its month's actual rate, rounded half up to cents, then added."""
    sales = world.tables["sales"]
    month = (sales["sold_on"].to_numpy().astype("datetime64[M]") - np.datetime64("2023-01")).astype(int)
    euro = in_euro(sales["revenue"].to_numpy(), month, (sales["currency"] != CURRENCY).to_numpy(), world.rate)
    year = 2023 + month // 12
    own = {code: int(sales["revenue"].to_numpy()[rows].sum()) for code, rows in _groups(sales["currency"])}
    return {
        "by_year": {
            str(one): _money(int(euro[year == one].sum())) for one in range(2023, 2024 + (PAST_MONTHS - 1) // 12)
        },
        "total": _money(int(euro.sum())),
        "by_original_currency": {code: _money(amount) for code, amount in own.items()},
    }


def _groups(column: pd.Series[str]) -> list[tuple[str, Any]]:
    return [(code, (column == code).to_numpy()) for code in sorted(column.unique())]


def _next_quarter(world: World) -> dict[str, Any]:
    """What the quarter after today will bring: for judging forecasts, known to nobody in the tables."""
    later = (world.rows["month"] // 3 == PAST_MONTHS // 3).to_numpy()
    sums = np.bincount(world.rows["partner"][later], world.euro[later], world.cast.count)
    by_partner = {str(one): _money(int(cents)) for one, cents in zip(world.cast.partner_id, sums, strict=True) if cents}
    return {"quarter": "2026Q4", "revenue": _money(int(world.euro[later].sum())), "by_partner": by_partner}


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _names(ids: Any) -> list[str]:
    return [str(one) for one in ids]
