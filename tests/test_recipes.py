"""Recipes for real systems' exports: totals worked by hand from the files in data/recipes/exports."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from channelnb.book.book import Book, open_book
from channelnb.errors import BadSource

RECIPES = Path(__file__).parent.parent / "data" / "recipes"
ALPINE, BROOKFIELD, CORDIER = "0015g00000HxA1aAAF", "0015g00000HxB2bAAF", "0015g00000HxC3cAAF"
DUNMORE, ESTRELA, FJORDTEK = "0015g00000HxD4dAAF", "0015g00000HxE5eAAF", "0015g00000HxF6fAAF"

Rows = list[tuple[object, ...]]


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CHANNELNB_RAW", raising=False)
    return Path(shutil.copytree(RECIPES / "exports", tmp_path / "exports"))


def source(exports: Path, *folders: str) -> Path:
    """A source folder beside the exports, with the mappings of these recipes."""
    folder = exports.parent / "source"
    folder.mkdir()
    (folder / "source.yaml").write_text("name: Halden Instruments\ncurrency: EUR\nraw: ../exports\n")
    for name in folders:
        shutil.copytree(RECIPES / name, folder, dirs_exist_ok=True)
    return folder


def opened(exports: Path, *folders: str) -> Book:
    return open_book(source(exports, *folders), quarter="2026Q3", max_rejected=0)


def asked(book: Book, sql: str) -> Rows:
    return book.con.execute(sql).fetchall()


def test_together_they_make_a_whole_source_in_which_nothing_is_wrong(exports: Path) -> None:
    book = opened(exports, "salesforce", "distributor", "prm")
    used = {load.table: (load.rows_in, load.rows_used) for load in book.loads.values()}
    assert used == {
        "partners": (6, 6),
        "sales": (12, 12),
        "opportunities": (6, 6),
        "leads": (6, 6),
        "mdf_claims": (5, 5),
        "mdf_budgets": (3, 3),
    }
    assert book.check()[["table", "rule", "found"]].values.tolist() == []


def test_salesforce_partners_are_the_accounts_that_are_partners(exports: Path) -> None:
    book = opened(exports, "salesforce", "won_deals")
    assert asked(book, "SELECT name, channel, tier, joined_on::VARCHAR, employees FROM partners ORDER BY name") == [
        ("Alpine Datensysteme GmbH", "reseller", "Gold", "2019-03-11", 42),
        ("Brookfield Systems Ltd", "reseller", "Silver", "2021-06-02", 18),
        ("Cordier & Fils SARL", "reseller", "Silver", "2020-01-20", 25),
        ("Dunmore Integration Ltd", "integrator", "Gold", "2018-10-05", 60),
        ("Estrela Sistemas Lda", "reseller", "Registered", "2025-11-13", 9),
        ("Fjordtek AS", "integrator", "Silver", "2022-02-28", 33),
    ]
    assert asked(book, "SELECT partner_id, parent_id FROM partners WHERE parent_id IS NOT NULL") == [
        (FJORDTEK, DUNMORE)
    ]


def test_salesforce_deals_are_those_of_partners_and_dated_by_what_they_became(exports: Path) -> None:
    book = opened(exports, "salesforce", "won_deals")
    by_outcome = "SELECT outcome, count(*), sum(amount), count(closed_on), count(expected_close_on) FROM opportunities"
    # 12,500.00 + 31,999.95; 8,400.00; 22,000.50 + 15,750.00 + 3,300.25. The direct deal of 5,000.00 is no partner's.
    assert asked(book, f"{by_outcome} GROUP BY ALL ORDER BY ALL") == [
        ("lost", 1, Decimal("8400"), 1, 0),
        ("open", 3, Decimal("41050.75"), 0, 3),
        ("won", 2, Decimal("44499.95"), 2, 0),
    ]
    late = "SELECT created_on::VARCHAR, probability, source FROM opportunities WHERE amount = 22000.50"
    assert asked(book, late) == [("2026-08-03", 0.9, "partner")]
    assert asked(book, "SELECT sum(revenue), count(*) FROM sales") == [(Decimal("44499.95"), 2)]


def test_salesforce_funds_add_up_by_decision(exports: Path) -> None:
    book = opened(exports, "salesforce", "won_deals")
    claims = "SELECT decision, sum(amount_requested), sum(amount_approved), sum(amount_paid) FROM mdf_claims"
    # Approved: 1,800 + 900 + 600 asked for, 1,500 + 900 + 600 granted, 980.40 + 310.35 paid for the fair.
    assert asked(book, f"{claims} GROUP BY ALL ORDER BY ALL") == [
        ("approved", Decimal("3300"), Decimal("3000"), Decimal("1290.75")),
        ("denied", Decimal("1200"), None, None),
        ("pending", Decimal("450.5"), None, None),
    ]
    assert asked(book, "SELECT DISTINCT paid_on::VARCHAR FROM mdf_claims WHERE amount_paid > 0") == [("2026-09-28",)]
    assert asked(book, "SELECT partner_id, quarter, allocated FROM mdf_budgets ORDER BY ALL") == [
        (ALPINE, "2026Q2", Decimal("2500")),
        (ALPINE, "2026Q3", Decimal("3750")),
        (BROOKFIELD, "2026Q3", Decimal("1500.5")),
    ]


def test_a_status_that_the_recipe_does_not_know_is_a_reject(exports: Path) -> None:
    path = exports / "PartnerFundRequest.csv"
    path.write_text(path.read_text().replace('"Draft"', '"On Hold"'))
    book = open_book(source(exports, "salesforce", "won_deals"), quarter="2026Q3")
    assert book.rejects()[["table", "column", "found"]].values.tolist() == [["mdf_claims", "decision", "On Hold"]]


def test_hubspot_deals_find_their_partner_by_any_spelling(exports: Path) -> None:
    folder = source(exports, "salesforce", "won_deals")
    shutil.copy(RECIPES / "hubspot" / "opportunities.sql", folder)
    book = open_book(folder, quarter="2026Q3", max_rejected=0)
    found = "SELECT opportunity_id, partner_id, outcome, amount, created_on::VARCHAR, closed_on::VARCHAR"
    # The deal of 1,500.00 names no partner.
    assert asked(book, f"{found}, expected_close_on::VARCHAR FROM opportunities ORDER BY opportunity_id") == [
        ("31870012001", ALPINE, "won", Decimal("6400"), "2026-05-04", "2026-07-30", None),
        ("31870012877", BROOKFIELD, "lost", Decimal("11900.5"), "2026-04-22", "2026-08-14", None),
        ("31870014020", ESTRELA, "open", Decimal("9250"), "2026-08-11", None, "2026-10-30"),
        ("31870014433", CORDIER, "open", Decimal("2100.75"), "2026-09-18", None, "2026-12-11"),
    ]


def test_two_systems_give_one_table(exports: Path) -> None:
    folder = source(exports, "salesforce", "won_deals")
    both = [(RECIPES / name / "opportunities.sql").read_text() for name in ("salesforce", "hubspot")]
    (folder / "opportunities.sql").write_text(f"({both[0]})\nUNION ALL BY NAME\n({both[1]})")
    book = open_book(folder, quarter="2026Q3", max_rejected=0)
    # 6 + 4 deals; 44,499.95 + 6,400.00 won.
    won = "SELECT count(*), sum(amount) FILTER (outcome = 'won') FROM opportunities"
    assert asked(book, won) == [(10, Decimal("50899.95"))]


def test_the_distributor_has_no_subtotal_counted_and_three_spellings_are_one_partner(exports: Path) -> None:
    book = opened(exports, "salesforce", "distributor")
    # 17,825.60 is what the workbook's grand totals add up to: 6,575.10 + 6,062.10 + 5,188.40.
    assert asked(book, "SELECT sum(revenue), sum(units), count(DISTINCT sale_id) FROM sales") == [
        (Decimal("17825.6"), 89, 12)
    ]
    by_partner = dict(asked(book, "SELECT partner_id, sum(revenue) FROM sales GROUP BY ALL"))
    assert by_partner == {
        ALPINE: Decimal("9929.5"),  # 1,980.00 + 1,249.90, 4,999.60, 1,700.00
        BROOKFIELD: Decimal("5394.95"),
        CORDIER: Decimal("450.05"),
        DUNMORE: Decimal("1062.5"),
        ESTRELA: Decimal("988.6"),  # 985.30 and freight, which Excel holds as 3.3000000000000003
        FJORDTEK: Decimal("0"),  # bought, and returned
    }
    spellings = "SELECT DISTINCT reported_name FROM sales WHERE partner_id = ? ORDER BY 1"
    assert [name for (name,) in book.con.execute(spellings, [ALPINE]).fetchall()] == [
        "ALPINE DATENSYSTEME",
        "Alpine Daten-Systeme Ges.m.b.H.",
        "Alpine Datensysteme GmbH",
    ]


def test_each_sheet_adds_up_to_its_own_grand_total(exports: Path) -> None:
    book = opened(exports, "salesforce", "distributor")
    used = asked(book, "SELECT reported_in, sum(revenue) FROM sales GROUP BY ALL")
    written = {
        page.title: Decimal(str(row[6].value))
        for page in openpyxl.load_workbook(exports / "pos_2026.xlsx")
        for row in page.iter_rows()
        if row[0].value == "Grand total"
    }
    assert dict(used) == written
    assert len(written) == 3


def test_a_spelling_that_is_not_known_is_shown_and_keeps_its_money(exports: Path) -> None:
    path = exports / "partner_aliases.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("Dunmore Integration,")))
    book = opened(exports, "salesforce", "distributor")
    assert asked(book, "SELECT sum(revenue) FROM sales") == [(Decimal("17825.6"),)]
    (found,) = book.check().to_dict("records")
    assert (found["table"], found["column"], found["rule"]) == ("sales", "partner_id", "dangling_reference")
    assert "'Dunmore Integration' in 1 row" in found["found"]


def test_a_sheet_whose_header_is_not_found_and_a_line_without_an_amount_are_rejects(exports: Path) -> None:
    path = exports / "pos_2026.xlsx"
    workbook = openpyxl.load_workbook(path)
    workbook["Aug 2026"]["A5"] = "Partner"
    workbook["Jul 2026"]["G5"] = "n/a"
    workbook.save(path)
    book = open_book(source(exports, "salesforce", "distributor"), quarter="2026Q3")
    load = book.loads["sales"]
    # Two titles, a note and the header of August, and one line of July.
    assert (load.rows_in, load.rows_used, load.rows_rejected) == (16, 11, 5)
    assert {"n/a", "Net EUR"} <= set(book.rejects("sales")["found"].dropna())


def test_the_same_spelling_twice_counts_no_sale_twice(exports: Path) -> None:
    with (exports / "partner_aliases.csv").open("a") as file:
        file.write(f" fjordtek as ,{FJORDTEK}\n")
    assert opened(exports, "salesforce", "distributor").loads["sales"].rows_in == 12


def test_leads_of_a_portal_in_windows_1252_with_semicolons_and_decimal_commas(exports: Path) -> None:
    book = opened(exports, "salesforce", "won_deals", "prm")
    # 12,500.00 + 4,200.50 + 9,800.00 + 2,650.00 + 7,000.00 + 1,500.00
    assert asked(book, "SELECT count(*), sum(amount), count(accepted_at) FROM leads") == [(6, Decimal("37650.5"), 3)]
    assert asked(book, "SELECT partner_id, outcome, region FROM leads ORDER BY lead_id") == [
        (ALPINE, "won", "Österreich"),
        (ALPINE, "open", "Österreich"),
        (BROOKFIELD, "dropped", "United Kingdom"),
        (CORDIER, "lost", "Île-de-France"),
        (FJORDTEK, "open", "Norway"),
        (None, "open", "Norway"),
    ]


@pytest.mark.parametrize(
    "gone, said",
    [
        ("pos_2026.xlsx", r"sales\.sql: there is no raw file 'pos_2026\.xlsx'"),
        ("partner_aliases.csv", r"sales\.sql: there is no raw file 'partner_aliases\.csv'"),
        ("Account.csv", r"partners\.sql: there is no raw file 'Account\.csv'; did you mean"),
    ],
)
def test_a_missing_export_is_named_and_so_are_those_that_are_there(exports: Path, gone: str, said: str) -> None:
    (exports / gone).unlink()
    with pytest.raises(BadSource, match=rf"{said}.*'prm-leads\.csv'"):
        opened(exports, "salesforce", "distributor")
