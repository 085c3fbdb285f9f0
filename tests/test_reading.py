"""Each kind of source is read exactly, whatever its encoding, delimiter or types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.errors import BadParameters, BadSource


@pytest.fixture(autouse=True)
def _no_setting_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHANNELNB_RAW", raising=False)


PARTNERS = "partner_id,name,channel\n007,Acme,reseller\n"
HEADER = "sale_id,sold_on,partner_id,revenue"
SOLD = f"{HEADER}\n1,2026-09-30,007,12.50\n"


def opened(folder: Path, **files: str | bytes) -> Book:
    """The book of a folder that holds these files; ``sales`` is sales.csv unless it has an ending."""
    folder.mkdir(exist_ok=True)
    for name, content in {"partners": PARTNERS, **files}.items():
        path = folder / (name.replace("__", ".") if "__" in name else f"{name}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_book(folder, as_of="2026-12-31")


def sales_of(book: Book) -> list[tuple[object, ...]]:
    return book.con.execute("SELECT sale_id, sold_on, partner_id, revenue FROM sales ORDER BY sale_id").fetchall()


ONE_SALE = [("1", dt.date(2026, 9, 30), "007", Decimal("12.500000"))]


@pytest.mark.parametrize(
    "encoding, delimiter, newline",
    [
        ("utf-8", ",", "\n"),
        ("utf-8", ";", "\r\n"),
        ("utf-8", "\t", "\r"),
        ("utf-8-sig", "|", "\r\n"),
        ("utf-16", "\t", "\r\n"),
        ("utf-16-le", ",", "\n"),
        ("utf-16-be", ";", "\r"),
        ("cp1252", ";", "\r\n"),
        ("cp1252", ",", "\r"),
    ],
)
def test_csv_in_any_dress(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    partners = PARTNERS.replace("Acme", "Müller & Söhne").replace(",", delimiter).replace("\n", newline)
    sales = SOLD.replace(",", delimiter).replace("\n", newline)
    book = opened(tmp_path, partners=partners.encode(encoding), sales=sales.encode(encoding))
    assert book.table("partners")["name"].tolist() == ["Müller & Söhne"]
    assert sales_of(book) == ONE_SALE


def test_text_stays_as_written(tmp_path: Path) -> None:
    cells = ["NA", "007", "1e5", "NULL", " padded ", "2026-09-30", "true", "a,b", 'a "b"', "a\nb", "a\r\nb", "='x'"]
    lines = [f'P{n},"{cell.replace(chr(34), chr(34) * 2)}",reseller' for n, cell in enumerate(cells)]
    book = opened(tmp_path, partners="\n".join(["partner_id,name,channel", *lines]), sales=SOLD)
    assert book.table("partners")["name"].tolist() == cells


def test_blank_cells_and_blank_lines_are_nothing(tmp_path: Path) -> None:
    book = opened(tmp_path, sales=f'\n\n{HEADER},customer_id\n\n1,2026-09-30,007,1,\n2,2026-09-30,007,1,"  "\n\n')
    assert book.loads["sales"].rows_in == 2
    assert book.table("sales")["customer_id"].isna().all()


def test_ragged_rows_are_counted_once_each_and_numbers_go_on(tmp_path: Path) -> None:
    lines = [
        "1,2026-09-30,007,1",
        "2,2026-09-30",
        "",
        "3,2026-09-30,007,1,x,y,z",
        "4,2026-09-30,007,oops",
        '5,"2026-09-30"x,007,1',
        "6,2026-09-30,007,1",
    ]
    book = opened(tmp_path, sales="\n".join([HEADER, *lines]))
    load = book.loads["sales"]
    assert (load.rows_in, load.rows_used, load.rows_rejected) == (6, 2, 4)
    rejects = book.rejects("sales")
    assert rejects["row"].tolist() == [2, 3, 4, 5]
    assert rejects["found"].tolist() == [lines[1], lines[3], "oops", lines[5]]
    assert rejects["column"].isna().tolist() == [True, True, False, True]


def test_an_open_quote_is_not_lost(tmp_path: Path) -> None:
    book = opened(tmp_path, sales=SOLD + '2,"2026-09-30,007,1\n')
    assert (book.loads["sales"].rows_in, book.loads["sales"].rows_rejected) == (2, 1)


def test_a_file_of_mixed_line_ends_loses_nothing(tmp_path: Path) -> None:
    text = f'{HEADER},kind\r\n1,2026-09-30,007,1,new\n2,2026-09-30,007,1,"re\r\nnewal"\r3,2026-09-30,007,1,new\r\n'
    book = opened(tmp_path, sales=text)
    assert [row[0] for row in sales_of(book)] == ["1", "3"]
    assert book.rejects("sales")["found"].tolist() == ["re\r\nnewal"]


def test_header_spelling_and_order_are_free_and_other_columns_are_kept(tmp_path: Path) -> None:
    book = opened(tmp_path, sales="Colour, Revenue ,SOLD_ON,partner_id\nred,1.5,2026-09-30,007\n")
    sales = book.table("sales")
    assert sales[["revenue", "Colour"]].values.tolist() == [[1.5, "red"]]
    assert book.loads["sales"].columns == ("revenue", "sold_on", "partner_id")
    assert book.loads["sales"].extra == ("Colour",)
    assert book.has("sales", "Colour", "revenue")
    assert not book.has("sales", "cost")
    assert not book.has("leads")


@pytest.mark.parametrize(
    "sales, said",
    [
        ("\n\n", r"sales\.csv is empty"),
        ("sold_on,partner_id,revenue,,x\n", r"column 4 of 5 has no name"),
        ("sold_on,partner_id,revenue,original_currency\n", "`original_currency` is a column that channelnb makes"),
        ("sold_on;partner_id;umsatz\n", r"the header has \['sold_on', 'partner_id', 'umsatz'\]"),
    ],
)
def test_a_bad_header_says_what_was_found(tmp_path: Path, sales: str, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        opened(tmp_path, sales=sales)


@pytest.mark.parametrize(
    "files, said",
    [
        ({"sale": SOLD}, r"sale\.csv in .* is no table of the contract; did you mean `sales`\?"),
        ({"sales": SOLD, "sales__sql": "SELECT 1"}, r"gives `sales` twice: sales\.csv and sales\.sql; keep one"),
        ({}, r"needs the tables \['sales'\]; it has \['partners'\]"),
        ({"sales__xlsx": "not a workbook"}, r"sales\.xlsx cannot be read as an Excel workbook"),
        ({"sales__sql": "SELECT 1; SELECT 2"}, r"exactly one SELECT that yields `sales`; it has SELECT, SELECT"),
        ({"sales__sql": "DROP TABLE x"}, r"exactly one SELECT .* it has DROP"),
        ({"sales__sql": "-- SELECT 1"}, r"needs the tables .* sales\.sql holds only comments: uncomment its SELECT"),
        ({"sales__sql": ";"}, r"exactly one SELECT .* it has none"),
        ({"sales__sql": b"-- \xe9\nSELECT 1"}, r"sales\.sql is not UTF-8 text: byte 3 cannot be read"),
        ({"sales__sql": "SELEC 1"}, r"sales\.sql is not valid SQL: .*syntax error"),
        ({"sales__sql": "SELECT * FROM nowhere"}, r"sales\.sql cannot be run: .*nowhere does not exist"),
    ],
)
def test_a_source_that_cannot_be_read(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(BadSource, match=f"(?s){said}"):
        opened(tmp_path, **files)


def test_other_files_are_let_be(tmp_path: Path) -> None:
    book = opened(tmp_path, sales=SOLD, truth__yaml="a: 1", notes__txt="x", README__md="x", source__yaml="name: A")
    assert list(book.loads) == ["partners", "sales"]


@pytest.mark.parametrize("name", ["plans.tsv", "leads.xls", "activities.json", "plans.csv.gz", "Plans.TXT", "leads"])
def test_a_table_in_a_file_that_is_not_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    (tmp_path / "leads.sql").write_text("-- not mapped yet")
    endings = r"\.parquet, \.csv, \.xlsx, \.sql"
    with pytest.raises(BadSource, match=rf"holds {name}, named as tables but .* the endings that are: {endings}"):
        opened(tmp_path, sales=SOLD)


def test_what_a_table_was_made_of_may_stand_beside_it(tmp_path: Path) -> None:
    (tmp_path / "sales.csv.gz").write_text("x")
    (tmp_path / "PLANS.md").write_text("x")
    assert list(opened(tmp_path, sales=SOLD).loads) == ["partners", "sales"]


@pytest.mark.parametrize("rate", ["0", "-1.08"])
@pytest.mark.parametrize("kind", ["VARCHAR", "DOUBLE", "DECIMAL(18,9)", "INTEGER"])
def test_a_rate_that_is_not_above_zero_is_rejected(tmp_path: Path, rate: str, kind: str) -> None:
    cells = f"DATE '2026-09-01' AS month, 'EUR' AS currency, CAST('{rate}' AS {kind}) AS rate"
    duckdb.sql(f"COPY (SELECT {cells}) TO '{tmp_path / 'fx_rates.parquet'}'")
    (fault,) = opened(tmp_path, sales=SOLD).rejects().to_dict("records")
    assert (fault["table"], fault["column"]) == ("fx_rates", "rate")
    assert fault["rule"].startswith("not a rate above zero such as 1.0834")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["year=2026", "[a]", "a*", "it's"])
def test_a_folder_named_like_a_partition_or_a_wildcard_is_only_a_folder(tmp_path: Path, name: str, ending: str) -> None:
    frame = pd.DataFrame({"sale_id": ["1"], "sold_on": ["2026-09-30"], "partner_id": ["007"], "revenue": ["12.50"]})
    for folder in (name, "a", "ab"):
        (tmp_path / folder).mkdir()
        frame.to_csv(tmp_path / folder / "sales.csv", index=False)
        frame.to_parquet(tmp_path / folder / "sales.parquet")
        (tmp_path / folder / f"sales.{'parquet' if ending == 'csv' else 'csv'}").unlink()
    book = opened(tmp_path / name)
    assert sales_of(book) == ONE_SALE
    assert book.loads["sales"].extra == ()


def test_parquet_types_are_taken_only_where_they_mean_the_kind(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT * FROM (VALUES (1, TIMESTAMP '2026-09-30 00:00', 7.0::DOUBLE, 0.1::DOUBLE + 0.2, 2.0::DOUBLE),"
        " (2, TIMESTAMP '2026-09-30 10:00', 8.0, 1, 1), (3, TIMESTAMP '2026-09-30 00:00', 9.0, 'inf', 1),"
        " (4, TIMESTAMP '2026-09-30 00:00', 9, 'nan', 'nan'), (5, TIMESTAMP '2026-09-30 00:00', 9.5, 1, 1))"
        " AS t(sale_id, sold_on, partner_id, revenue, units)"
    ).write_parquet(str(tmp_path / "sales.parquet"))
    book = opened(tmp_path)
    day = dt.date(2026, 9, 30)
    assert sales_of(book) == [("1", day, "7", Decimal("0.300000")), ("5", day, "9.5", Decimal("1.000000"))]
    assert book.rejects()[["row", "column", "found"]].astype(object).where(
        lambda f: f.notna(), None
    ).values.tolist() == [
        [2, "sold_on", "2026-09-30 10:00:00"],
        [3, "revenue", "inf"],
        [4, "revenue", None],
    ]


@pytest.mark.parametrize(
    "value, exact",
    [
        (1234567890123.45, "1234567890123.45"),
        (100 / 3, "33.333333"),
        (0.1 + 0.2, "0.3"),
        (1e20, "100000000000000000000"),
        (-0.0000005, "-0.000001"),
        (2.675, "2.675"),
    ],
)
def test_a_float_is_worth_what_it_shows(value: float, exact: str) -> None:
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    sales = pd.DataFrame({"sold_on": ["2026-09-30"], "partner_id": ["007"], "revenue": [value]})
    book = open_book({"partners": partners, "sales": sales}, as_of="2026-12-31")
    assert book.con.execute("SELECT revenue FROM sales").fetchall() == [(Decimal(exact),)]


def test_a_long_cell_after_an_open_quote_is_still_one_row(tmp_path: Path) -> None:
    book = opened(tmp_path, sales=SOLD + '2,"2026-09-30,007,1\n' + "x" * 200_000 + "\n")
    assert (book.loads["sales"].rows_in, book.loads["sales"].rows_rejected) == (2, 1)


def test_decimals_of_parquet_are_exact_or_rejected(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT n::VARCHAR AS sale_id, DATE '2026-09-30' AS sold_on, 'P' AS partner_id, v AS revenue FROM (VALUES"
        " (1, 12.34::DECIMAL(38,10)), (2, 12.3456789::DECIMAL(38,10))) AS t(n, v)"
    ).write_parquet(str(tmp_path / "sales.parquet"))
    book = opened(tmp_path)
    assert [row[3] for row in sales_of(book)] == [Decimal("12.340000")]
    assert book.rejects()["found"].tolist() == ["12.3456789000"]


def test_a_mapping_reads_raw_files_through_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "elsewhere"
    raw.mkdir()
    (raw / "orders.csv").write_text("no;day;who;net\n1;2026-09-30;007;12.50\n")
    mapping = (
        "-- orders\nSELECT no AS sale_id, day AS sold_on, who AS partner_id, net AS revenue\n"
        "FROM read_csv(getvariable('raw') || '/orders.csv', all_varchar = true, delim = ';'); -- the end"
    )
    book = opened(tmp_path / "src", sales__sql=mapping, source__yaml="name: Acme\nraw: ../elsewhere\n")
    assert sales_of(book) == ONE_SALE
    monkeypatch.setenv("CHANNELNB_RAW", str(tmp_path / "nowhere"))
    with pytest.raises(BadSource, match=r"nowhere \(from CHANNELNB_RAW\) is not a folder; set `raw` in .*source\.yaml"):
        open_book(tmp_path / "src", as_of="2026-12-31")
    monkeypatch.setenv("CHANNELNB_RAW", str(tmp_path))
    assert sales_of(open_book(tmp_path / "src", as_of="2026-12-31")) == ONE_SALE, "a folder that holds it will do"
    monkeypatch.setenv("CHANNELNB_RAW", str(tmp_path / "nowhere"))
    assert sales_of(open_book(tmp_path / "src", as_of="2026-12-31", raw=raw)) == ONE_SALE, "raw= wins"


def test_a_mapping_cannot_see_python_variables(tmp_path: Path) -> None:
    sales = pd.DataFrame({"sold_on": ["2026-09-30"]})
    with pytest.raises(BadSource, match="sales does not exist"):
        opened(tmp_path, sales__sql="SELECT * FROM sales")
    assert len(sales) == 1


def workbook(path: Path, rows: list[list[object]], *, sheet: str = "Export", before: str = "") -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    if before:
        page.title = before
        page = book.create_sheet(sheet)
    page.title = sheet
    for row in rows:
        page.append(row)
    book.save(path)


def test_excel_cells_become_exact_text(tmp_path: Path) -> None:
    header = ["sale_id", "sold_on", "partner_id", "revenue", "units", "Colour"]
    rows: list[list[object]] = [
        [1, dt.date(2026, 9, 30), "007", 100 / 3, 2, "NA"],
        [],
        ["2", dt.datetime(2026, 9, 30, 8, 30), "007", 1, 1, None],
        ["3", "2026-09-30", "007", "1,234.50", 0.1 + 0.2, True],
        ["4", "2026-09-30", "007", 5, 1, None, "beyond"],
    ]
    workbook(tmp_path / "sales.xlsx", [header, *rows])
    book = opened(tmp_path)
    assert sales_of(book) == [("1", dt.date(2026, 9, 30), "007", Decimal("33.333333"))]
    assert book.table("sales")[["units", "Colour"]].values.tolist() == [[2.0, "NA"]]
    assert book.rejects()[["row", "found"]].values.tolist() == [
        [3, "2026-09-30 08:30:00"],
        [4, "1,234.50"],
        [5, "['4', '2026-09-30', '007', 5.0, 1.0, '', 'beyond']"],
    ]
    assert (book.loads["sales"].rows_in, book.loads["sales"].rows_rejected) == (4, 3)


def test_the_sheet_named_as_the_table_is_read(tmp_path: Path) -> None:
    workbook(
        tmp_path / "sales.xlsx",
        [HEADER.split(","), ["1", dt.date(2026, 9, 30), "007", 12.5]],
        sheet="sales",
        before="Cover",
    )
    assert sales_of(opened(tmp_path)) == ONE_SALE


def test_frames_are_read_by_what_they_hold() -> None:
    sales = pd.DataFrame(
        {
            "sale_id": [1.0, np.nan, 3.0],
            "sold_on": [pd.Timestamp("2026-09-30"), pd.Timestamp("2026-09-30 10:00"), pd.NaT],
            "partner_id": pd.Categorical(["007", "008", "007"]),
            "revenue": [Decimal("12.50"), "x", 1],
            "units": pd.array([1, None, 2], dtype="Int64"),
            "kind": ["new", None, "renewal"],
        },
        index=pd.Index([5, 5, 5], name="ignored"),
    )
    plans = pd.DataFrame(
        {"month": pd.period_range("2026-07", periods=2, freq="M"), "partner_id": ["007"] * 2, "target_revenue": [1, 2]}
    )
    budgets = pd.DataFrame(
        {"partner_id": ["007"], "quarter": pd.PeriodIndex(["2026Q3"], freq="Q"), "allocated": [9.99]}
    )
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["NA"], "channel": ["reseller"]})
    before = sales.copy(deep=True)
    frames = {"partners": partners, "sales": sales, "plans": plans, "mdf_budgets": budgets}
    book = open_book(frames, as_of=dt.date(2026, 12, 31))
    pd.testing.assert_frame_equal(sales, before)
    assert sales_of(book) == ONE_SALE
    assert book.rejects("sales")[["row", "column", "found"]].astype(object).fillna("-").values.tolist() == [
        [2, "sold_on", "2026-09-30 10:00:00"],
        [2, "revenue", "x"],
        [3, "sold_on", "-"],
    ]
    assert book.table("plans")["month"].tolist() == [pd.Timestamp("2026-07-01"), pd.Timestamp("2026-08-01")]
    assert book.table("mdf_budgets")["quarter"].tolist() == ["2026Q3"]
    assert book.table("partners")["name"].tolist() == ["NA"]


def test_frames_must_be_tables_of_the_contract() -> None:
    partners = pd.DataFrame({"partner_id": ["007"], "name": ["Acme"], "channel": ["reseller"]})
    with pytest.raises(BadSource, match=r"the frame 'sale' is no table of the contract; did you mean `sales`\?"):
        open_book({"partners": partners, "sale": partners})
    with pytest.raises(BadSource, match=r"the mapping of frames needs the tables \['sales'\]"):
        open_book({"partners": partners})
    with pytest.raises(BadSource, match=r"frame 'sales': the table `sales` needs the columns \['sold_on', 'revenue'\]"):
        open_book({"partners": partners, "sales": partners})


def test_source_yaml_is_what_the_vendor_says(tmp_path: Path) -> None:
    book = opened(tmp_path / "acme", sales=SOLD)
    assert (book.vendor.name, book.vendor.first_month, book.vendor.currency) == ("acme", 1, "USD")
    assert book.vendor.raw == tmp_path / "acme"
    book = opened(tmp_path / "acme", sales=SOLD, source__yaml="name: NO\nfirst_month: 04\ncurrency: EUR\n")
    assert (book.vendor.name, book.calendar.first_month, book.vendor.currency) == ("NO", 4, "EUR")


@pytest.mark.parametrize(
    "text, said",
    [
        ("name: A\nfrist_month: 4", r"source\.yaml:2: there is no key 'frist_month'; did you mean 'first_month'\?"),
        ("name: A\nfirst_month: 13", r"source\.yaml:2: first_month is '13': .*less than or equal to 12"),
        ("name: A\ncurrency: euro", r"source\.yaml:2: currency is 'euro'"),
        ("first_month: 4", r"source\.yaml:1: the key 'name' is missing"),
        ("name:", r"source\.yaml:1: name is left empty"),
    ],
)
def test_a_fault_in_source_yaml_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadParameters, match=said):
        opened(tmp_path, sales=SOLD, source__yaml=text)


def test_a_relative_source_is_found_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    opened(tmp_path / "data" / "acme", sales=SOLD)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    assert open_book("data/acme").vendor.name == "acme"
    with pytest.raises(BadSource, match="there is no source folder 'data/other' in the working directory or a parent"):
        open_book("data/other")
