"""Who should be at a review: for each area of its agenda the people of both sides whose role it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from channelnb.frames import records
from channelnb.planning.meeting.agenda import FINANCE, MARKETING, OTHER, PRODUCT, SALES, TECHNICAL, TRAIN
from channelnb.planning.sides.waiting import PARTNER, VENDOR

COLUMNS = ("side", "role", "name", "areas", "for_nobody")

_GENERAL = {VENDOR: ("channel", "partner manager", "account", "manager"), PARTNER: ("managing", "owner", "director")}
_ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    SALES: {VENDOR: _GENERAL[VENDOR], PARTNER: ("sales",)},
    MARKETING: {VENDOR: ("marketing",), PARTNER: ("marketing",)},
    TRAIN: {VENDOR: ("training", "enablement", "presales"), PARTNER: ("training", "technical")},
    TECHNICAL: {VENDOR: ("technical", "presales", "engineer"), PARTNER: ("technical", "engineer")},
    FINANCE: {VENDOR: ("finance", "account"), PARTNER: ("finance", "account")},
    PRODUCT: {VENDOR: ("product", "presales"), PARTNER: ("product", "technical")},
    OTHER: _GENERAL,
}
"""Words of which a role holds one, best first, by area and side: roles are free text in the contract."""


def who(contacts: pd.DataFrame, *, side: str, area: str) -> tuple[str, str] | None:
    """The role and name of the person of one side whose area it is; None where nobody on record has such a role.

    >>> contacts = pd.DataFrame({"side": ["vendor"], "role": ["Channel manager"], "name": ["Ann"]})
    >>> who(contacts, side="vendor", area="sales"), who(contacts, side="vendor", area="marketing")
    (('Channel manager', 'Ann'), None)
    """
    people = ((str(row["role"]), str(row["name"])) for row in records(contacts) if row["side"] == side)
    return of_area(people, side=side, area=area)


def of_area(people: Iterable[tuple[str, str]], *, side: str, area: str) -> tuple[str, str] | None:
    """Who of one side's people, as pairs of role and name, an area is for; None where nobody has such a role.

    >>> people = [("Presales engineer", "Eve"), ("Sales lead", "Bob")]
    >>> of_area(people, side="partner", area="sales"), of_area(people, side="partner", area="marketing")
    (('Sales lead', 'Bob'), None)
    """
    ordered = sorted(people)
    for word in _ROLES.get(area, _GENERAL)[side]:
        found = next((person for person in ordered if _speaks_of(person[0], word)), None)
        if found:
            return found
    return None


def _speaks_of(role: str, word: str) -> bool:
    """Whether a word of the role begins so: presales is no sales, and whoever is for accounts is for account."""
    told = re.sub(r"[\W_]+", " ", role.casefold()).replace("pre sales", "presales")
    return f" {word}" in f" {told}"


def lead_of(contacts: pd.DataFrame, *, side: str, area: str) -> tuple[str, str] | None:
    """The role and name of the person who speaks for one side on an area: its own, else the side's general contact.

    None where the side has neither on record.

    >>> contacts = pd.DataFrame({"side": ["vendor"], "role": ["Channel manager"], "name": ["Ann"]})
    >>> lead_of(contacts, side="vendor", area="marketing")
    ('Channel manager', 'Ann')
    """
    return who(contacts, side=side, area=area) or who(contacts, side=side, area=OTHER)


def attendees(contacts: pd.DataFrame, needed: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Who should attend, for the sides and areas needed: the general contact of both sides always.

    Needs the partner's rows of the contract's ``contacts``. One row is a person with the `areas` of their own that
    call for them, and those in which they stand in (`for_nobody`), as nobody on record has them; what a side has
    nobody at all for shares one row without a name.

    >>> contacts = pd.DataFrame({"side": ["vendor"], "role": ["Channel manager"], "name": ["Ann"]})
    >>> attendees(contacts, [("vendor", "finance")]).to_dict("records")[0]
    {'side': 'vendor', 'role': 'Channel manager', 'name': 'Ann', 'areas': 'other', 'for_nobody': 'finance'}
    """
    asked = sorted({*needed, (VENDOR, OTHER), (PARTNER, OTHER)}, key=lambda one: (one[0] == PARTNER, _place(one[1])))
    found: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for side, area in asked:
        role, name = lead_of(contacts, side=side, area=area) or ("", "")
        own, stood_in = found.setdefault((side, role, name), ([], []))
        (own if who(contacts, side=side, area=area) or not name else stood_in).append(area)
    rows = [
        dict(zip(COLUMNS, (*person, ", ".join(own), ", ".join(stood_in)), strict=True))
        for person, (own, stood_in) in found.items()
    ]
    # Whoever has a name comes before the areas that nobody stands for.
    rows.sort(key=lambda row: (row["side"] == PARTNER, not row["name"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _place(area: str) -> int:
    # Whoever stands for the whole comes first.
    return -1 if area == OTHER else list(_ROLES).index(area)
