"""Plausible made-up names of firms and people, drawn from short word lists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from channelnb.book.sample.draws import Array

_ODD_STEMS = ("Brückner & Lind", "O'Sullivan", "Łuczak", "Étoile")
_STEMS = (
    "Adler", "Almgren", "Aster", "Baltic", "Bergström", "Birch", "Bramble", "Calder", "Castell", "Cedar",
    "Copperfield", "Delmar", "Dufour", "Elbe", "Emerald", "Fairway", "Falk", "Ferrante", "Fjord", "Fontaine",
    "Garnet", "Granite", "Grünwald", "Halvorsen", "Harbour", "Hartmann", "Iberia", "Ivy", "Jansen", "Juniper",
    "Kestrel", "Kowalski", "Kranich", "Lago", "Larch", "Lindqvist", "Lumen", "Maple", "Marelli", "Meridian",
    "Mistral", "Moreau", "Nordlys", "Novák", "Oakridge", "Olivar", "Orion", "Pelikan", "Pinar", "Quartz",
    "Rasmussen", "Redwood", "Riviera", "Rowan", "Sabine", "Sierra", "Silva", "Tannhof", "Tessera", "Umbria",
    "Vasa", "Verdant", "Waldner", "Zephyr",
)  # fmt: skip
_NOUNS = (
    "Systems", "Networks", "IT", "Solutions", "Digital", "Data", "Technologies", "Informatics", "Connect", "Services",
    "Cloud", "Computing", "Group", "Partners", "Communications", "Infrastructure", "Consulting", "Works",
)  # fmt: skip
_CANDIDATE_NOUNS = ("Systemhaus", "Tech", "Labs", "Integration", "Online", "Support", "Computers", "Engineering")
_TRADES = {
    "Healthcare": ("Clinics", "Hospital", "Care", "Pharmacies"),
    "Manufacturing": ("Mills", "Motors", "Tools", "Chemicals", "Paper"),
    "Public sector": ("City Council", "University", "Schools", "Transport", "Housing"),
    "Retail": ("Foods", "Markets", "Fashion", "Furniture"),
    "Finance": ("Insurance", "Bank", "Leasing", "Savings"),
}
_TOWNS = (
    "Nord", "South", "East", "West", "Alpine", "Coast", "Valley", "Riverside", "Capital", "Lakeside", "Harbourside",
    "Central", "Upper Town", "Old Town", "Highlands", "Border", "Plains", "Islands", "Delta", "Foothills",
)  # fmt: skip
_LEGAL = {
    "Germany": "GmbH", "Austria": "GmbH", "Switzerland": "AG", "Sweden": "AB", "Denmark": "A/S", "Finland": "Oy",
    "France": "SAS", "Netherlands": "BV", "Belgium": "NV", "Spain": "S.L.", "Italy": "S.r.l.", "Portugal": "Lda",
    "Poland": "sp. z o.o.", "Czechia": "s.r.o.", "Hungary": "Kft.", "United States": "Inc.", "Canada": "Ltd.",
}  # fmt: skip
_FIRST = (
    "Agnieszka", "Alice", "Ana", "Anders", "Ben", "Carla", "Chloé", "Daniel", "David", "Elena", "Emil", "Eva",
    "Filip", "Francesca", "Grace", "Hanna", "Hugo", "Ingrid", "Isabel", "Jakub", "Jan", "Jürgen", "Karin", "Lars",
    "Laura", "Lena", "Luca", "Łukasz", "Maria", "Marta", "Matteo", "Mia", "Nadia", "Noah", "Olivia", "Paul",
    "Petra", "René", "Sara", "Sofia", "Stefan", "Tomáš", "Ulla", "Victor", "Yara", "Zoë",
)  # fmt: skip
_LAST = (
    "Andersson", "Bauer", "Becker", "Bianchi", "Brown", "Costa", "D'Angelo", "Dubois", "Dvořák", "Eriksen", "Fischer",
    "Fournier", "García", "Gruber", "Hansen", "Hoffmann", "Horváth", "Jensen", "Johnson", "Kaczmarek", "Keller",
    "Korhonen", "Kovács", "Larsen", "Lefèvre", "Lehmann", "Lopes", "Martín", "Mazur", "Meyer", "Miller", "Moretti",
    "Nielsen", "Nowak", "O'Brien", "Pereira", "Peters", "Petit", "Ricci", "Rossi", "Sánchez", "Schmid", "Smith",
    "Svensson", "Taylor", "Vermeulen", "Virtanen", "Wagner", "Weber", "Wójcik", "Young", "Zimmermann",
)  # fmt: skip


def people(rng: np.random.Generator, count: int) -> Array:
    """Full names of `count` people; a name may occur twice, as it does in life.

    >>> people(np.random.default_rng(1), 2).tolist()
    ['Jürgen Rossi', 'Lars Wójcik']
    """
    first, last = rng.integers(len(_FIRST), size=count), rng.integers(len(_LAST), size=count)
    return np.array([f"{_FIRST[f]} {_LAST[s]}" for f, s in zip(first, last, strict=True)], dtype=object)


def partner_firms(rng: np.random.Generator, countries: Sequence[str]) -> Array:
    """Names of partner firms, one per country given, no two alike; a few have odd letters in them.

    >>> partner_firms(np.random.default_rng(7), ["Germany", "Poland", "Italy"]).tolist()
    ["O'Sullivan Networks GmbH", 'Łuczak IT sp. z o.o.', 'Étoile Solutions S.r.l.']
    """
    names = _distinct(rng, _NOUNS, len(countries))
    for place, stem in enumerate(_ODD_STEMS):
        names[place * len(names) // len(_ODD_STEMS)] = f"{stem} {_NOUNS[place]}"
    return _with_legal_form(names, countries)


def candidate_firms(rng: np.random.Generator, countries: Sequence[str]) -> Array:
    """Names of firms that are no partners yet, one per country given; none is a partner's name.

    >>> candidate_firms(np.random.default_rng(7), ["Germany"]).tolist()
    ['Adler Labs GmbH']
    """
    return _with_legal_form(_distinct(rng, _CANDIDATE_NOUNS, len(countries)), countries)


def customer_firms(rng: np.random.Generator, segments: Array) -> Array:
    """Names of end customers, one per segment given, no two alike, each with a trade of its segment.

    >>> customer_firms(np.random.default_rng(7), np.array(["Finance", "Retail"])).tolist()
    ['Cedar Leasing', 'Lago Fashion']
    """
    names = np.empty(len(segments), dtype=object)
    for segment, trades in _TRADES.items():
        here = np.flatnonzero(segments == segment)
        names[here] = _distinct(rng, trades, len(here))
    return names


def _with_legal_form(names: Sequence[str], countries: Sequence[str]) -> Array:
    return np.array([f"{name} {_LEGAL[country]}" for name, country in zip(names, countries, strict=True)], dtype=object)


def _distinct(rng: np.random.Generator, nouns: Sequence[str], count: int) -> list[str]:
    """Distinct names: stem and noun first, a part of town when these run out, then a number."""
    plain = [f"{stem} {noun}" for stem, noun in product(_STEMS, nouns)]
    order = rng.permutation(len(plain))
    rounds = -(-count // len(plain))
    endings = ["", *(f" {town}" for town in _TOWNS)]
    endings += [f" {number}" for number in range(2, max(2, rounds - len(endings) + 2))]
    return [f"{plain[at]}{ending}" for ending in endings[:rounds] for at in order][:count]
