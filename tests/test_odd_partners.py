"""Partners of whom little is known, or little that is usual: a page is made of each, and none of it is nonsense."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import channelnb as cn
from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.freezing import freeze
from channelnb.report.shown import Shown
from channelnb.slice import gated
from channelnb.snapshot import Snapshot
from tables import rows, small_vendor

NOTEBOOKS = ("qbr", "partner_profile", "business_plan")
ODD = {
    "ONE": "one sale",
    "NIL": "no sale",
    "BACK": "only returns",
    "NEW": "joined last week",
    "EVEN": "sold and took back the same",
    "PLAN": "a plan and nothing sold",
    "ZERO": "a plan of zero",
    "LEFT": "left in the period",
}
NONSENSE = re.compile(
    r"∞|\b(?:nan|NaN|inf|None|NaT)\b|[−-]0(?![\d.,])|\b0 of 0\b|100 % (?:on|from) (?:\w+ )?0\b|  |\.\.(?!\.)"
)


def vendor() -> dict[str, pd.DataFrame]:
    """The small vendor, and beside its partners the odd ones."""
    tables = small_vendor()
    day = dict.fromkeys(ODD, "2020-01-01") | {"NEW": "2026-09-24"}
    firms = [f"{name} {name} reseller north 3 {day[name]} {'2026-08-20' if name == 'LEFT' else '-'}" for name in ODD]
    sales = (
        "101 2026-08-03 ONE R1 C2 - 70.00 40.00 -",
        "102 2026-08-03 BACK R1 C2 - -70.00 -40.00 -",
        "103 2026-08-03 EVEN R1 C2 - 70.00 40.00 -",
        "104 2026-08-04 EVEN R1 C2 - -70.00 -40.00 -",
        "105 2025-08-04 LEFT R1 C2 - 35.00 20.00 -",
    )
    plans = (
        "2026-07-01 PLAN Routers 90.00 v1 2025-12-01 committed",
        "2026-07-01 ZERO Routers 0.00 v1 2025-12-01 committed",
    )
    added = {
        "partners": rows("partner_id name channel region employees joined_on left_on", *firms),
        "sales": rows("sale_id sold_on partner_id product_id customer_id salesperson_id revenue cost basis", *sales),
        "plans": rows("month partner_id line target_revenue version made_on status", *plans),
    }
    return {name: pd.concat([frame, added[name]]) if name in added else frame for name, frame in tables.items()}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    with open_book(vendor(), quarter="2026Q3") as book:
        return freeze(book, tmp_path_factory.mktemp("odd"), Settings(min_peers=1))


def cells(notebook: str) -> Iterator[str]:
    """What a notebook shows, as it calls it: ``cn.qbr.summary(partner)``."""
    path = Path(__file__).parents[1] / "notebooks" / f"{notebook}.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and re.fullmatch(r"cn\.\w+\.\w+\(partner\)", cell.source):
            yield cell.source


@pytest.mark.parametrize("edition", ["internal", "partner"])
@pytest.mark.parametrize("partner_id", ODD, ids=ODD.values())
def test_a_page_is_made_of_it_without_nonsense(frozen: Snapshot, partner_id: str, edition: str) -> None:
    partner = gated(frozen, partner_id, edition)
    for notebook in NOTEBOOKS:
        for cell in cells(notebook):
            shown = eval(cell, {"cn": cn, "partner": partner})
            assert isinstance(shown, Shown), cell
            found = NONSENSE.search(shown.text)
            assert not found, f"{notebook}, {cell}: {shown.text[max(0, found.start() - 60) : found.end() + 40]!r}"
