"""The partners as they truly are: kind, size, traits, performance, life, and who plays which part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from channelnb.book.sample.draws import Array, Generator, ids, quota
from channelnb.book.sample.vendor import (
    ALL_MONTHS,
    CHANNELS,
    DISTRIBUTOR,
    DRIVERS,
    LINES,
    REGION_SHARES,
    REGIONS,
    RESELLER,
    USD_REGION,
)

REVENUE_PER_HEAD = 9_000
"""Yearly revenue with the vendor per head of a middling partner, in the vendor's currency."""


@dataclass(frozen=True)
class Cast:
    """One entry per partner in each array; partners and managers are counted from zero, -1 is none.

    `level` is the revenue of a year in the middle of the history, `growth` a year's change of its
    logarithm, `lines` the share of each line (zero where the partner does not sell it), `odds` the
    chance to win a deal; `joined` and `left` are months counted from the history's first.
    """

    partner_id: Array
    part: Array
    channel: Array
    region: Array
    usd: Array
    specialist: Array
    stale: Array
    traits: pd.DataFrame
    employees: Array
    level: Array
    growth: Array
    lines: Array
    odds: Array
    joined: Array
    left: Array
    merged_into: Array
    distributor: Array
    manager: Array
    former_manager: Array
    managers: int

    @property
    def count(self) -> int:
        """How many partners there are."""
        return len(self.partner_id)

    def there(self, month: Array) -> Array:
        """Whether each partner (rows) was one in each month (columns).

        >>> draw_cast(np.random.default_rng(7), 60).there(np.array([0, 44])).sum(axis=0).tolist()
        [50, 57]
        """
        return (self.joined[:, None] < month) & (month < self.left[:, None])

    @property
    def active(self) -> Array:
        """Places of the partners that never left.

        >>> len(draw_cast(np.random.default_rng(7), 60).active)
        57
        """
        return np.flatnonzero(self.left > ALL_MONTHS)

    def playing(self, part: str) -> list[str]:
        """The ids of the partners that play a part, such as ``small_star``.

        >>> len(draw_cast(np.random.default_rng(7), 60).playing("left"))
        2
        """
        return [str(one) for one in self.partner_id[self.part == part]]


HANDOVER = 30
"""The month, counted from the history's first, in which a leaving manager's partners were handed over."""


def draw_traits(rng: Generator, specialist: Array, employees: Array) -> pd.DataFrame:
    """What is known of a firm before signing, one row per firm.

    Specialists have a larger technical staff, a clearer focus and fewer years; all else is the same for both.

    >>> traits = draw_traits(np.random.default_rng(7), np.repeat([True, False], 50), np.full(100, 40))
    >>> bool(traits["trait_vertical_focus"][:50].mean() > traits["trait_vertical_focus"][50:].mean())
    True
    """
    size = len(specialist)

    def share(usual: float, special: float, firmness: float) -> Array:
        centre = np.where(specialist, special, usual)
        return np.round(rng.beta(centre * firmness, (1 - centre) * firmness), 3)

    return pd.DataFrame(
        {
            "trait_services_share": share(0.40, 0.40, 8),
            "trait_technical_staff_share": share(0.29, 0.50, 26),
            "trait_years_in_business": np.round(2 + rng.gamma(6, np.where(specialist, 1.2, 3.2), size)).astype(int),
            "trait_vertical_focus": share(0.37, 0.62, 22),
            "trait_has_cloud_practice": rng.random(size) < 0.5,
            "trait_owner_led": rng.random(size) < 0.6,
            "trait_office_count": 1 + rng.poisson(np.sqrt(employees) / 4),
            "trait_website_languages": 1 + rng.poisson(1.2, size),
        }
    )


def performance(traits: pd.DataFrame) -> Array:
    """What the driving traits add to the logarithm of revenue per head.

    >>> usual = pd.DataFrame({name: [centre] for name, (_, centre, _) in DRIVERS.items()})
    >>> performance(usual).tolist()
    [0.0]
    """
    parts = [effect * (traits[name] - centre) / spread for name, (effect, centre, spread) in DRIVERS.items()]
    return np.asarray(sum(parts), dtype=float)


def draw_cast(rng: Generator, count: int) -> Cast:
    """The cast of `count` partners, at least five; the special parts are given out first.

    >>> cast = draw_cast(np.random.default_rng(7), 60)
    >>> cast.count, cast.playing("small_star")
    (60, ['P0037'])
    """
    channel = quota(rng, [one.share for one in CHANNELS], count)
    region = quota(rng, REGION_SHARES, count)
    part = _parts(rng, channel)
    specialist = quota(rng, (0.62, 0.38), count) == 1
    specialist = (specialist | (part == "small_star")) & (part != "large_poor_per_head")
    employees = _employees(rng, channel, part)
    traits = draw_traits(rng, specialist, employees)
    skill = performance(traits) + rng.normal(0, 0.3, count)
    # Nobody is both among the largest and among the best, lest one firm be a third of the whole.
    skill = np.where(employees > 250, np.minimum(skill, 0.5), skill)
    skill = np.select([part == "large_poor_per_head", part == "small_star"], [-1.7, 1.5], skill)
    joined, left = _life(rng, part)
    manager, former_manager, managers = _managers(rng, region, part)
    return Cast(
        partner_id=ids("P", count),
        part=part,
        channel=channel,
        region=region,
        usd=region == USD_REGION,
        specialist=specialist,
        stale=_stale(rng, part),
        traits=traits,
        employees=employees,
        level=employees * REVENUE_PER_HEAD * np.exp(skill),
        growth=np.clip(0.06 + 0.07 * skill + rng.normal(0, 0.06, count), -0.18, 0.30),
        lines=_lines(rng, count),
        odds=np.clip(0.42 + 0.08 * skill + rng.normal(0, 0.07, count), 0.2, 0.65),
        joined=joined,
        left=left,
        merged_into=_takers(rng, part, region),
        distributor=_distributors(rng, channel, region, part),
        manager=manager,
        former_manager=former_manager,
        managers=managers,
    )


def _parts(rng: Generator, channel: Array) -> Array:
    count = len(channel)
    part = np.full(count, "", dtype=object)
    free = rng.permutation(np.flatnonzero(channel != DISTRIBUTOR)).tolist()
    # A partner that is large and poor per head buys and sells boxes; the small star may be of any kind.
    resellers = [one for one in free if channel[one] == RESELLER]
    for name, wanted in (
        ("large_poor_per_head", resellers[:1]),
        ("small_star", free),
        ("left", free),
        ("merged", free),
        ("no_manager", free),
        ("new", free),
    ):
        share = {"left": count // 30, "merged": count // 60, "new": count // 6}.get(name, 1)
        chosen = [one for one in wanted if not part[one]][: max(1, share)]
        part[chosen] = name
    return part


def _employees(rng: Generator, channel: Array, part: Array) -> Array:
    count = len(channel)
    # Spread evenly over the normal's quantiles, so that a small sample too has its few large firms.
    ordered = norm.ppf((rng.permutation(count) + rng.uniform(0.3, 0.7, count)) / count)
    log_size = np.array([one.log_size for one in CHANNELS])[channel]
    employees = np.round(np.minimum(np.exp(3.2 + 1.55 * ordered + log_size), 560))
    employees = np.where((part == "") | (part == "new"), employees, np.clip(employees, 12, 60))
    return np.select([part == "large_poor_per_head", part == "small_star"], [640, 7], np.maximum(employees, 5)).astype(
        int
    )


def _life(rng: Generator, part: Array) -> tuple[Array, Array]:
    count = len(part)
    joined = np.where(part == "new", rng.integers(5, 39, count), -rng.integers(4, 110, count))
    leaving = np.isin(part, ("left", "merged"))
    return joined, np.where(leaving, rng.integers(22, 41, count), ALL_MONTHS + 1)


def _stale(rng: Generator, part: Array) -> Array:
    ordinary = rng.permutation(np.flatnonzero(~np.isin(part, ("left", "merged", "new"))))
    plain_first = ordinary[np.argsort(part[ordinary] != "", kind="stable")]
    stale = np.zeros(len(part), dtype=bool)
    stale[plain_first[:3]] = True
    return stale


def _lines(rng: Generator, count: int) -> Array:
    usual = np.array([line.share for line in LINES])
    weight = usual * rng.gamma(2.5, 1, (count, len(LINES)))
    keep = rng.random((count, len(LINES))) < np.array([1.0, 0.75, 0.7, 0.7, 0.7, 0.55])
    weight = weight * keep
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _takers(rng: Generator, part: Array, region: Array) -> Array:
    taker = np.full(len(part), -1)
    able = rng.permutation(
        np.flatnonzero(~np.isin(part, ("left", "merged", "new", "small_star", "large_poor_per_head")))
    )
    for one in np.flatnonzero(part == "merged"):
        near = able[region[able] == region[one]]
        taker[one] = (near if len(near) else able)[one % max(1, len(near) or len(able))]
    return taker


def _distributors(rng: Generator, channel: Array, region: Array, part: Array) -> Array:
    through = rng.random(len(channel)) < np.array([one.two_tier for one in CHANNELS])[channel]
    steady = np.flatnonzero((channel == DISTRIBUTOR) & ~np.isin(part, ("left", "merged", "new")))
    steady = steady if len(steady) else np.flatnonzero(channel == DISTRIBUTOR)
    chosen = np.full(len(channel), -1)
    spin = rng.integers(1 << 30, size=len(channel))
    for place in range(len(REGIONS)):
        near = steady[region[steady] == place]
        near = near if len(near) else steady
        here = through & (region == place)
        chosen[here] = near[spin[here] % len(near)]
    return chosen


def _managers(rng: Generator, region: Array, part: Array) -> tuple[Array, Array, int]:
    """The manager of each partner today, the one before the handover, and how many there are.

    Managers serve the regions in turn; the last one has left and has handed over all partners.
    """
    count = max(2, round(1.6 * np.sqrt(len(region))))
    per_region = np.maximum(1, -(-(count - region) // len(REGIONS)))
    manager = (region + len(REGIONS) * rng.integers(per_region)) % count
    same_region = np.flatnonzero(region == count % len(REGIONS))
    handed = same_region if len(same_region) else np.arange(len(region))
    former = manager.copy()
    former[handed[rng.random(len(handed)) < 0.4]] = count
    former[handed[0]] = count
    nobody = part == "no_manager"
    return np.where(nobody, -1, manager), np.where(nobody, -1, former), count + 1
