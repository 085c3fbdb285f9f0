"""What both sides do together: activities, who was there, surveys and notes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import (
    NO_DAY,
    Array,
    Generator,
    cents,
    dates,
    ids,
    month_of,
    month_start,
    name_of,
    only,
    quarter_name,
    unless,
    workday,
)
from channelnb.book.sample.market import Buyers
from channelnb.book.sample.marketing import running_on
from channelnb.book.sample.people import SALES, TECHNICAL, Staff
from channelnb.book.sample.vendor import AS_OF, CURRENCY, LINE_NAMES, PAST_MONTHS

_KINDS = (
    "training", "event", "webinar", "campaign", "content", "social",
    "meeting", "exec_call", "joint_call", "case_study", "qbr",
)  # fmt: skip
_CHANCES = (0.2, 0.08, 0.12, 0.06, 0.06, 0.05, 0.2, 0.06, 0.13, 0.04)
_WITH_CUSTOMERS = ("event", "webinar", "joint_call")
QBR = len(_KINDS) - 1


def review_day(quarter: Array) -> Array:
    """The working day, in a quarter's first month, on which the quarter before is reviewed.

    >>> review_day(np.array([14])).astype(str).tolist()
    ['2026-07-16']
    """
    return np.asarray(np.busday_offset(month_start(3 * quarter) + 13 + quarter % 4, 0, "forward"))


def draw_activities(rng: Generator, cast: Cast) -> pd.DataFrame:
    """What is done with whom and when: a review each quarter, other things about six times a year.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> drawn = draw_activities(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5))
    >>> drawn["held_on"].is_monotonic_increasing
    True
    """
    quarter = np.arange(PAST_MONTHS // 3 + 1)
    there = cast.there(3 * quarter) & ((cast.left > PAST_MONTHS)[:, None] | (3 * quarter < cast.left[:, None]))
    reviewed = there & (cast.manager >= 0)[:, None] & (rng.random(there.shape) < 0.93)
    # The last review before today is the one that the sample's promises come from: all of them were held.
    reviewed[:, -2] = there[:, -2]
    keen = np.clip(0.8 + 0.25 * np.log(cast.level / 50_000), 0.5, 3.0)
    others = np.where(there, rng.poisson(keen[:, None], there.shape), 0)
    partner, at = (np.repeat(one.ravel(), others.ravel()) for one in np.indices(there.shape))
    review_of, review_at = np.nonzero(reviewed)
    frame = pd.DataFrame(
        {
            "partner": np.r_[partner, review_of],
            "kind": np.r_[rng.choice(len(_CHANCES), len(partner), p=_CHANCES), np.full(len(review_of), QBR)],
            "held_on": np.r_[workday(rng, 3 * at + rng.integers(0, 3, len(at))), review_day(review_at)],
        }
    )
    frame = frame[month_of(dates(frame, "held_on")) < cast.left[frame["partner"]]]
    frame = frame.sort_values(["held_on", "partner", "kind"], kind="stable", ignore_index=True)
    return frame.assign(activity_id=ids("T", len(frame), width=5))


def activities(
    rng: Generator, cast: Cast, drawn: pd.DataFrame, deals: pd.DataFrame, campaigns: pd.DataFrame
) -> pd.DataFrame:
    """One row per activity held, or planned by now for the next quarter; a few trainings are asked for and overdue."""
    held = dates(drawn, "held_on")
    partner, kind, size = drawn["partner"].to_numpy(), drawn["kind"].to_numpy(), len(drawn)
    name = name_of(_KINDS, kind)
    done = held <= AS_OF
    requested = held - np.where(kind == QBR, 60, rng.integers(6, 90, size))
    planned = ~done
    asked = planned | (kind == QBR) | (rng.random(size) < 0.7)
    with_customers = np.isin(name, _WITH_CUSTOMERS)
    marketing = np.isin(name, ("event", "webinar", "campaign"))
    cost = np.where(kind == QBR, 300, np.array([1_800, 4_200, 900, 2_500, 700, 250, 200, 400, 350, 1_200, 300])[kind])
    frame = pd.DataFrame(
        {
            "activity_id": drawn["activity_id"].to_numpy(),
            "partner_id": cast.partner_id[partner],
            "kind": name,
            "held_on": held,
            "status": np.where(done, "done", "planned").astype(object),
            "requested_on": unless(~asked, requested),
            "requested_by": np.where(rng.random(size) < 0.55, "partner", "vendor").astype(object),
            "line": name_of(LINE_NAMES, np.where(kind < 3, _favourites(rng, cast, partner), -1)),
            "campaign_id": only(marketing, running_on(rng, campaigns, held)),
            "opportunity_id": _deal_for(rng, deals, partner, held, name == "joint_call"),
            "days": rng.choice((0.5, 1.0, 2.0), size, p=(0.6, 0.3, 0.1)),
            "cost": cents(cost * rng.uniform(0.6, 1.5, size), step=10),
            "customer_attendees": pd.array(np.where(with_customers, 1 + rng.poisson(5, size), 0), dtype="Int64"),
            "currency": CURRENCY,
        }
    )
    frame.loc[planned, "customer_attendees"] = pd.NA
    return frame[done | (frame["requested_on"] <= AS_OF)].reset_index(drop=True)


def _favourites(rng: Generator, cast: Cast, partner: Array) -> Array:
    # Monitoring, the last line, is too young for most of the history; the others are picked as they are sold.
    return np.asarray((cast.lines[partner, :-1] * rng.random((len(partner), len(LINE_NAMES) - 1))).argmax(axis=1))


def _deal_for(rng: Generator, deals: pd.DataFrame, partner: Array, day: Array, wanted: Array) -> Array:
    """A deal of the partner that was open on the day, where one is wanted and there is one."""
    order = np.argsort(deals["partner"].to_numpy(), kind="stable")
    owner = deals["partner"].to_numpy()[order]
    first, last = np.searchsorted(owner, partner), np.searchsorted(owner, partner, side="right")
    chosen = np.full(len(partner), -1)
    for _ in range(12):
        at = order[np.minimum(first + np.floor(rng.random(len(partner)) * (last - first)).astype(int), len(order) - 1)]
        created, closed = (dates(deals, name)[at] for name in ("created", "closed"))
        fits = wanted & (last > first) & (created <= np.minimum(day, AS_OF)) & (day <= closed) & (chosen < 0)
        chosen[fits] = at[fits]
    return name_of(deals["deal_id"].to_numpy(dtype=object), chosen)


def attendance(rng: Generator, drawn: pd.DataFrame, held: pd.DataFrame, staff: Staff, buyers: Buyers) -> pd.DataFrame:
    """Who was at each activity that was held: people of the partner, and customers where there were some."""
    rows = drawn.merge(held[held["status"] == "done"][["activity_id", "customer_attendees"]], on="activity_id")
    everyone, places = staff.pool(SALES, TECHNICAL)
    people = np.where(rows["kind"] == 0, 2 + rng.poisson(1.2, len(rows)), 1 + rng.poisson(0.4, len(rows)))
    guests = np.minimum(rows["customer_attendees"].to_numpy(dtype=int), 6)

    def at(times: Array) -> tuple[Array, Array, Array]:
        chosen = rows.loc[rows.index.repeat(times)]
        month = month_of(dates(chosen, "held_on"))
        return chosen["activity_id"].to_numpy(), chosen["partner"].to_numpy(), month

    activity, partner, month = at(people)
    own = pd.DataFrame(
        {"activity_id": activity, "salesperson_id": staff.person_id[places[everyone.draw(rng, partner, month)]]}
    )
    activity, partner, month = at(guests)
    customer = buyers.customer[buyers.pool.draw(rng, partner, month)]
    theirs = pd.DataFrame({"activity_id": activity, "customer_id": name_of(buyers.customer_id, customer)})
    both = pd.concat([own, theirs], ignore_index=True).drop_duplicates()
    return both.sort_values("activity_id", kind="stable", ignore_index=True)


def surveys(rng: Generator, cast: Cast, buyers: Buyers) -> pd.DataFrame:
    """Twice a year the partner is asked about the vendor, and two of its customers about the partner."""
    quarter = np.arange(1, PAST_MONTHS // 3, 2)
    partner, at = np.nonzero(cast.there(3 * quarter) & cast.there(3 * quarter + 2))
    partner, at, asked = np.repeat(partner, 3), np.repeat(at, 3), np.tile(np.arange(3), len(partner))
    size, of_vendor = len(partner), asked == 0
    sent = month_start(3 * quarter[at] + 1) + 4
    answered = sent + rng.integers(0, 25, size)
    replied = (rng.random(size) < np.where(of_vendor, 0.75, 0.4)) & (answered <= AS_OF)
    mood = rng.normal(0, 0.5, (cast.count, 2))[partner, of_vendor.astype(int)] - 0.8 * cast.stale[partner] * ~of_vendor
    csat = np.clip(np.round(3.9 + mood + rng.normal(0, 0.6, size)), 1, 5)
    nps = np.clip(np.round(7.4 + 1.8 * mood + rng.normal(0, 1.3, size)), 0, 10).astype(int)
    customer = buyers.customer[buyers.pool.draw(rng, partner, 3 * quarter[at])]
    frame = pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "sent_on": sent,
            "answered_on": np.where(replied, answered, NO_DAY),
            "csat": np.where(replied, csat, np.nan),
            "nps": pd.array(nps, dtype="Int64"),
            "about": np.where(of_vendor, "vendor", "partner").astype(object),
            "customer_id": name_of(buyers.customer_id, np.where(of_vendor, -1, customer)),
        }
    )
    frame.loc[~replied, "nps"] = pd.NA
    return frame.sort_values(["sent_on", "partner_id"], kind="stable", ignore_index=True)


_INTERNAL = (
    "Owner is thinking of retiring; ask about succession.", "Pays late; finance is aware.",
    "Two of their engineers are also certified by a competitor.", "Strong in {line}; could mentor smaller firms.",
    "Sales lead told us that {line} is hard to explain to customers.", "Asked twice for more presales time.",
)  # fmt: skip
_SHARED = (
    "Thank you for hosting the {line} day.", "Both sides agreed to look at open {line} deals every month.",
    "Your team's certificates in {line} should be kept up to date.",
    "We owe you a faster answer to deal registrations.",
)  # fmt: skip


def notes(rng: Generator, cast: Cast, managers: pd.DataFrame) -> pd.DataFrame:
    """Remarks of the last four reviews: most for the vendor's eyes only, some for both.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast, managers = draw_cast(np.random.default_rng(7), 5), pd.DataFrame({"name": list("ABCDEFGH")})
    >>> sorted(notes(np.random.default_rng(7), cast, managers)["quarter"].unique())
    ['2025Q4', '2026Q1', '2026Q2', '2026Q3']
    """
    quarter = np.arange(PAST_MONTHS // 3 - 4, PAST_MONTHS // 3)
    partner, at, shared = (one.ravel() for one in np.indices((cast.count, len(quarter), 2)))
    keep = cast.there(3 * quarter + 2)[partner, at] & (rng.random(len(partner)) < np.where(shared, 0.45, 0.6))
    partner, at, shared = partner[keep], at[keep], shared[keep] == 1
    line = name_of(LINE_NAMES, cast.lines[partner].argmax(axis=1))
    which = rng.integers(12, size=len(partner))
    text = np.where(shared, name_of(_SHARED, which % len(_SHARED)), name_of(_INTERNAL, which % len(_INTERNAL)))
    author = np.append(managers["name"].to_numpy(dtype=object), "Head of channel")[cast.manager[partner]]
    return pd.DataFrame(
        {
            "partner_id": cast.partner_id[partner],
            "quarter": quarter_name(quarter[at]),
            "text": [remark.format(line=one) for remark, one in zip(text, line, strict=True)],
            "edition": np.where(shared, "partner", "internal").astype(object),
            "author": author,
        }
    )
