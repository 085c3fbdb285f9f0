"""A new user's first steps: `channelnb init`, mappings to uncomment, and files named as tables."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from channelnb.book.book import Book, open_book
from channelnb.book.describe import EXAMPLES
from channelnb.book.exports import list_exports
from channelnb.book.sql_text import only_comments
from channelnb.book.tables import CONTRACT
from channelnb.book.templates import mapping_template
from channelnb.cli import app
from channelnb.errors import BadSource
from channelnb.params import read_parameters
from channelnb.start import start


@pytest.fixture(autouse=True)
def _no_setting_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHANNELNB_RAW", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "firms.csv").write_text("No;Firm;Kind\n007;Acme, Ltd;reseller\n")
    (tmp_path / "exports" / "orders.csv").write_text("Order,Day,Firm,Net\n1,2026-09-30,007,12.50\n")
    return tmp_path


def cli(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def uncommented(text: str) -> str:
    """What a user makes of a template: the first two dashes of each line from the SELECT on are taken off."""
    lines = text.splitlines()
    return "\n".join(line.removeprefix("-- ") for line in lines[lines.index("-- SELECT") :])


@pytest.mark.parametrize("table", CONTRACT.values(), ids=list(CONTRACT))
def test_a_template_is_all_comments_and_uncommented_selects_what_is_required(table) -> None:
    text = mapping_template(table)
    assert only_comments(text)
    assert all(line.startswith("--") for line in text.splitlines())
    for column in table.columns:
        assert f"--   {column.name} {'*' if column.required else ' '}".rstrip() in text
        assert column.about in text
    tree = json.loads(duckdb.execute("SELECT json_serialize_sql(?)", [uncommented(text)]).fetchall()[0][0])
    selected = tree["statements"][0]["node"]["select_list"]
    assert [one["alias"] for one in selected] == list(table.required_names)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_of_a_kind_are_taken_as_they_are_shown(kind: str) -> None:
    table, column = next(
        (table, column)
        for table in CONTRACT.values()
        for column in table.columns
        if column.kind == kind and not column.refers and not column.choices and column.name != "currency"
    )
    by_kind = {**EXAMPLES, "text": "USD"}
    row = {name: by_kind[table.by_name[name].kind] for name in table.required_names}
    row |= {one.name: one.choices[0] for one in table.columns if one.required and one.choices}
    frames = {
        "partners": pd.DataFrame([{"partner_id": "P", "name": "Acme", "channel": "reseller"}]),
        "sales": pd.DataFrame([{"sold_on": "2026-09-30", "partner_id": "P", "revenue": "1"}]),
    }
    frames[table.name] = pd.DataFrame([row | {column.name: EXAMPLES[kind]}])
    with open_book(frames, quarter="2026Q3") as book:
        assert book.rejects().values.tolist() == []


def test_the_first_hour_ends_with_a_book(here: Path) -> None:
    (here / "params").mkdir()
    done = cli("init", "data/acme", "--raw", "exports", "--quarter", "2026Q3")
    assert done.exit_code == 0
    assert "Wrote source.yaml and " in done.output
    assert "Wrote params/acme.yaml for 2026Q3." in done.output
    assert "channelnb check params/acme.yaml" in done.output
    chosen = read_parameters("params/acme.yaml").chosen
    assert (chosen.name, chosen.source, chosen.period) == ("acme", "data/acme", "2026Q3")
    folder = here / "data" / "acme"
    assert {path.stem for path in folder.glob("*.sql")} == set(CONTRACT)
    with pytest.raises(BadSource, match=r"partners\.sql holds only comments: uncomment its SELECT"):
        open_book(folder, quarter="2026Q3")

    for name, file in (("partners", "firms.csv"), ("sales", "orders.csv")):
        path = folder / f"{name}.sql"
        path.write_text(uncommented(path.read_text()).replace("your export.csv", file))
    with pytest.raises(
        BadSource, match=r'(?s)sales\.sql still has "\?" for sold_on, partner_id, revenue.*"Order", "Day"'
    ):
        open_book(folder, quarter="2026Q3")

    for name, columns in (("partners", ("No", "Firm", "Kind")), ("sales", ("Day", "Firm", "Net"))):
        text = (folder / f"{name}.sql").read_text()
        for column in columns:
            text = text.replace('    "?"', f'    "{column}"', 1)
        (folder / f"{name}.sql").write_text(text)
    book = open_book(folder, quarter="2026Q3", max_rejected=0)
    assert list(book.loads) == ["partners", "sales"]
    assert book.vendor.name == "acme"
    assert book.query("SELECT name, revenue FROM sales JOIN partners USING (partner_id)").values.tolist() == [
        ["Acme, Ltd", 12.5]
    ]


def test_without_a_quarter_it_is_the_last_that_is_over_and_it_says_so(here: Path) -> None:
    (here / "params").mkdir()
    said = cli("init", "acme").output
    month = dt.date.today().month
    year = dt.date.today().year - (month <= 3)
    assert f"for {year}Q{(month - 1) // 3 or 4}." in said
    assert "EXPORTS.md" not in said


@pytest.mark.parametrize(
    "words, said",
    [
        (["acme"], "acme/partners.sql and 1 more would be overwritten"),
        (["exports/firms.csv"], "exports/firms.csv cannot be written: File exists"),
        (["new", "--raw", "nowhere"], "there is no folder of exports 'nowhere'"),
        (["new", "--raw", "acme"], "'acme' holds no file that ends in .csv, .parquet, .xlsx"),
        (["new", "--quarter", "Q3"], "'Q3' is not a period"),
    ],
)
def test_nothing_is_overwritten_and_nothing_half_written(here: Path, words: list[str], said: str) -> None:
    (here / "acme").mkdir()
    for name in ("partners", "sales"):
        (here / "acme" / f"{name}.sql").write_text("SELECT 1")
    before = sorted(here.rglob("*"))
    done = cli("init", *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert sorted(here.rglob("*")) == before
    assert (here / "acme" / "sales.sql").read_text() == "SELECT 1"


def test_parameters_that_are_there_stay_and_odd_names_are_spelt_plainly(here: Path) -> None:
    (here / "params").mkdir()
    (here / "params" / "My-Firm-2.yaml").write_text("mine")
    assert "params/My-Firm-2.yaml is there already" in cli("init", "My Firm: #2").output
    assert (here / "params" / "My-Firm-2.yaml").read_text() == "mine"
    started = start(here / "Zöe & Co: #1", period="2026-08", params=here / "params")
    chosen = read_parameters(started.params).chosen
    assert (chosen.name, chosen.period) == ("Z-e-Co-1", "2026-08")
    assert chosen.source == (here / "Zöe & Co: #1").as_posix()


def test_a_table_of_comments_gives_way_to_a_file_of_that_table(here: Path) -> None:
    start(here, period="2026Q3", params=here / "params")
    (here / "partners.csv").write_text("partner_id,name,channel\n007,Acme,reseller\n")
    (here / "sales.csv").write_text("sold_on,partner_id,revenue\n2026-09-30,007,1\n")
    assert list(open_book(here, quarter="2026Q3").loads) == ["partners", "sales"]


def test_exports_are_listed_with_what_can_be_read_of_them(here: Path) -> None:
    raw = here / "exports"
    pd.DataFrame({"No": [1], 'Net "EUR"': [1.5]}).to_parquet(raw / "lines.parquet")
    (raw / "sub").mkdir()
    (raw / "sub" / "umlaut.csv").write_bytes("Größe;Preis €\n1;2\n".encode("cp1252"))
    (raw / "empty.csv").touch()
    (raw / "bad.parquet").write_text("no")
    (raw / "notes.txt").touch()
    workbook(raw / "pos.xlsx", {"Jul": [["Report"], [], ["Name", None, "Net"]], "Aug": [["x"]]})
    page, count = list_exports(raw)
    assert count == 7
    for line in (
        'SELECT "No", "Firm", "Kind"\nFROM "firms.csv"',
        'SELECT "No", "Net ""EUR"""\nFROM "lines.parquet"',
        'SELECT "Größe", "Preis €"\nFROM "sub/umlaut.csv"',
        "empty.csv is empty",
        "bad.parquet cannot be read as Parquet",
        'SELECT sheet, row, A, B, C\nFROM "pos.xlsx"',
        "- Sheets: Jul, Aug.\n- Jul, row 1: A = Report\n- Jul, row 3: A = Name, C = Net",
    ):
        assert line in page
    assert "notes.txt" not in page


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)


def mapped(here: Path, select: str) -> Book:
    """The book of a folder whose sales are what this SELECT yields."""
    folder = here / "src"
    folder.mkdir()
    (folder / "source.yaml").write_text("name: Acme\nraw: ../exports\n")
    (folder / "partners.csv").write_text("partner_id,name,channel\n007,Acme,reseller\n")
    (folder / "sales.sql").write_text(select)
    return open_book(folder, quarter="2026Q3")


SELECT = "SELECT B AS sold_on, A AS partner_id, C AS revenue, sheet, row AS line, D AS note"


def test_a_workbook_is_a_table_of_its_filled_rows_as_exact_text(here: Path) -> None:
    rows = [
        ["Sales"],
        [],
        ["007", dt.date(2026, 9, 30), 1234567890123.45, 42.0],
        [7, dt.datetime(2026, 9, 1), 100, True],
    ]
    workbook(here / "exports" / "pos.xlsx", {"Q3, final": rows, "more": [[None, None, None, "#DIV/0!"]]})
    book = mapped(here, f"{SELECT} FROM \"pos.xlsx\" WHERE sheet LIKE 'Q3%' AND row > 1")
    sales = book.query(
        "SELECT partner_id, sold_on::VARCHAR, revenue::VARCHAR, sheet, line, note FROM sales ORDER BY line"
    )
    assert sales.values.tolist() == [
        ["007", "2026-09-30", "1234567890123.450000", "Q3, final", 3, "42"],
        ["7", "2026-09-01", "100.000000", "Q3, final", 4, "true"],
    ]


def test_only_the_workbooks_that_a_mapping_names_are_read(here: Path) -> None:
    (here / "exports" / "broken.xlsx").write_text("no workbook")
    workbook(here / "exports" / "pos.xlsx", {"x": [["007", "2026-09-30", "1", "new"]]})
    assert mapped(here, f"-- not \"broken.xlsx\"\n{SELECT} FROM 'pos.xlsx'").loads["sales"].rows_used == 1


@pytest.mark.parametrize(
    "encoding, text",
    [
        ("cp1252", "Tag;Firma;Größe\n2026-09-30;007;1.5\n"),
        ("utf-16", "Tag\tFirma\tGröße\r\n2026-09-30\t007\t1.5\r\n"),
        ("utf-8-sig", "Tag,Firma,Größe\r2026-09-30,007,1.5\r"),
        ("utf-8", '\nTag|Firma|Größe|\n"2026-09-30"|"007"|"1.5"|\n'),
    ],
)
def test_a_csv_named_as_a_table_is_text_in_any_dress(here: Path, encoding: str, text: str) -> None:
    (here / "exports" / "a [1].csv").write_bytes(text.encode(encoding))
    book = mapped(here, 'SELECT "Tag" AS sold_on, "Firma" AS partner_id, "Größe" AS revenue FROM "a [1].csv"')
    assert book.query("SELECT partner_id, revenue FROM sales").values.tolist() == [["007", 1.5]]


def test_a_mapping_never_reads_the_working_directory(here: Path) -> None:
    (here / "lost.csv").write_text("Day,Firm,Net\n2026-09-30,007,1\n")
    with pytest.raises(
        BadSource, match=r"there is no raw file 'lost\.csv'.*looked for in .*exports \(from .*source\.yaml\)"
    ):
        mapped(here, 'SELECT "Day" AS sold_on, "Firm" AS partner_id, "Net" AS revenue FROM "lost.csv"')


@pytest.mark.parametrize(
    "select, said",
    [
        (
            'SELECT "Dya" AS sold_on, "Firm" AS partner_id, "Net" AS revenue FROM "orders.csv"',
            r'orders\.csv has "Order"',
        ),
        ('SELECT * FROM "Orders.csv"', r"there is no raw file 'Orders\.csv'; did you mean 'orders\.csv'\?"),
        ('SELECT * FROM "twice.csv"', r"twice\.csv: columns \['Net', 'net'\] have the same name"),
        ('SELECT * FROM "ragged.csv"', r"sales\.sql cannot be run: .*Expected Number of Columns: 2"),
        ('SELECT * FROM "empty.csv"', r"empty\.csv is empty"),
        ('SELECT * FROM "bad.xlsx"', r"bad\.xlsx cannot be read as an Excel workbook"),
        ('SELECT * FROM "bad.parquet"', r"bad\.parquet cannot be read as Parquet"),
        ('FROM "orders.csv", "ORDERS.csv"', r"files that differ only in case: ORDERS\.csv, orders\.csv"),
    ],
)
def test_a_raw_file_that_cannot_be_used_is_one_message(here: Path, select: str, said: str) -> None:
    for name, text in (("twice.csv", "Net,net\n1,2\n"), ("ragged.csv", "a,b\n1,2,3\n"), ("empty.csv", "")):
        (here / "exports" / name).write_text(text)
    for name in ("bad.xlsx", "bad.parquet"):
        (here / "exports" / name).write_text("neither")
    with pytest.raises(BadSource, match=f"(?s){said}"):
        mapped(here, select)
