"""Who took part in which programme, and what that truly did to revenue."""

from __future__ import annotations

import numpy as np
import pandas as pd

from channelnb.book.sample.cast import Cast
from channelnb.book.sample.draws import NO_DAY, Array, Generator, cents, month_end, month_start, name_of
from channelnb.book.sample.people import SALES, Staff
from channelnb.book.sample.vendor import ALL_MONTHS, CHANNEL_NAMES, CURRENCY, PAST_MONTHS, PROGRAMMES

_FIRST, _LAST = 18, 37
"""The months in which enrolments start: late enough for a year before, early enough for a half-year after."""


def draw_enrolments(rng: Generator, cast: Cast) -> pd.DataFrame:
    """Who enrolled and when: partner and month as places, `programme` by name.

    Demo Days and Joint Selling are given out by lot; the Newsletter goes to the larger partners, so
    that a plain comparison of those who have it with those who haven't would mislead.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> sorted(draw_enrolments(np.random.default_rng(7), draw_cast(np.random.default_rng(7), 60))["programme"].unique())
    ['Demo Days', 'Joint Selling', 'Newsletter']
    """
    large = cast.level > np.median(cast.level)
    chances = {"Demo Days": np.full(cast.count, 0.5), "Newsletter": np.where(large, 0.75, 0.2)}
    rows = []
    for programme in PROGRAMMES:
        start = rng.integers(_FIRST, _LAST, cast.count)
        chosen = rng.random(cast.count) < chances.get(programme, np.full(cast.count, 0.35))
        able = (cast.joined < start - 9) & (start + 6 < cast.left)
        partner = np.flatnonzero(chosen & able)
        rows.append(pd.DataFrame({"programme": programme, "partner": partner, "month": start[partner]}))
    return pd.concat(rows, ignore_index=True)


def effect(cast: Cast, enrolled: pd.DataFrame) -> Array:
    """By what each partner's revenue (rows) of each month (columns) is multiplied.

    >>> from channelnb.book.sample.cast import draw_cast
    >>> cast = draw_cast(np.random.default_rng(7), 60)
    >>> nobody = pd.DataFrame({"programme": [], "partner": [], "month": []})
    >>> float(effect(cast, nobody).max())
    1.0
    """
    factor = np.ones((cast.count, ALL_MONTHS))
    for programme, gains in PROGRAMMES.items():
        gain = np.array([gains.get(name, 1.0) for name in CHANNEL_NAMES])[cast.channel]
        rows = enrolled[enrolled["programme"] == programme]
        start = np.full(cast.count, ALL_MONTHS)
        start[rows["partner"]] = rows["month"]
        factor *= np.where(np.arange(ALL_MONTHS) >= start[:, None], gain[:, None], 1.0)
    return factor


def enrolments(rng: Generator, cast: Cast, enrolled: pd.DataFrame, staff: Staff) -> pd.DataFrame:
    """One row per enrolment; some have ended, and four Newsletters in ten go to one person."""
    partner, month = enrolled["partner"].to_numpy(), enrolled["month"].to_numpy()
    ends = (cast.left[partner] < PAST_MONTHS).astype(bool)
    yearly = enrolled["programme"].to_numpy() == "Newsletter"
    over = yearly & (month + 12 < PAST_MONTHS) & (rng.random(len(partner)) < 0.3)
    sellers, places = staff.pool(SALES)
    reader, personal = places[sellers.draw(rng, partner, month)], yearly & (rng.random(len(partner)) < 0.4)
    last = np.where(ends, cast.left[partner] - 1, month + 11)
    return pd.DataFrame(
        {
            "programme": enrolled["programme"],
            "partner_id": cast.partner_id[partner],
            "from_on": month_start(month),
            "to_on": np.where(ends | over, month_end(last), NO_DAY),
            "salesperson_id": name_of(staff.person_id, np.where(personal, reader, -1)),
            "cost": np.where(yearly, 60_000, cents(rng.uniform(1_500, 6_000, len(partner)), step=50)),
            "currency": CURRENCY,
        }
    ).sort_values(["from_on", "partner_id", "programme"], kind="stable", ignore_index=True)
