"""Leads: those that became deals, and the others: dropped, sent to the wrong partner, or gone stale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import Array, Generator, dates, ids, month_of, month_start, name_of
from channelnb.book.sample.firms import currency_of, joined_on
from channelnb.book.sample.market import PER_LINE, Buyers, launch_days
from channelnb.book.sample.pipeline import LOST, NO_DECISION, WON
from channelnb.book.sample.vendor import AS_OF, LINE_NAMES, PAST_MONTHS, REGIONS, SEGMENTS

CONVERTED, DROPPED, WRONG, NO_ROOM, STALE, DIRECT = range(6)
"""How a lead goes: into a deal, nowhere, back as wrong for the partner, back for want of time, untouched, kept."""
STALE_SINCE = PAST_MONTHS - 6
"""The month from which three partners leave their leads untouched: April 2026."""
LEAD_DAYS = 45
"""The most days from a lead to the opening of its deal."""
_NOW = AS_OF + np.timedelta64(1, "D") - np.timedelta64(1, "s")
_REASONS = ("no budget", "no answer", "chose a competitor", "no need", "duplicate")
_SOURCES = ("website", "event", "campaign", "referral", "telephone")


def draw_leads(rng: Generator, cast: Cast, deals: pd.DataFrame) -> pd.DataFrame:
    """Every lead with its fate: `fate`, partner, line, region, the deal it became (a place, or -1), and its days."""
    created = dates(deals, "created")
    # What a firm brings along in its first weeks is its own, not a lead of the vendor's.
    settled = created - LEAD_DAYS > joined_on(cast)[deals["partner"]]
    found = np.flatnonzero((deals["source"] == 1) & (created <= AS_OF) & settled)
    converted = pd.DataFrame(
        {
            "partner": deals["partner"].to_numpy()[found],
            "line": deals["product"].to_numpy()[found] // PER_LINE,
            "region": cast.region[deals["partner"].to_numpy()[found]],
            "fate": CONVERTED,
            "deal": found,
            "day": created[found] - rng.integers(16, LEAD_DAYS, len(found)),
        }
    )
    rows = pd.concat([converted, _others(rng, cast)], ignore_index=True)
    rows = rows.sort_values(["day", "partner"], kind="stable", ignore_index=True)
    return rows[rows["day"] <= AS_OF].assign(lead_id=lambda kept: ids("L", len(kept), width=5))


def _others(rng: Generator, cast: Cast) -> pd.DataFrame:
    """Leads that became no deal: at least one for each partner and quarter."""
    quarter = np.arange(PAST_MONTHS // 3)
    there = cast.there(3 * quarter) & cast.there(3 * quarter + 2)
    busy = np.clip(2.2 + 0.0025 * np.sqrt(cast.level), 2.2, 7.0)
    count = np.where(there, 2 + rng.poisson(busy[:, None], there.shape), 0)
    neglected = cast.stale[:, None] & (3 * quarter >= STALE_SINCE)
    count = np.where(neglected, count + 3, count).ravel()
    partner, at = np.divmod(np.repeat(np.arange(len(count)), count), len(quarter))
    fate = np.where(neglected[partner, at], STALE, rng.choice((DROPPED, WRONG, NO_ROOM), len(at), p=(0.74, 0.2, 0.06)))
    fate = np.where((rng.random(len(at)) < 0.05) & _repeated(partner, at), DIRECT, fate)
    day = month_start(3 * at) + rng.integers(0, 84, len(at))
    line = _lines_for(rng, cast, partner, fate == WRONG)
    launched = launch_days()[line]
    # Nobody asks for a line that is not yet on sale: such a lead asks for the partner's main line instead.
    line = np.where(launched > day, cast.lines[partner, :-1].argmax(axis=1), line)
    away = (fate == WRONG) & (cast.lines[partner, line] > 0)
    region = (cast.region[partner] + np.where(away, rng.integers(1, len(REGIONS), len(at)), 0)) % len(REGIONS)
    return pd.DataFrame({"partner": partner, "line": line, "region": region, "fate": fate, "deal": -1, "day": day})


def _repeated(partner: Array, at: Array) -> Array:
    return np.append(False, (partner[1:] == partner[:-1]) & (at[1:] == at[:-1]))


def _lines_for(rng: Generator, cast: Cast, partner: Array, wrong: Array) -> Array:
    sold = cast.lines[partner] > 0
    wish = rng.random(sold.shape)
    # A wrong lead asks, where it can, for a line that the partner does not sell.
    return np.asarray(np.where(wrong[:, None] ^ sold, wish + 1, wish).argmax(axis=1))


def _times(rng: Generator, rows: pd.DataFrame) -> dict[str, Array]:
    """When a lead came in, was given, taken, first called and given back; blank where it did not happen by now."""
    size, fate = len(rows), rows["fate"].to_numpy()
    never = np.datetime64("NaT", "s")

    def later(start: Array, hours: Array, happens: Array) -> Array:
        at = start + (hours * 3600).astype(np.int64).astype("timedelta64[s]")
        return np.where(happens & (at <= _NOW), at, never)

    created = rows["day"].to_numpy().astype("datetime64[s]") + rng.integers(7 * 3600, 18 * 3600, size).astype(
        "timedelta64[s]"
    )
    given = fate != DIRECT
    assigned = later(created, np.minimum(rng.lognormal(1.5, 1.0, size), 60), given)
    slow = np.minimum(rng.lognormal(2.6, 0.9, size), 90)
    untouched = (fate == DROPPED) & (rng.random(size) < 0.3)
    taken = given & np.isin(fate, (CONVERTED, DROPPED)) & ~untouched
    accepted = later(assigned, slow, taken)
    called = later(accepted, np.minimum(rng.lognormal(2.9, 1.0, size), 200), ~np.isnat(accepted))
    back = later(assigned, rng.uniform(10, 200, size), np.isin(fate, (WRONG, NO_ROOM)))
    return {
        "created_at": created,
        "assigned_at": assigned,
        "accepted_at": accepted,
        "first_contact_at": called,
        "returned_at": back,
    }


def _end(rng: Generator, rows: pd.DataFrame, deals: pd.DataFrame, back: Array) -> tuple[Array, Array, Array]:
    """On which day each lead ended by now, how, and why."""
    size, fate, deal = len(rows), rows["fate"].to_numpy(), rows["deal"].to_numpy()
    closed = dates(deals, "closed")[deal]
    final = deals["outcome"].to_numpy()[deal]
    day = dates(rows, "day") + rng.integers(12, 75, size)
    given_back = np.isin(fate, (WRONG, NO_ROOM))
    day = np.select([fate == CONVERTED, given_back], [closed, back.astype("datetime64[D]")], day)
    over = (day <= AS_OF) & (fate != STALE)
    became = np.where(fate == CONVERTED, final, NO_DECISION)
    outcome = np.select([~over, became == WON, became == LOST], ["open", "won", "lost"], "dropped").astype(object)
    reason = name_of(_REASONS, rng.integers(len(_REASONS), size=size))
    reason[fate == CONVERTED] = "no decision"
    reason[fate == NO_ROOM] = "no time for it"
    reason[fate == WRONG] = np.where(rows["away"], "outside the partner's region", "not a line the partner sells")[
        fate == WRONG
    ]
    reason[outcome != "dropped"] = None
    return np.where(over, day, np.datetime64("NaT", "D")), outcome, reason


def leads(rng: Generator, cast: Cast, rows: pd.DataFrame, deals: pd.DataFrame, buyers: Buyers) -> pd.DataFrame:
    """One row per lead that has come in by today."""
    partner, size = rows["partner"].to_numpy(), len(rows)
    rows = rows.assign(away=rows["region"].to_numpy() != cast.region[partner])
    fate, deal = rows["fate"].to_numpy(), rows["deal"].to_numpy()
    times = _times(rng, rows)
    closed, outcome, reason = _end(rng, rows, deals, times["returned_at"])
    seller = np.where(np.isnat(times["accepted_at"]), None, deals["seller_id"].to_numpy(dtype=object)[deal])
    day = dates(rows, "day")
    marketing = day + rng.integers(0, 4, size)
    score = np.clip(np.round(rng.normal(50, 15, size) + np.where(fate == CONVERTED, 14, 0)), 1, 99)
    buyer = buyers.pool.draw(rng, partner, np.maximum(month_of(day), 0))
    customer = np.where(fate == CONVERTED, deals["customer"].to_numpy()[deal], buyers.customer[buyer])
    return pd.DataFrame(
        {
            "lead_id": rows["lead_id"].to_numpy(),
            "partner_id": name_of(cast.partner_id, np.where(fate == DIRECT, -1, partner)),
            **times,
            "mql_on": np.where(marketing <= AS_OF, marketing, np.datetime64("NaT", "D")),
            "sql_on": np.where(fate == CONVERTED, dates(deals, "created")[deal], np.datetime64("NaT", "D")),
            "closed_on": closed,
            "outcome": outcome,
            "drop_reason": reason,
            "score": score,
            "partner_score": np.where(
                np.isnat(times["accepted_at"]), np.nan, np.clip(np.round(score + rng.normal(-4, 14, size)), 1, 99)
            ),
            "amount": np.where(
                fate == CONVERTED,
                deals["amount"].to_numpy()[deal],
                np.round(np.exp(rng.normal(9.2, 0.9, size)) / 100).astype(np.int64) * 10_000 + 10_000,
            ),
            "cost": np.round(rng.gamma(3, 4_500, size)).astype(np.int64),
            "source": name_of(_SOURCES, rng.integers(len(_SOURCES), size=size)),
            "segment": name_of(SEGMENTS, buyers.segment[customer]),
            "region": name_of(REGIONS, rows["region"].to_numpy()),
            "line": name_of(LINE_NAMES, rows["line"].to_numpy()),
            "customer_id": name_of(buyers.customer_id, customer),
            "opportunity_id": name_of(deals["deal_id"].to_numpy(dtype=object), deal),
            "campaign_id": rows["campaign_id"].to_numpy(),
            "salesperson_id": seller,
            "currency": currency_of(cast.usd[partner]),
        }
    )
