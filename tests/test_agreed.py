"""What people agreed is read beside a source's own tables: exact, counted, rewound, and never twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.check import asked, check
from channelnb.errors import BadSource, TooManyRejects
from channelnb.slice import open_slice
from tables import rows, small_vendor

PROMISES = rows(
    "commitment_id partner_id side kind text metric target due_on made_on status",
    "Z1 P1 partner goal Grow revenue 150 2026-09-30 2026-06-30 open",
    "Z2 P2 vendor action Call - - 2026-09-30 2026-06-30 done",
)
MORE = rows(
    "commitment_id partner_id side kind text metric target due_on made_on",
    "007 P1 vendor goal Sell revenue 200 2026-12-31 2026-09-20",
    "008 P2 partner goal Grow revenue 90.5 2026-12-31 2026-10-20",
)


def source(folder: Path, *, own: str = "csv", agreed: pd.DataFrame | None = MORE, name: str = "commitments") -> Path:
    """A source folder with promises of its own, in some format or none, and others that were agreed."""
    folder.mkdir()
    tables = {**small_vendor(), "commitments": PROMISES}
    for table, frame in tables.items():
        if table != "commitments" or own == "csv":
            frame.to_csv(folder / f"{table}.csv", index=False)
        elif own == "parquet":
            frame.to_parquet(folder / f"{table}.parquet")
        elif own == "xlsx":
            frame.to_excel(folder / f"{table}.xlsx", index=False)
        elif own == "sql":
            (folder / "raw").mkdir()
            frame.to_csv(folder / "raw" / "promised.csv", index=False)
            (folder / "source.yaml").write_text("name: Acme\nraw: raw\n", encoding="utf-8")
            (folder / "commitments.sql").write_text('SELECT * FROM "promised.csv"\n', encoding="utf-8")
    if agreed is not None:
        (folder / "agreed").mkdir()
        agreed.to_csv(folder / "agreed" / f"{name}.csv", index=False)
    return folder


def counts(book: Book, table: str) -> tuple[int, int, int]:
    load = book.loads[table]
    return load.rows_in, load.rows_used, load.rows_rejected


@pytest.mark.parametrize("own", ["csv", "parquet", "xlsx", "sql"])
def test_agreed_rows_stand_beside_the_sources_own_of_any_kind(tmp_path: Path, own: str) -> None:
    with open_book(source(tmp_path / "acme", own=own), as_of="2026-12-31") as book:
        assert sorted(book.table("commitments")["commitment_id"]) == ["007", "008", "Z1", "Z2"]
        assert counts(book, "commitments") == (4, 4, 0)
        assert book.loads["commitments"].file == f"commitments.{own}, then agreed/commitments.csv"


def test_agreed_rows_are_a_table_where_the_source_has_none(tmp_path: Path) -> None:
    with open_book(source(tmp_path / "acme", own="none"), as_of="2026-12-31") as book:
        assert list(book.table("commitments")["target"].astype(float)) == [200, 90.5]
        assert book.loads["commitments"].file == "agreed/commitments.csv"
        assert list(book.loads)[-1] == "commitments"


def test_a_book_knows_what_was_agreed_from_the_day_on_which_it_was_made(tmp_path: Path) -> None:
    with open_book(source(tmp_path / "acme"), quarter="2026Q3") as book:
        assert sorted(book.table("commitments")["commitment_id"]) == ["007", "Z1", "Z2"]


def test_an_agreed_plan_is_the_plan_in_force_and_the_old_version_is_not(tmp_path: Path) -> None:
    agreed = rows(
        "month partner_id line target_revenue version made_on status",
        "2026-10-01 P1 Disks 123.45 agreed 2026-09-20 committed",
    )
    with open_book(source(tmp_path / "acme", agreed=agreed, name="plans"), quarter="2026Q3") as book:
        found = book.query("SELECT version, target_revenue FROM plans_in_force WHERE month = DATE '2026-10-01'")
    assert found.to_dict("records") == [{"version": "agreed", "target_revenue": 123.45}]


def test_a_row_that_breaks_the_contract_is_counted_and_numbered_on_from_the_sources_own(tmp_path: Path) -> None:
    bad = pd.concat([MORE, MORE.head(1).assign(commitment_id="009", due_on="soon")])
    folder = source(tmp_path / "acme", agreed=bad)
    with open_book(folder, as_of="2026-12-31") as book:
        assert counts(book, "commitments") == (5, 4, 1)
        fault = book.rejects("commitments").iloc[0]
        assert (fault["row"], fault["column"], fault["found"]) == (5, "due_on", "soon")
    with pytest.raises(TooManyRejects, match="commitments"):
        open_book(folder, as_of="2026-12-31", max_rejected=0)


@pytest.mark.parametrize("own", ["csv", "sql"])
def test_one_promise_in_both_is_an_error_that_names_both(tmp_path: Path, own: str) -> None:
    both = pd.concat([MORE, PROMISES.head(1)])[list(MORE)]
    with pytest.raises(BadSource, match=rf"commitment_id Z1 both in commitments.{own} and in agreed/commitments.csv"):
        open_book(source(tmp_path / "acme", own=own, agreed=both), as_of="2026-12-31")


def test_one_version_of_a_plan_in_both_is_an_error(tmp_path: Path) -> None:
    agreed = small_vendor()["plans"].head(2)
    with pytest.raises(BadSource, match=r"partner_id P1, month 2026-07-01, version v1.*\(1 more"):
        open_book(source(tmp_path / "acme", agreed=agreed, name="plans"), as_of="2026-12-31")


def test_a_table_that_cannot_be_agreed_is_refused_not_skipped(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"agreed holds sales.csv; it may hold plans.csv and commitments.csv"):
        open_book(source(tmp_path / "acme", name="sales"), as_of="2026-12-31")


def test_a_fault_in_the_header_names_the_file_that_was_agreed(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"^agreed/commitments.csv: the table `commitments` needs the columns"):
        open_book(source(tmp_path / "acme", agreed=MORE[["partner_id", "text"]]), as_of="2026-12-31")


def test_a_slice_opened_again_sees_what_was_agreed_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = source(tmp_path / "acme", agreed=None)
    whom = {"partner_id": "P1", "quarter": "2026Q3"}
    assert list(open_slice(folder, **whom).frames["promises"]["commitment_id"]) == ["Z1"]
    (folder / "agreed").mkdir()
    MORE.to_csv(folder / "agreed" / "commitments.csv", index=False)
    assert list(open_slice(folder, **whom).frames["promises"]["commitment_id"]) == ["007", "Z1"]


def test_check_counts_what_was_agreed(tmp_path: Path) -> None:
    found = check(asked(source(tmp_path / "acme"), period="2026Q3"), today=date(2026, 11, 1))
    tables = found.frames["readiness_tables"].set_index("table")
    assert list(tables.loc["commitments", ["file", "rows_in"]]) == ["commitments.csv, then agreed/commitments.csv", 4]
