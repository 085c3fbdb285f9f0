"""The make-believe vendor: its calendar, regions, channels, product lines, tiers and programmes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NAME = "Halden Systems"
CURRENCY, OTHER_CURRENCY = "EUR", "USD"

FIRST_MONTH = np.datetime64("2023-01", "M")
AS_OF = np.datetime64("2026-09-30", "D")
PAST_MONTHS = 45
"""Months of history, 2023-01 to 2026-09; the world itself goes on to 2027-12."""
ALL_MONTHS = 60

SEASON = np.array([0.80, 0.85, 1.10, 0.90, 0.95, 1.10, 0.70, 0.65, 1.05, 1.05, 1.20, 1.65])
"""Share of a month in the year's revenue, times twelve: a weak summer, a strong last quarter."""

REGIONS = ("DACH", "Nordics", "West Europe", "South Europe", "Central Europe", "North America")
REGION_SHARES = (0.24, 0.14, 0.20, 0.15, 0.13, 0.14)
USD_REGION = REGIONS.index("North America")
COUNTRIES = (
    ("Germany", "Austria", "Switzerland"),
    ("Sweden", "Denmark", "Finland"),
    ("France", "Netherlands", "Belgium"),
    ("Spain", "Italy", "Portugal"),
    ("Poland", "Czechia", "Hungary"),
    ("United States", "Canada", "United States"),
)
SEGMENTS = ("Healthcare", "Manufacturing", "Public sector", "Retail", "Finance")


@dataclass(frozen=True)
class Channel:
    """A kind of partner: how common it is, how large, and how many of it buy through a distributor."""

    name: str
    share: float
    log_size: float
    two_tier: float


CHANNELS = (
    Channel("reseller", 0.37, 0.0, 0.6),
    Channel("integrator", 0.22, 0.3, 0.0),
    Channel("consultant", 0.12, -0.3, 0.0),
    Channel("managed service provider", 0.18, 0.0, 0.3),
    Channel("distributor", 0.11, 0.7, 0.0),
)
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
RESELLER, INTEGRATOR, CONSULTANT, PROVIDER, DISTRIBUTOR = range(5)


@dataclass(frozen=True)
class Line:
    """A product line: where it stands, how it sells, and its four products, cheapest first."""

    name: str
    category: str
    share: float
    growth: float
    cost: float
    renewed: float
    level: int
    products: tuple[tuple[str, int], ...]
    launched: str = "2021-01-01"
    strategic: bool = False
    emerging: bool = False
    recurring: bool = False


LINES = (
    Line(
        "Switching", "Network", 0.28, -0.04, 0.62, 0.0, 2,
        (("Edge 8", 180), ("Edge 24", 640), ("Core 48", 2_400), ("Core 96", 7_900)),
    ),
    Line(
        "Wireless", "Network", 0.20, 0.02, 0.58, 0.0, 2,
        (("Air One", 140), ("Air Pro", 420), ("Air Hall", 1_150), ("Air Campus", 5_200)),
    ),
    Line(
        "Firewall", "Security", 0.18, 0.00, 0.52, 0.2, 4,
        (("Gate Mini", 260), ("Gate 100", 980), ("Gate 500", 3_300), ("Gate 2000", 11_500)),
    ),
    Line(
        "Endpoint", "Security", 0.14, 0.14, 0.34, 0.7, 3,
        (("Shield 10", 95), ("Shield 50", 430), ("Shield 250", 1_900), ("Shield 1000", 6_800)),
        strategic=True, recurring=True,
    ),
    Line(
        "Backup", "Cloud", 0.14, 0.04, 0.40, 0.7, 3,
        (("Vault 1", 75), ("Vault 10", 520), ("Vault 50", 2_100), ("Vault 250", 8_400)),
        recurring=True,
    ),
    Line(
        "Monitoring", "Cloud", 0.10, 0.30, 0.30, 0.6, 5,
        (("Sight Start", 110), ("Sight Team", 690), ("Sight Site", 2_700), ("Sight Group", 9_600)),
        launched="2025-03-03", emerging=True, recurring=True,
    ),
)  # fmt: skip
LINE_NAMES = tuple(line.name for line in LINES)

TIERS = ("Registered", "Silver", "Gold", "Platinum")
TIER_REVENUE = (0, 200_000, 800_000, 2_500_000)
"""Yearly revenue in the vendor's currency that a tier asks for."""
TIER_CERTIFIED = (0, 1, 3, 5)

DRIVERS = {
    "trait_technical_staff_share": (0.26, 0.36, 0.14),
    "trait_vertical_focus": (0.26, 0.46, 0.16),
    "trait_years_in_business": (-0.26, 17.0, 9.0),
}
"""What sets a partner's revenue per head: effect of one spread on its logarithm, centre, spread."""

PROGRAMMES = {
    "Demo Days": {"integrator": 1.15},
    "Newsletter": {},
    "Joint Selling": {"managed service provider": 1.10, "reseller": 1.10},
}
"""By what a programme multiplies revenue after enrolment; a channel not named gains nothing."""
