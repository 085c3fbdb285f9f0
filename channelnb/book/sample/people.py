"""People: partners' sales and technical staff, what they know, their certificates, and who attends a review."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from channelnb.book.sample import words
from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import NO_DAY, Array, Generator, Pool, ids, month_end, month_start, name_of, unless
from channelnb.book.sample.market import launch_days
from channelnb.book.sample.vendor import ALL_MONTHS, AS_OF, LINE_NAMES, PAST_MONTHS, REGIONS

SALES, TECHNICAL, OTHER = range(3)
_AREAS = ("skills", "product", "strategy", "market", "value proposition", "presentation")


@dataclass(frozen=True)
class Staff:
    """The people at all partners, sorted by partner; months are counted from the history's first."""

    partner: Array
    role: Array
    since: Array
    until: Array
    person_id: Array

    def pool(self, *roles: int) -> tuple[Pool, Array]:
        """The people of the roles given as a pool, and their places among all.

        >>> from channelnb.book.sample.cast import draw_cast
        >>> staff = draw_staff(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5))
        >>> pool, places = staff.pool(SALES)
        >>> bool((staff.role[places] == SALES).all())
        True
        """
        places = np.flatnonzero(np.isin(self.role, roles))
        return Pool(self.partner[places], self.since[places], self.until[places]), places


def draw_staff(rng: Generator, cast: Cast) -> Staff:
    """Seats at each partner, filled by one person or, when that one leaves, by two in turn.

    The first sales seat and the first technical seat are held by people who never leave.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> staff = draw_staff(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5))
    >>> sorted(set(staff.role.tolist()))
    [0, 1, 2]
    """
    sales = np.clip(np.round(0.55 * np.sqrt(cast.employees)), 1, 10).astype(int) + 1
    technical = np.clip(np.round(0.35 * np.sqrt(cast.employees)), 1, 7).astype(int)
    seats = sales + technical + 1
    partner = np.repeat(np.arange(cast.count), seats)
    at = np.arange(len(partner)) - np.repeat(np.cumsum(seats) - seats, seats)
    role = np.select([at < sales[partner], at < (sales + technical)[partner]], [SALES, TECHNICAL], OTHER)
    steady = (at == 0) | (at == sales[partner])
    since = cast.joined[partner] + np.where(steady, 0, rng.integers(0, 14, len(partner)))
    until = np.minimum(cast.left[partner] - 1, ALL_MONTHS)
    # Nobody is on the list who joins after today.
    since = np.minimum(since, np.minimum(until, PAST_MONTHS - 2))
    change = rng.integers(8, PAST_MONTHS - 2, len(partner))
    changes = ~steady & (rng.random(len(partner)) < 0.5) & (since + 4 < change) & (change + 4 < until)
    heirs = np.flatnonzero(changes)
    order = np.argsort(np.r_[np.arange(len(partner)), heirs], kind="stable")
    whole = np.r_[np.arange(len(partner)), heirs][order]
    heir = np.r_[np.zeros(len(partner), bool), np.ones(len(heirs), bool)][order]
    return Staff(
        partner=partner[whole],
        role=role[whole],
        since=np.where(heir, change[whole] + 2, since[whole]),
        until=np.where(~heir & changes[whole], change[whole], until[whole]),
        person_id=ids("S", len(whole)),
    )


def salespeople(rng: Generator, cast: Cast, staff: Staff) -> pd.DataFrame:
    """One row per person at a partner.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> salespeople(np.random.default_rng(7), cast, draw_staff(np.random.default_rng(7), cast)).loc[0, "role"]
    'sales'
    """
    size = len(staff.partner)
    areas = name_of(("north", "south", "named accounts", "mid-market"), rng.integers(4, size=size))
    region = name_of(REGIONS, cast.region[staff.partner])
    return pd.DataFrame(
        {
            "salesperson_id": staff.person_id,
            "partner_id": cast.partner_id[staff.partner],
            "name": words.people(rng, size),
            "role": name_of(("sales", "technical", "other"), staff.role),
            "territory": [f"{place}, {area}" for place, area in zip(region, areas, strict=True)],
            "joined_on": month_start(staff.since),
            "left_on": np.where(staff.until < PAST_MONTHS, month_end(staff.until), NO_DAY),
            "consent": rng.random(size) < 0.8,
        }
    )


def assessments(rng: Generator, staff: Staff) -> pd.DataFrame:
    """Scores of six areas for about half of the people who sell or advise, once or twice in two years.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> staff = draw_staff(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 5))
    >>> assessments(np.random.default_rng(7), staff)["area"].nunique()
    6
    """
    asked = np.flatnonzero(
        (staff.role != OTHER) & (staff.until >= PAST_MONTHS) & (rng.random(len(staff.partner)) < 0.55)
    )
    first = rng.integers(np.maximum(staff.since[asked] + 1, PAST_MONTHS - 20).clip(max=PAST_MONTHS - 2), PAST_MONTHS)
    again = asked[(first < PAST_MONTHS - 10) & (rng.random(len(asked)) < 0.6)]
    second = rng.integers(PAST_MONTHS - 8, PAST_MONTHS, len(again))
    person, month = np.r_[asked, again], np.r_[first, second]
    talent = rng.normal(62, 12, len(staff.partner))
    person, month, area = np.repeat(person, 6), np.repeat(month, 6), np.tile(np.arange(6), len(month))
    leaning = np.where(staff.role[person] == TECHNICAL, np.array([4, 12, -6, -8, -4, -2])[area], 0)
    score = talent[person] + leaning + rng.normal(0, 9, len(person)) + (month - 30) * 0.4
    frame = pd.DataFrame(
        {
            "salesperson_id": staff.person_id[person],
            "area": name_of(_AREAS, area),
            "score": np.clip(np.round(score), 5, 100),
            "assessed_on": month_start(month) + np.repeat(rng.integers(0, 27, len(month) // 6), 6),
            "tested": area < 2,
        }
    )
    return frame.sort_values(["assessed_on", "salesperson_id"], kind="stable", ignore_index=True)


def certifications(rng: Generator, cast: Cast, staff: Staff) -> pd.DataFrame:
    """Certificates for the lines that a partner sells, good for two years, some renewed, some run out.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 5)
    >>> held = certifications(np.random.default_rng(7), cast, draw_staff(np.random.default_rng(7), cast))
    >>> held["earned_on"].is_monotonic_increasing
    True
    """
    steady = np.r_[True, (staff.partner[1:] != staff.partner[:-1]) | (staff.role[1:] != staff.role[:-1])]
    anchor = steady & (staff.role == TECHNICAL)
    likely = np.select([anchor, staff.role == TECHNICAL, staff.role == SALES], [1.0, 0.75, 0.3], 0.0)
    wanted = likely[:, None] * (0.3 + 1.4 * cast.lines[staff.partner])
    favourite = cast.lines[staff.partner].argmax(axis=1)
    wanted[anchor, favourite[anchor]] = 2.0
    person, line = np.nonzero(rng.random(wanted.shape) < wanted * (cast.lines[staff.partner] > 0))
    opened = launch_days()[line]
    start = np.maximum(np.maximum(month_start(staff.since[person]), month_start(np.full(len(person), -6))), opened) + 30
    first = start + (rng.random(len(person)) * np.maximum(1, (AS_OF - start).astype(int) - 20)).astype(int)
    must = anchor[person] & (line == favourite[person])
    first = np.where(must, np.minimum(first, np.datetime64("2025-06-30")), first)
    # Early enough to hold today through one renewal, late enough for that renewal to still hold.
    first = np.where(must, np.maximum(first, np.maximum(start, np.datetime64("2023-03-01"))), first)
    again = first + 730 - rng.integers(10, 90, len(first))
    renewed = must | (rng.random(len(first)) < 0.6)
    stays = again <= np.minimum(AS_OF, month_end(np.minimum(staff.until[person], ALL_MONTHS)))
    more = np.flatnonzero(renewed & stays)
    person, line, earned = np.r_[person, person[more]], np.r_[line, line[more]], np.r_[first, again[more]]
    kept = (earned <= AS_OF) & (earned <= month_end(np.minimum(staff.until[person], ALL_MONTHS)))
    order = np.flatnonzero(kept)[np.argsort(earned[kept], kind="stable")]
    person, line, earned = person[order], line[order], earned[order]
    return pd.DataFrame(
        {
            "certification_id": ids("C", len(order)),
            "partner_id": cast.partner_id[staff.partner[person]],
            "earned_on": earned,
            "salesperson_id": staff.person_id[person],
            "line": name_of(LINE_NAMES, line),
            "expires_on": unless(rng.random(len(order)) < 0.05, earned + 730),
            "score": np.clip(np.round(rng.normal(82, 8, len(order))), 60, 100),
        }
    )


def contacts(rng: Generator, cast: Cast, managers: pd.DataFrame) -> pd.DataFrame:
    """Who attends each partner's review: three of its own people, and of the vendor's its manager and an engineer.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast, managers = draw_cast(np.random.default_rng(7), 5), pd.DataFrame({"name": list("ABCDEFGH")})
    >>> frame = contacts(np.random.default_rng(7), cast, managers)
    >>> frame.loc[frame["partner_id"] == "P0001", "side"].value_counts().to_dict()
    {'partner': 3, 'vendor': 2}
    """
    partner = np.arange(cast.count)
    known = cast.manager >= 0
    roles = ("Managing director", "Sales lead", "Technical lead")
    chief = pd.DataFrame(
        {
            "partner_id": cast.partner_id[known],
            "side": "vendor",
            "role": "Channel manager",
            "name": managers["name"].to_numpy()[cast.manager[known]],
        }
    )
    presales = words.people(rng, 1 + cast.count // 12)[partner // 12]
    engineer = pd.DataFrame(
        {"partner_id": cast.partner_id, "side": "vendor", "role": "Presales engineer", "name": presales}
    )
    own = pd.DataFrame(
        {
            "partner_id": np.repeat(cast.partner_id, len(roles)),
            "side": "partner",
            "role": np.tile(roles, cast.count),
            "name": words.people(rng, cast.count * len(roles)),
        }
    )
    return pd.concat([chief, engineer, own]).sort_values("partner_id", kind="stable", ignore_index=True)
