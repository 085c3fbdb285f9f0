"""Whatever a source holds ends in one clear message, or in counted rejects: never in a traceback or a wrong number."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from channelnb.book.book import Book, open_book
from channelnb.book.slips import would_be
from channelnb.cli import app
from channelnb.errors import BadSource, ChannelnbError, NotUsable, TooManyRejects
from channelnb.fleet.slugs import slug
from projects import write_project

FORMATS = ("csv", "xlsx", "parquet", "sql", "frame")
FILES = FORMATS[:-1]
HEADER = ["sale_id", "sold_on", "partner_id", "revenue"]
SALE = {"sale_id": "S1", "sold_on": "2026-09-30", "partner_id": "007", "revenue": "12.50"}
PARTNERS = "partner_id,name,channel\n007,Acme,reseller\n"
Row = Sequence[object]


def sale(**cells: object) -> list[object]:
    return list({**SALE, **cells}.values())


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    def cell(value: object) -> str:
        return '"' + str(value).replace('"', '""') + '"'

    path.write_text("".join(",".join(map(cell, row)) + "\n" for row in [header, *rows]), newline="")


def write_xlsx(path: Path, *sheets: Iterable[Row]) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    for number, rows in enumerate(sheets, start=1):
        sheet = workbook.create_sheet(f"Page {number}")
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)


def write_parquet(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    columns = zip(*rows, strict=True) if (rows := list(rows)) else [[] for _ in header]
    pq.write_table(pa.table([pa.array(column, pa.string()) for column in columns], names=list(header)), path)


def write_sql(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    raw = path.with_suffix(".json")
    raw.write_text(json.dumps([dict(zip(map(str, range(len(header))), row, strict=True)) for row in rows]))
    names = ", ".join(f'"{place}" AS "{name}"' for place, name in enumerate(header))
    types = ", ".join(f"\"{place}\": 'VARCHAR'" for place in range(len(header)))
    path.write_text(f"SELECT {names} FROM read_json('{raw}', columns = {{{types}}}, maximum_object_size = 10000000)")


def opened(folder: Path, form: str, header: Sequence[str], rows: Iterable[Row], **asked: object) -> Book:
    """The book of a vendor whose sales are given in a format, every cell as text."""
    rows = list(rows)
    if form == "frame":
        partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
        sales = pd.DataFrame(rows, columns=list(header))
        return open_book({"partners": partners, "sales": sales}, as_of="2026-12-31", **asked)
    (folder / "partners.csv").write_text(PARTNERS)
    match form:
        case "csv":
            write_csv(folder / "sales.csv", header, rows)
        case "xlsx":
            write_xlsx(folder / "sales.xlsx", [header, *rows])
        case "parquet":
            write_parquet(folder / "sales.parquet", header, rows)
        case _:
            write_sql(folder / "sales.sql", header, rows)
    return open_book(folder, as_of="2026-12-31", **asked)


def in_folder(folder: Path, sales: str | bytes, *, name: str = "sales.csv") -> Book:
    (folder / "partners.csv").write_text(PARTNERS)
    (folder / name).write_bytes(sales.encode() if isinstance(sales, str) else sales)
    return open_book(folder, as_of="2026-12-31")


def counts(book: Book) -> tuple[int, int, int]:
    load = book.loads["sales"]
    return load.rows_in, load.rows_used, load.rows_rejected


def revenue(book: Book) -> Decimal:
    return book.con.execute("SELECT sum(revenue) FROM sales").fetchall()[0][0]


WRONG_CELLS = [
    ("revenue", "twelve", "not an amount such as -1234.50, with at most 6 decimals", ""),
    ("revenue", "0x10", "a hexadecimal number", "16"),
    ("revenue", "1_000", "marks between thousands", "1000"),
    ("revenue", "1 000.50", "marks between thousands", "1000.50"),
    ("revenue", "1.234.567", "marks between thousands", "1234567"),
    ("revenue", "1e400", "an exponent", ""),
    ("revenue", "1.5E3", "an exponent", "1500"),
    ("revenue", "12.34567891011", "more than 6 decimals", ""),
    ("revenue", "1.234,50", "a decimal comma", "1234.50"),
    ("revenue", "-1234,5", "a decimal comma", "-1234.5"),
    ("revenue", "1,234", "a comma, either before decimals or between thousands", "1234 or 1.234"),
    ("revenue", "1,234.50", "commas between thousands", "1234.50"),
    ("revenue", "(1,234.50)", "brackets around a negative number", "-1234.50"),
    ("revenue", "$12", "a sign of a currency or a unit", ""),
    ("revenue", " 12.50 ", "blanks around a number", "12.50"),
    ("revenue", "NaN", "NaN or infinity", ""),
    ("revenue", "inf", "NaN or infinity", ""),
    ("revenue", "-inf", "NaN or infinity", ""),
    ("revenue", "", "missing", ""),
    ("sold_on", "30.09.2026", "a day-first date.* strptime", "2026-09-30"),
    ("sold_on", "09/30/2026", "a month-first date.* strptime", "2026-09-30"),
    ("sold_on", "04/05/2026", "a date that is either day-first or month-first", "2026-05-04 or 2026-04-05"),
    ("sold_on", "30.09.26", "a date with a year of two digits", ""),
    ("sold_on", "2026-09-30 10:00", "a date with a time.*::DATE", "2026-09-30"),
    ("sold_on", "2026-09-30T00:00:00+02:00", "a date with a time", ""),
    ("sold_on", "20260930", "a date without dashes", "2026-09-30"),
    ("sold_on", "2026/9/30", "not written as 2026-09-30", "2026-09-30"),
    ("sold_on", "45200", "Excel's number for a day.* DATE '1899-12-30'", "2023-10-01"),
    ("sold_on", "0203-09-30", "no such day, or none of the years 1900 to 2200", ""),
    ("sold_on", "2026-02-30", "no such day", ""),
    ("sold_on", "NaN", "not a date such as 2026-09-30", ""),
    ("sale_id", "x" * 300, "longer than 200 characters", ""),
]


@pytest.fixture(scope="module", params=FORMATS)
def wrong(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A book of two sound sales, with a wrong one for each of the cells between them."""
    bad = [sale(**{"sale_id": f"{n}", column: cell}) for n, (column, cell, *_) in enumerate(WRONG_CELLS)]
    rows = [sale(sale_id="A"), *bad, sale(sale_id="Z", revenue="-2.50")]
    with opened(tmp_path_factory.mktemp("wrong"), request.param, HEADER, rows) as book:
        yield book


def test_wrong_cells_are_counted_rejects(wrong: Book) -> None:
    many = len(WRONG_CELLS)
    assert (counts(wrong), revenue(wrong)) == ((many + 2, 2, many), Decimal("10.000000"))


@pytest.mark.parametrize("number", range(len(WRONG_CELLS)), ids=[f"{cell[0]}={cell[1][:20]}" for cell in WRONG_CELLS])
def test_a_wrong_cell_says_what_is_wrong_and_what_it_would_be(wrong: Book, number: int) -> None:
    column, cell, rule, meant = WRONG_CELLS[number]
    faults = wrong.rejects("sales").astype(object).where(lambda frame: frame.notna(), None)
    (fault,) = faults[faults["row"] == number + 2].values.tolist()
    assert fault[2] == column
    assert re.match(rule, fault[3])
    assert (fault[4] or "") == cell
    assert would_be(fault[3], cell) == meant


@pytest.mark.parametrize("form", FORMATS)
def test_too_many_rejects_name_file_row_column_rule_value_and_what_to_do(tmp_path: Path, form: str) -> None:
    said = (
        r"1 row breaks the contract, and max_rejected is 0: mend them in the source, or raise max_rejected\."
        r" The first of each kind:\n  (frame ')?sales\S* row 2, revenue: a decimal comma: write a point, and nothing"
        r" between thousands; found '1\.234,50', which would be 1234\.50$"
    )
    with pytest.raises(TooManyRejects, match=said):
        opened(tmp_path, form, HEADER, [sale(), sale(sale_id="2", revenue="1.234,50")], max_rejected=0)


ODD_IDS = ["../x", "a/b", "CON", "aux.txt", "caf\u00e9", "cafe\u0301", "AB", "ab", "0007", "7", "1e5", "NA", "a\nb"]


@pytest.mark.parametrize("form", FORMATS)
def test_odd_ids_stay_what_they_are_and_apart(tmp_path: Path, form: str) -> None:
    rows = [sale(sale_id=name, partner_id=name, revenue=f"{n}.01") for n, name in enumerate(ODD_IDS)]
    with opened(tmp_path, form, HEADER, rows) as book:
        found = book.con.execute("SELECT partner_id, sum(revenue) FROM sales GROUP BY 1").fetchall()
    assert dict(found) == {name: Decimal(f"{n}.01") for n, name in enumerate(ODD_IDS)}
    assert len({unicodedata.normalize("NFC", slug(name)).casefold() for name in ODD_IDS}) == len(ODD_IDS)


@pytest.mark.parametrize("form", FORMATS)
def test_an_id_after_forty_thousand_integers_is_text(tmp_path: Path, form: str) -> None:
    ids = [*map(str, range(1, 40_001)), "0007"]
    with opened(tmp_path, form, HEADER, ([name, "2026-09-30", "007", "0.01"] for name in ids)) as book:
        assert (counts(book), revenue(book)) == ((40_001, 40_001, 0), Decimal("400.01"))
        assert book.con.execute("SELECT sale_id FROM sales WHERE sale_id LIKE '0%'").fetchall() == [("0007",)]


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_legal_though_odd_is_used(tmp_path: Path, form: str) -> None:
    rows = [
        sale(sale_id="return", revenue="-100.00"),
        sale(sale_id="nobody's", partner_id="404"),
        sale(sale_id="to come", sold_on="2027-01-05", revenue="1000"),
        sale(sale_id="quoted\nnewline"),
    ]
    with opened(tmp_path, form, HEADER, rows) as book:
        assert (counts(book), revenue(book)) == ((4, 4, 0), Decimal("-75.00"))
        assert book.con.execute("SELECT count(*) FROM kept.sales").fetchall() == [(4,)], "what is to come is kept"


@pytest.mark.parametrize("form", FORMATS)
def test_of_rows_with_one_key_the_first_counts(tmp_path: Path, form: str) -> None:
    rows = [sale(revenue="1"), sale(revenue="2"), sale(sale_id="s1", revenue="4"), sale(revenue="8")]
    with opened(tmp_path, form, HEADER, rows) as book:
        assert (counts(book), revenue(book)) == ((4, 2, 2), 5)
        assert book.rejects()[["row", "column", "rule", "found"]].values.tolist() == [
            [2, "sale_id", "the key of an earlier row", "S1"],
            [4, "sale_id", "the key of an earlier row", "S1"],
        ]


@pytest.mark.parametrize("form", FORMATS)
def test_two_date_orders_in_one_column_are_both_named(tmp_path: Path, form: str) -> None:
    days = ["30/09/2026", "29/09/2026", "09/30/2026", "2026-09-30"]
    rows = [sale(sale_id=str(n), sold_on=day) for n, day in enumerate(days)]
    said = (
        r"3 rows break .*\n  \S.*sales\S* row 1, sold_on: a day-first date.*'30/09/2026', .* 2026-09-30 \(2 rows\)"
        r"\n  \S.*sales\S* row 3, sold_on: a month-first date.*'09/30/2026', which would be 2026-09-30$"
    )
    with pytest.raises(TooManyRejects, match=f"(?s){said}".replace(r"\S.*sales", r"(frame ')?sales")):
        opened(tmp_path, form, HEADER, rows, max_rejected=0)


@pytest.mark.parametrize("form", FORMATS)
def test_a_header_alone_gives_no_rows(tmp_path: Path, form: str) -> None:
    with opened(tmp_path, form, HEADER, []) as book:
        assert (counts(book), revenue(book)) == ((0, 0, 0), None)


BAD_HEADERS = {
    "a missing column": (HEADER[:3], r"needs the columns \['revenue'\]; the header has \['sale_id', 'sold_on'"),
    "a misspelt column": ([*HEADER[:3], "revenu"], r"Is 'revenu' meant to be 'revenue'\?"),
    "a duplicated column": ([*HEADER, "revenue"], r"columns \['revenue', 'revenue'\] have the same name"),
    "columns that differ in case": ([*HEADER, "Revenue"], r"columns \['revenue', 'Revenue'\] have the same name"),
    "others that differ in case": ([*HEADER, "Hue", "hue"], r"columns \['Hue', 'hue'\] have the same name"),
    "DuckDB's row numbers": ([*HEADER, "RowID"], "`RowID` is a column that channelnb makes itself; rename it"),
    "our row numbers": ([*HEADER, "#row"], "`#row` is a column that channelnb makes itself"),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("header, said", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_bad_header_is_one_message(tmp_path: Path, form: str, header: list[str], said: str) -> None:
    with pytest.raises(BadSource, match=rf"^(frame ')?sales\S*: .*{said}"):
        opened(tmp_path, form, header, [["x"] * len(header)])


@pytest.mark.parametrize("form", FORMATS)
def test_an_extra_column_is_kept_as_it_is(tmp_path: Path, form: str) -> None:
    with opened(tmp_path, form, [*HEADER, "Colour"], [[*sale(), "007 red"]]) as book:
        assert book.loads["sales"].extra == ("Colour",)
        assert book.con.execute("SELECT Colour, revenue FROM sales").fetchall() == [("007 red", Decimal("12.5"))]


def test_a_parquet_file_may_not_bring_the_name_under_which_its_rows_are_numbered(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"sales\.parquet: `file_row_number` is a column that channelnb makes itself"):
        opened(tmp_path, "parquet", [*HEADER, "file_row_number"], [[*sale(), "9"]])


def test_columns_within_a_column_are_no_duplicates(tmp_path: Path) -> None:
    (tmp_path / "partners.csv").write_text(PARTNERS)
    duckdb.sql(
        "SELECT DATE '2026-09-30' AS sold_on, '007' AS partner_id, {'revenue': 1, 'b': [2]} AS more, 12.5 AS revenue"
    ).write_parquet(str(tmp_path / "sales.parquet"))
    assert revenue(open_book(tmp_path, as_of="2026-12-31")) == Decimal("12.5")


TEXT = ",".join(HEADER) + "\nS1,2026-09-30,007,12.50\n"
BAD_FILES: dict[str, tuple[str, str | bytes, str]] = {
    "empty csv": (
        "sales.csv",
        "",
        r"sales\.csv is empty: it needs a header with \['sold_on', 'partner_id', 'revenue'\]",
    ),
    "empty parquet": ("sales.parquet", b"", r"sales\.parquet cannot be read as Parquet: .* copy the file again"),
    "empty xlsx": ("sales.xlsx", b"", r"sales\.xlsx cannot be read as an Excel workbook: .* save it again"),
    "empty sql": ("sales.sql", "", r"sales\.sql must be exactly one SELECT that yields `sales`; it has none"),
    "sql not in UTF-8": ("sales.sql", "SELECT 'é'".encode("cp1252"), r"sales\.sql is not UTF-8 text: byte 8"),
    "a line above the header": ("sales.csv", f"Sales of 2026\n\n{TEXT}", "take out the line above the header"),
    "UTF-16, cut": ("sales.csv", TEXT.encode("utf-16")[:-1], r"byte \d+ is neither UTF-8 nor utf-16; save .* as UTF-8"),
    "UTF-32 without its mark": ("sales.csv", TEXT.encode("utf-32-le"), "holds bytes of zero; save the file as UTF-8"),
    "no encoding": (
        "sales.csv",
        TEXT.replace("007", "P\x81").encode("latin-1"),
        r"byte \d+ is neither UTF-8 nor cp1252",
    ),
    "UTF-8 but for a byte": (
        "sales.csv",
        TEXT.replace("007", "Müller").encode() + b"S2,2026-09-30,M\xfcller,1\n",
        r"sales\.csv is UTF-8 text, but not byte 0xFC in line 3",
    ),
}


@pytest.mark.parametrize("name, content, said", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_one_message(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        in_folder(tmp_path, content, name=name)


def test_an_empty_frame_is_one_message() -> None:
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    with pytest.raises(BadSource, match=r"frame 'sales': the table `sales` needs .* the header has \[\]"):
        open_book({"partners": partners, "sales": pd.DataFrame()})
    with pytest.raises(BadSource, match=r"the frame 'sales' is a list; give a pandas DataFrame"):
        open_book({"partners": partners, "sales": []})  # type: ignore[dict-item]  # what a newcomer may try


def test_half_a_character_in_a_frame_is_one_message() -> None:
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    sales = pd.DataFrame({**{name: [cell] for name, cell in SALE.items()}, "kind": ["a\ud800"]}, dtype=object)
    with pytest.raises(BadSource, match=r"frame 'sales': 'a\\ud800' holds half of a character"):
        open_book({"partners": partners, "sales": sales})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_encoding_gives_the_same_sale(tmp_path: Path, encoding: str, newline: str) -> None:
    lines = [
        "sale_id;sold_on;partner_id;revenue;kind",
        'Ä 5" disk;2026-09-30;Müller;12.50;new',
        'B;2026-09-30;"M";1;new',
    ]
    with in_folder(tmp_path, "".join(line + newline for line in lines).encode(encoding)) as book:
        found = book.con.execute("SELECT sale_id, partner_id, revenue, kind FROM sales").fetchall()
    assert found == [('Ä 5" disk', "Müller", Decimal("12.50"), "new"), ("B", "M", Decimal("1.00"), "new")]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_semicolon_with_decimal_commas_is_told_by_each_row(tmp_path: Path, encoding: str) -> None:
    text = "sale_id;sold_on;partner_id;revenue\nS1;2026-09-30;007;1.234,50\nS2;2026-09-30;007;10\n"
    with in_folder(tmp_path, text.encode(encoding)) as book:
        assert (counts(book), revenue(book)) == ((2, 1, 1), Decimal(10))


def test_a_ragged_row_is_a_reject_and_a_quoted_newline_is_none(tmp_path: Path) -> None:
    text = ",".join(HEADER) + '\n"a\nb",2026-09-30,007,1\nS2,2026-09-30\nS3,2026-09-30,007,2,x\nS4,2026-09-30,007,4\n'
    with in_folder(tmp_path, text) as book:
        assert (counts(book), revenue(book)) == ((4, 2, 2), Decimal(5))
        assert book.rejects()[["row", "rule", "found"]].values.tolist() == [
            [2, "cells do not fit the header", "S2,2026-09-30"],
            [3, "cells do not fit the header", "S3,2026-09-30,007,2,x"],
        ]


def test_numbers_that_are_none_are_missing_or_rejected_never_summed(tmp_path: Path) -> None:
    (tmp_path / "partners.csv").write_text(PARTNERS)
    duckdb.sql(
        "SELECT n::VARCHAR AS sale_id, DATE '2026-09-30' AS sold_on, '007' AS partner_id, v AS revenue, c AS cost, "
        "u AS units FROM (VALUES (1, 1::DOUBLE, 'nan'::DOUBLE, 'nan'::DOUBLE), (2, 'nan', 1, 1), (3, 'inf', 1, 1), "
        "(4, '-inf', 1, 1), (5, 2, 1, 'inf'), (6, 1e300, 1, 1)) AS t(n, v, c, u)"
    ).write_parquet(str(tmp_path / "sales.parquet"))
    with open_book(tmp_path, as_of="2026-12-31") as book:
        assert counts(book) == (6, 1, 5)
        assert book.con.execute("SELECT revenue, cost, units FROM sales").fetchall() == [(Decimal(1), None, None)]
        wholes = duckdb.execute("SELECT original FROM read_parquet(?)", [str(book.folder / "rejects/sales.parquet")])
        assert [json.loads(whole)["revenue"] for (whole,) in wholes.fetchall()] == [
            "nan",
            "inf",
            "-inf",
            "2.0",
            "1e+300",
        ]


def test_frames_of_odd_objects_are_judged_by_their_text() -> None:
    cells = [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+40"), Decimal("0.10"), pd.NA, [1], 1 + 2j]
    sales = pd.DataFrame({**{name: [cell] * 7 for name, cell in SALE.items()}, "sale_id": None, "revenue": cells})
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    with open_book({"partners": partners, "sales": sales}, as_of="2026-12-31") as book:
        assert (counts(book), revenue(book)) == ((7, 1, 6), Decimal("0.1"))


@pytest.mark.parametrize(
    "ids, used", [([1.0, 2.0, None], 3), ([1.0, 1.0, None], 2), ([1.0, 1.5, 1e20], 3), ([7, 8, 7], 2), ([], 0)]
)
@pytest.mark.parametrize("form", ["frame", "parquet"])
def test_keys_that_are_numbers_in_the_source_are_told_apart(
    tmp_path: Path, form: str, ids: list[object], used: int
) -> None:
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    sales = pd.DataFrame({"sale_id": ids, "sold_on": "2026-09-30", "partner_id": "007", "revenue": 1.5})
    if form == "frame":
        book = open_book({"partners": partners, "sales": sales}, as_of="2026-12-31")
    else:
        partners.to_parquet(tmp_path / "partners.parquet")
        sales.to_parquet(tmp_path / "sales.parquet")
        book = open_book(tmp_path, as_of="2026-12-31")
    with book:
        assert (counts(book), revenue(book) or 0) == ((len(ids), used, len(ids) - used), Decimal("1.5") * used)


def excel(path: Path, *rows: Row) -> Path:
    path.mkdir(exist_ok=True)
    (path / "partners.csv").write_text(PARTNERS)
    write_xlsx(path / "sales.xlsx", rows)
    return path


def test_an_excel_error_is_a_reject_not_an_empty_cell(tmp_path: Path) -> None:
    sold = dt.date(2026, 9, 30)
    rows = [["1", sold, "007", 1, "#DIV/0!"], [], ["2", sold, "007", "#N/A", 1], ["3", sold, "007", 4, 1]]
    with open_book(excel(tmp_path, [*HEADER, "cost"], *rows), as_of="2026-12-31") as book:
        assert (counts(book), revenue(book)) == ((3, 1, 2), Decimal(4))
        assert book.rejects()[["row", "column", "found"]].values.tolist() == [
            [1, "cost", "#DIV/0!"],
            [3, "revenue", "#N/A"],
        ]


def test_an_excel_date_that_is_a_number_says_which_day_it_is(tmp_path: Path) -> None:
    folder = excel(tmp_path, HEADER, ["1", 45200, "007", 1], ["2", 45200.75, "007", 2])
    said = r"sales\.xlsx row 1, sold_on: Excel's number for a day: .*'45200', which would be 2023-10-01 \(2 rows\)"
    with pytest.raises(TooManyRejects, match=said):
        open_book(folder, max_rejected=0)


@pytest.mark.parametrize("above", [["Sales 2026"], ["Sale", None, None, "Money"], [None, "Sale"]])
def test_a_second_header_row_above_is_named(tmp_path: Path, above: Row) -> None:
    folder = excel(tmp_path, above, HEADER, ["1", "2026-09-30", "007", 1])
    with pytest.raises(BadSource, match=r"sales\.xlsx: take out the line above the header; the first cells are \["):
        open_book(folder)


def test_a_second_header_row_below_is_a_reject(tmp_path: Path) -> None:
    folder = excel(tmp_path, HEADER, ["key", "day", "id", "USD"], ["1", "2026-09-30", "007", 1])
    with open_book(folder) as book:
        assert (counts(book), revenue(book)) == ((2, 1, 1), Decimal(1))


def test_of_several_sheets_none_is_chosen_by_chance(tmp_path: Path) -> None:
    folder = excel(tmp_path)
    pages = [[HEADER, [f"{n}", "2026-09-30", "007", 1]] for n in (1, 2)]
    write_xlsx(folder / "sales.xlsx", [], *pages)
    with pytest.raises(BadSource, match=r"has several sheets, \['Page 2', 'Page 3'\]: call the one .* 'sales', or"):
        open_book(folder)
    write_xlsx(folder / "sales.xlsx", [], pages[0])
    assert revenue(open_book(folder)) == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def hollowed(path: Path) -> None:
    content = path.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8
    path.write_bytes(content[:2_000] + content[-footer:])


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5_000:9_000] = bytes(range(250)) * 16
    path.write_bytes(bytes(content))


def gone(path: Path) -> None:
    path.unlink()


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere.csv")


@pytest.mark.parametrize(
    "form, damage, said",
    [
        ("parquet", cut, r"sales\.parquet cannot be read as Parquet: .*; write or copy the file again"),
        ("parquet", hollowed, r"the rows of `sales` cannot be read: .*; if the file is damaged, copy it again"),
        ("parquet", garbled, r"the rows of `sales` cannot be read: .*; if the file is damaged, copy it again"),
        ("xlsx", cut, r"sales\.xlsx cannot be read as an Excel workbook: .*; save it again"),
        *((form, folder_instead, rf"sales\.{form} is a folder; give the table as one file, or") for form in FILES),
        *((form, link_to_nothing, rf"sales\.{form} is a link to elsewhere\.csv, which is not there") for form in FILES),
    ],
)
def test_a_damaged_file_is_one_message(tmp_path: Path, form: str, damage: Callable[[Path], None], said: str) -> None:
    rows = [sale(sale_id=f"{n * 7919 % 65_537:x}", revenue=f"{n * 31 % 977}.{n % 100:02}") for n in range(20_000)]
    opened(tmp_path, form, HEADER, rows[: 20_000 if form == "parquet" else 2]).close()
    damage(tmp_path / f"sales.{form}")
    with pytest.raises(BadSource, match=said):
        open_book(tmp_path)


@pytest.mark.parametrize("form", FILES)
def test_a_file_that_goes_between_listing_and_reading_is_one_message(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channelnb.book import reading

    opened(tmp_path, form, HEADER, [sale()]).close()
    listed = reading.files_of(tmp_path)
    gone(listed["sales"])
    monkeypatch.setattr(reading, "files_of", lambda folder: listed)
    with pytest.raises(BadSource, match=rf"sales\.{form} cannot be read.*"):
        open_book(tmp_path)


def test_the_faults_of_all_tables_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("")
    (tmp_path / "plans.sql").write_text("SELECT *\nFROM nowhere")
    with pytest.raises(BadSource, match=r"(?s)^3 tables of the source cannot be read:\n- sales.*\n- plans.*\n  LINE 2"):
        in_folder(tmp_path, "partner_id,sold_on\n")
    (tmp_path / "plans.sql").unlink()
    (tmp_path / "leads.csv").unlink()
    with pytest.raises(BadSource, match=r"^sales\.csv: the table `sales` needs the columns"):
        open_book(tmp_path)


SECRET = "hunter2"
WITH_SECRETS = [
    "SELECT * FROM 'postgres://user:hunter2@host/db'",
    "SELECT * FROM postgres_scan('host=h user=u password=hunter2 dbname=d', 'public', 'sales')",
    "SELECT * FROM postgres_scan('host=h password = \"hunter2\"', 'public', 'sales')",
    "SELECT * FROM read_parquet('s3://AKIA:hunter2@bucket/sales.parquet')",
    "SELECT * FROM read_csv('s3://bucket/x.csv?s3_access_key_id=hunter2&s3_secret_access_key=hunter2')",
    "SELECT * FROM read_csv('https://blob/x.csv?sv=1&sig=hunter2')",
    "SELECT 'postgres://user:hunter2@host/db' AS u, nowhere FROM x",
    "SELEC 'postgres://user:hunter2@host/db'",
    f"SELECT {'1+' * 60}nope, 'postgres://user:hunter2@host/{'a' * 200}'",
    f"SELECT 'postgres://{'u' * 80}:hunter2@host/db', nope",
    "SELECT 1; SELECT 'postgres://user:hunter2@host/db'",
    "SELECT 'postgres://user:hunter2@host/db'::INTEGER AS revenue, 'x' AS partner_id, 'y' AS sold_on",
]


@pytest.mark.parametrize("sql", WITH_SECRETS)
def test_no_message_shows_a_secret(tmp_path: Path, sql: str) -> None:
    with pytest.raises(BadSource, match=r"sales\.sql ") as caught:
        in_folder(tmp_path, sql, name="sales.sql")
    assert SECRET not in str(caught.value) + repr(caught.value.args)


def test_no_message_shows_the_secret_of_an_address_given_as_a_source() -> None:
    with pytest.raises(BadSource, match=r"'postgres://\*\*\*@host/db'") as caught:
        open_book("postgres://user:hunter2@host/db")
    assert SECRET not in str(caught.value)


def test_no_reject_shows_a_secret_and_all_else_is_shown(tmp_path: Path) -> None:
    sql = (
        "SELECT '2026-09-30' AS sold_on, '007' AS partner_id, 'a@b, key=1' AS revenue, "
        "'s3://AKIA:hunter2@bucket/sales.parquet' AS filename"
    )
    with in_folder(tmp_path, sql, name="sales.sql") as book:
        book.write_rejects(tmp_path / "rejects")
    (found,) = duckdb.execute(
        "SELECT found, original FROM read_parquet(?)", [str(tmp_path / "rejects" / "sales.parquet")]
    ).fetchall()
    assert found[0] == "a@b, key=1"
    assert json.loads(found[1]) == {
        "sold_on": "2026-09-30",
        "partner_id": "007",
        "revenue": "a@b, key=1",
        "filename": "s3://***@bucket/sales.parquet",
    }


def test_rejects_are_written_and_those_of_an_earlier_run_taken_out(tmp_path: Path) -> None:
    kept, rows = tmp_path / "out" / "rejects", [sale(), sale(sale_id="S2", revenue="oops")]
    with pytest.raises(TooManyRejects, match=rf"All of them, with their rows, are in {kept}\. The first of each kind:"):
        opened(tmp_path, "csv", HEADER, rows, max_rejected=0, rejects=kept)
    written = duckdb.execute("SELECT * EXCLUDE (place) FROM read_parquet(?)", [str(kept / "sales.parquet")])
    ((row, column, rule, found, original),) = written.fetchall()
    assert (row, column, rule[:13], found) == (2, "revenue", "not an amount", "oops")
    assert json.loads(original) == {**SALE, "sale_id": "S2", "revenue": "oops"}
    assert [path.name for path in kept.iterdir()] == ["sales.parquet"]
    with opened(tmp_path, "csv", HEADER, rows[:1], rejects=kept) as book:
        assert not kept.exists()
        book.write_rejects(kept)
        assert not kept.exists()


@pytest.mark.parametrize("form", FILES)
def test_rejects_never_take_the_place_of_a_source(tmp_path: Path, form: str) -> None:
    with opened(tmp_path, form, HEADER, [sale(revenue="oops")]) as book:
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(
            NotUsable, match=r"(is not overwritten; choose another folder|holds partners\.csv, as a source)"
        ):
            book.write_rejects(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = write_project(tmp_path, partners=("P1", "P2"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return path


def errors_in(said: str) -> int:
    return said.count("error:") + said.count("─ Error ─")


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def test_a_run_stops_at_too_many_rejects_and_keeps_them(project: Path) -> None:
    sales = Path("data/sales.csv")
    sales.write_text(sales.read_text() + "P1,30.09.2026,5\nP1,2026-09-30,1_000\n")
    status, said = run("run", project)
    assert status == 2
    assert said.count("error:") == 1
    assert "sales.csv row 5, sold_on: a day-first date" in said
    assert "are in runs/small/2026Q3/rejects." in said
    assert [path.as_posix() for path in Path("runs").rglob("*") if path.is_file()] == [
        "runs/small/2026Q3/rejects/sales.parquet"
    ], "nothing else was begun"


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("sales.csv", b"", "sales.csv is empty"),
        ("sales.csv", b"partner_id,sold_on\n", "needs the columns ['revenue']"),
        ("sale.csv", b"x", "did you mean `sales`?"),
        ("leads.parquet", b"PAR1", "leads.parquet cannot be read as Parquet"),
        ("leads.sql", b"SELECT 'postgres://u:hunter2@h/d' FROM x", "leads.sql cannot be run"),
        ("source.yaml", b"name: A\nraw: postgres://u:hunter2@h/d\nnope: 1", "source.yaml:3: there is no key 'nope'"),
        ("fx_rates.csv", b'month,currency,rate\n2026-07-01,EUR,"1,08"\n', "fx_rates.csv row 1, rate: a decimal comma"),
    ],
)
def test_a_bad_source_ends_a_run_with_one_message_and_2(project: Path, name: str, content: bytes, said: str) -> None:
    Path("data", name).write_bytes(content)
    status, output = run("run", project)
    assert (status, output.count("error:")) == (2, 1)
    assert said in output
    assert SECRET not in output


WORDS = [" ", "-", "../x", "a/b", "CON", "\u00e9", "x" * 300, "0x10", "NaN", "runs", "*", "[red]", "2026Q9"]
WRITES = {"init", "sample"}
COMMANDS = {command.callback.__name__ for command in app.registered_commands if command.callback}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("command", sorted(COMMANDS - WRITES))
def test_a_bad_argument_is_one_message_and_2(project: Path, command: str, word: str) -> None:
    status, said = run(command, word)
    assert (status, errors_in(said)) == (2, 1), said


@pytest.mark.parametrize("word", ["taken", "taken/below", "x" * 300])
@pytest.mark.parametrize("command", sorted(WRITES & COMMANDS))
def test_a_folder_that_cannot_be_written_is_one_message_and_2(project: Path, command: str, word: str) -> None:
    Path("taken").write_text("a file")
    status, said = run(command, word)
    assert (status, errors_in(said)) == (2, 1), said


@pytest.mark.parametrize(
    "words",
    [
        ["run", "params/small.yaml", "--partner", "../x"],
        ["run", "params/small.yaml", "--partner", ""],
        ["run", "params/small.yaml", "--notebook", "[red]"],
        ["run", "params/small.yaml", "--jobs", "many"],
        ["run", "params/small.yaml", "--time-limit", "0"],
        ["run", "params/small.yaml", "--edition", "public"],
        ["run", "params/small.yaml", "--nope"],
        ["run", "params/small.yaml", "more"],
        ["sample", "made", "--partners", "0"],
        ["sample", "made", "--seed", "x"],
        ["metrics", "win_rate", "more"],
        ["fly"],
    ],
)
def test_bad_usage_is_one_message_and_2(project: Path, words: list[str]) -> None:
    status, said = run(*words)
    assert status == 2
    assert errors_in(said) == 1


def test_every_error_of_ours_hides_secrets() -> None:
    found = str(ChannelnbError("see postgres://u:hunter2@h/d", "AKIA"))
    assert found == "see postgres://***@h/d"
