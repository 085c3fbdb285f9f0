"""What was restated is put down to causes that add up; what was first reported is kept."""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.folder import KEPT, first_report, held, replace_snapshot
from channelnb.fleet.front import restated_in_all
from channelnb.fleet.run import Choice, run
from channelnb.frames import records
from channelnb.freezing import freeze, restated_since
from channelnb.metrics.measure import measure
from channelnb.report import profile, qbr
from channelnb.restatement import CAUSES, closed_months, differences, of_all, write_ledger
from channelnb.slice import gated
from channelnb.snapshot import RESTATED, Snapshot
from projects import write_project
from tables import rows, small_vendor

CALENDAR = FiscalCalendar()
QUARTER = "2026Q3"
Tables = dict[str, pd.DataFrame]

FIRMS = "partner_id name channel left_on merged_into"
SALES = "sale_id partner_id sold_on revenue currency"
RATES = "month currency rate"


def before() -> Tables:
    return {
        "partners": rows(FIRMS, "P1 Ada reseller - -", "P2 Bea reseller - -", "P3 Cyd reseller - -"),
        "fx_rates": rows(RATES, "2026-07-01 EUR 1.1"),
        "sales": rows(
            SALES,
            "1 P1 2026-07-01 10 EUR",
            "2 P2 2026-07-01 20 -",
            "3 P3 2026-07-01 30 -",
            "- P3 2026-07-01 5 -",
            "- P3 2026-07-01 5 -",
            "4 P3 2026-04-01 7 -",
            "5 P1 2026-08-01 50 -",
        ),
    }


def after() -> Tables:
    return {
        "partners": rows(FIRMS, "P1 Ada reseller - -", "P2 Bea reseller 2026-09-01 P1", "P3 Cyd reseller - -"),
        "fx_rates": rows(RATES, "2026-07-01 EUR 1.2"),
        "sales": rows(
            SALES,
            "1 P1 2026-07-01 10 EUR",
            "2 P2 2026-07-01 21.50 -",
            "3 P1 2026-07-01 30 -",
            "- P3 2026-07-01 5 -",
            "4 P3 2026-07-02 7 -",
            "5 P1 2026-09-01 50 -",
            "6 P3 2026-07-02 1.01 -",
        ),
    }


def frozen(folder: Path, tables: Mapping[str, pd.DataFrame], **chosen: object) -> Snapshot:
    with open_book(tables, **({"quarter": QUARTER} | chosen)) as book:
        return freeze(book, folder, Settings(min_peers=1))


def told(restated: pd.DataFrame) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
    return {(r["partner_id"], r["period"], r["cause"]): (r["amount"], r["rows"]) for r in records(restated)}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    folder = tmp_path_factory.mktemp("two")
    return frozen(folder / "old", before()), frozen(folder / "new", after())


def test_each_difference_has_its_cause(two: tuple[Snapshot, Snapshot]) -> None:
    found = restated_since(*two)
    assert told(found) == {
        ("P1", QUARTER, "merged"): (Decimal("20"), 1),
        ("P2", QUARTER, "merged"): (Decimal("-20"), 1),
        ("P1", QUARTER, "currency"): (Decimal("1"), 1),
        ("P1", QUARTER, "changed"): (Decimal("31.50"), 2),
        ("P3", QUARTER, "changed"): (Decimal("-23"), 2),
        ("P3", "2026Q2", "changed"): (Decimal("-7"), 1),
        ("P3", QUARTER, "deleted"): (Decimal("-5"), 1),
        ("P3", QUARTER, "late"): (Decimal("1.01"), 1),
    }
    assert set(found["first_as_of"]) == {"2026-09-30"}
    whole = of_all(found)
    assert dict(zip(zip(whole["period"], whole["cause"], strict=True), whole["amount"], strict=True)) == {
        (QUARTER, "changed"): Decimal("8.50"),
        (QUARTER, "currency"): Decimal("1"),
        (QUARTER, "deleted"): Decimal("-5"),
        (QUARTER, "late"): Decimal("1.01"),
        ("2026Q2", "changed"): Decimal("-7"),
    }


def test_the_same_sales_in_another_order_restate_nothing(two: tuple[Snapshot, Snapshot], tmp_path: Path) -> None:
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in before().items()}
    again = frozen(tmp_path, shuffled)
    assert (again.folder / "ledger.parquet").read_bytes() == (two[0].folder / "ledger.parquet").read_bytes()
    assert restated_since(two[0], again).empty


def test_rows_without_an_id_are_known_by_what_they_say(tmp_path: Path) -> None:
    tables = before()
    sold = ("- P1 2026-07-01 5 -", "- P1 2026-07-01 5 -", "- P1 2026-07-02 5 EUR", "- P2 2026-07-01 6 -")
    tables["sales"] = rows(SALES, *sold)
    old = frozen(tmp_path / "old", tables)
    tables["sales"] = rows(SALES, "- P1 2026-07-01 4 -", *sold[:2], sold[3], sold[3], sold[3])
    assert told(restated_since(old, frozen(tmp_path / "new", tables))) == {
        ("P1", QUARTER, "late"): (Decimal("4"), 1),
        ("P1", QUARTER, "deleted"): (Decimal("-5.50"), 1),
        ("P2", QUARTER, "late"): (Decimal("12"), 2),
    }


def test_by_month_each_month_is_told(tmp_path: Path) -> None:
    old, new = (
        frozen(tmp_path / name, tables, quarter="2026-09") for name, tables in (("old", before()), ("new", after()))
    )
    found = told(restated_since(old, new))
    assert found["P1", "2026-08", "changed"] == (Decimal("-50"), 1)
    assert found["P1", "2026-09", "changed"] == (Decimal("50"), 1)
    assert {period for _, period, _ in found} == {"2026-04", "2026-07", "2026-08", "2026-09"}


def test_periods_that_were_running_are_not_restated(tmp_path: Path) -> None:
    old = frozen(tmp_path / "old", before(), as_of="2026-08-15")
    new = frozen(tmp_path / "new", after())
    assert set(restated_since(old, new)["period"]) == {"2026Q2"}


def test_what_knows_less_or_is_in_another_currency_is_not_compared(
    two: tuple[Snapshot, Snapshot], tmp_path: Path
) -> None:
    old, new = two
    later = frozen(tmp_path, before(), as_of="2026-10-05")
    assert restated_since(later, new).empty
    assert restated_since(replace(old, about=replace(old.about, currency="EUR")), new).empty


def test_a_row_that_came_in_late_shows_the_day_known_first(tmp_path: Path) -> None:
    tables = before()
    tables["sales"] = tables["sales"].assign(recorded_on=None)
    tables["sales"].loc[1, "recorded_on"] = "2026-10-08"
    old, new = (frozen(tmp_path / day, tables, as_of=day) for day in ("2026-10-05", "2026-10-20"))
    found = restated_since(old, new)
    assert told(found) == {("P2", QUARTER, "late"): (Decimal("20"), 1)}
    assert list(found["first_as_of"]) == ["2026-10-05"]


# Two tiers: what a distributor bought holds what its reseller sold on.
def test_what_does_not_count_twice_is_not_restated_twice(tmp_path: Path) -> None:
    firms = rows("partner_id name channel distributor_id", "D Dis distributor -", "R Res reseller D")
    columns = "sale_id partner_id sold_on revenue basis"
    sold = ("1 D 2026-07-01 100 sell_in", "2 R 2026-07-01 40 sell_through")
    late = ("3 D 2026-07-02 10 sell_in", "4 R 2026-07-02 5 sell_through", "5 R 2026-07-02 3 sell_in")
    one, other = ({"partners": firms, "sales": rows(columns, *lines)} for lines in (sold, (*sold, *late)))
    old, new = frozen(tmp_path / "old", one), frozen(tmp_path / "new", other)
    found = restated_since(old, new)
    assert told(found) == {("D", QUARTER, "late"): (Decimal("10"), 1), ("R", QUARTER, "late"): (Decimal("5"), 1)}
    now, then = (float(_revenue(snapshot.frame("total"))[QUARTER]) for snapshot in (new, old))
    assert float(of_all(found)["amount"].sum()) == now - then == 10


def _revenue(frame: pd.DataFrame) -> dict[str, float]:
    frame = frame[frame["metric"].eq("revenue")]
    return dict(zip(frame["period"], frame["value"], strict=True))


# The law: whatever the rows, their ids, mergers and rates, the causes add up to the difference.

PARTNERS = ("P1", "P2", "P3", "P4")
FIRST_DAY = date(2026, 1, 1)
amounts = st.decimals(-1000, 1000, places=2)
sale = st.fixed_dictionaries(
    {
        "firm": st.sampled_from(PARTNERS),
        "day": st.integers(0, 272).map(lambda days: FIRST_DAY + timedelta(days)),
        "currency": st.sampled_from(["USD", "EUR"]),
        "amount": amounts | st.just(Decimal(5)),
        "counts": st.sampled_from([True, True, True, False]),
    }
)
state = st.fixed_dictionaries(
    {
        "merged": st.dictionaries(st.sampled_from(PARTNERS[:2]), st.sampled_from(PARTNERS[2:])),
        "rate": st.sampled_from([Decimal("1.1"), Decimal("1.234567891"), Decimal("0.9")]),
        "passed_on": st.dictionaries(st.sampled_from(PARTNERS), st.sampled_from(PARTNERS), max_size=2),
    }
)


@st.composite
def histories(draw: Callable) -> tuple[list[dict], list[dict]]:
    """Sales with and without ids, and what became of them: kept, gone, changed, and some more."""
    old = [row | {"id": name if draw(st.booleans()) else None} for name, row in enumerate(draw(st.lists(sale)))]
    new = []
    for row in old:
        fate = draw(st.sampled_from(["kept", "kept", "gone", "changed", "id lost"]))
        if fate == "changed":
            names = draw(st.sets(st.sampled_from(["firm", "day", "currency", "amount", "counts"]), min_size=1))
            new.append(row | {name: value for name, value in draw(sale).items() if name in names})
        elif fate != "gone":
            new.append(row | ({"id": None} if fate == "id lost" else {}))
    more = draw(st.lists(sale, max_size=4))
    new += [row | {"id": 1000 + name if draw(st.booleans()) else None} for name, row in enumerate(more)]
    return old, draw(st.permutations(new))


def valued(sales: list[dict], known: dict) -> list[dict]:
    """The sales as a book would have them: at a rate, at the firm that took over the one that sold."""
    return [
        {
            "sale_id": None if row["id"] is None else str(row["id"]),
            "partner_id": known["merged"].get(row["firm"], row["firm"]),
            "original_partner_id": row["firm"],
            "sold_on": row["day"],
            "original_currency": row["currency"],
            "original_revenue": row["amount"],
            "revenue": row["amount"]
            if row["currency"] == "USD"
            else (row["amount"] * known["rate"]).quantize(Decimal("0.01"), ROUND_HALF_UP),
            "is_revenue": row["counts"],
        }
        for row in sales
    ]


def ledger(path: Path, sales: list[dict], known: dict) -> Path:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA kept")
        con.execute("CREATE TABLE kept.passed_on (fact VARCHAR, partner_id VARCHAR, distributor_id VARCHAR)")
        for link in known["passed_on"].items():
            con.execute("INSERT INTO kept.passed_on VALUES ('sales', ?, ?), ('plans', 'P1', 'P2')", [*link])
        con.execute(
            "CREATE TABLE sales (sale_id VARCHAR, partner_id VARCHAR, original_partner_id VARCHAR, sold_on DATE, "
            "original_currency VARCHAR, original_revenue DECIMAL(38,6), revenue DECIMAL(38,6), is_revenue BOOLEAN, "
            "recorded_on DATE)"
        )
        for row in sales:
            con.execute("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", [*row.values()])
        write_ledger(SimpleNamespace(con=con), path)
    return path


def sums(sales: list[dict], passed_on: dict[str, str], *, whole: bool) -> dict[tuple[str, str], Decimal]:
    """Revenue by partner and quarter: its own, without what it sold to itself before it merged; or as all count it."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in sales:
        buyer = passed_on.get(row["original_partner_id"])
        if row["is_revenue"] and (buyer is None if whole else buyer != row["partner_id"]):
            found[row["partner_id"], CALENDAR.quarter_of(row["sold_on"])] += row["revenue"]
    return found


@settings(max_examples=150, deadline=None)
@given(histories(), state, state)
def test_the_causes_add_up_to_the_difference(tmp_path_factory, sales, once, now) -> None:
    folder = tmp_path_factory.mktemp("law")
    old, new = (valued(rows, known) for rows, known in zip(sales, (once, now), strict=True))
    paths = ledger(folder / "old.parquet", old, once), ledger(folder / "new.parquet", new, now)
    months = closed_months(*paths, on=date(2026, 9, 30), like=QUARTER, calendar=CALENDAR)
    found = records(differences(*paths, months=months).to_pandas())
    for column, whole in (("amount", False), ("in_all", True)):
        counted = sums(old, once["passed_on"], whole=whole), sums(new, now["passed_on"], whole=whole)
        added: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in found:
            added[row["partner_id"], row["period"]] += row[column]
        places = {*counted[0], *counted[1], *added}
        assert {p: added[p] for p in places} == {p: counted[1][p] - counted[0][p] for p in places}
    assert {row["cause"] for row in found} <= {*CAUSES}
    assert all(row["rows"] > 0 and (row["amount"] or row["in_all"]) for row in found)
    if once["merged"] == now["merged"]:
        assert "merged" not in {row["cause"] for row in found}
    if once["rate"] == now["rate"]:
        assert "currency" not in {row["cause"] for row in found}
    # Moved between firms, a sale is worth what it was.
    assert sum(row["in_all"] for row in found if row["cause"] == "merged") == 0


@settings(max_examples=12, deadline=None)
@given(histories())
def test_the_causes_add_up_to_the_difference_of_the_metric(tmp_path_factory, sales) -> None:
    folder = tmp_path_factory.mktemp("metric")
    revenue, places = [], []
    for name, sold in zip(("old", "new"), sales, strict=True):
        lines = [f"{row['id'] or '-'} {row['firm']} {row['day']} {row['amount']} USD" for row in sold]
        firms = rows(FIRMS, *(f"{firm} {firm} reseller - -" for firm in PARTNERS))
        anchor = "x P1 2026-01-01 0 USD"
        # A sale of nothing, so that no period lacks a figure.
        with open_book({"partners": firms, "sales": rows(SALES, anchor, *lines)}, quarter=QUARTER) as book:
            write_ledger(book, folder / f"{name}.parquet")
            found = measure(book, ["revenue"], by=["partner_id", "quarter"])
        revenue.append(found.set_index(["partner_id", "quarter"])["value"])
        places.append(folder / f"{name}.parquet")
    months = closed_months(*places, on=date(2026, 9, 30), like=QUARTER, calendar=CALENDAR)
    change = Counter({key: float(value) for key, value in revenue[1].dropna().items()})
    change.subtract({key: float(value) for key, value in revenue[0].dropna().items()})
    for row in records(differences(*places, months=months).to_pandas()):
        change[row["partner_id"], row["period"]] -= float(row["amount"])
    assert all(abs(left) < 0.005 for left in change.values())


# What is kept, and what a run says.


def replaced(folder: Path, tables: Tables, **chosen: object) -> tuple[Snapshot, bool]:
    first = first_report(folder)
    with held(folder), open_book(tables, **({"quarter": QUARTER} | chosen)) as book:
        return replace_snapshot(
            folder, lambda beside: freeze(book, beside, Settings(min_peers=1), firsts=[first] if first else [])
        )


def test_a_snapshot_that_is_replaced_is_kept_as_it_was(tmp_path: Path) -> None:
    assert first_report(tmp_path) is None
    one, _ = replaced(tmp_path, before())
    bytes_then = {path.name: path.read_bytes() for path in one.folder.iterdir()}
    again, changed = replaced(tmp_path, before())
    assert (again.data_version, changed) == (one.data_version, False)
    assert not (tmp_path / KEPT).exists()
    two, changed = replaced(tmp_path, after())
    assert changed
    assert two.data_version != one.data_version
    (kept,) = (tmp_path / KEPT).iterdir()
    assert kept.name == f"0001-{one.data_version}"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == bytes_then
    first = first_report(tmp_path)
    assert first is not None
    assert first.data_version == one.data_version
    assert not two.frame(RESTATED).empty
    back, changed = replaced(tmp_path, before())
    assert (back.data_version, changed) == (one.data_version, True)
    assert back.frame(RESTATED).empty
    replaced(tmp_path, after())
    assert [path.name for path in sorted((tmp_path / KEPT).iterdir())] == [
        f"0001-{one.data_version}",
        f"0002-{two.data_version}",
    ]


def test_the_first_report_is_the_first_of_the_period_when_it_was_over(tmp_path: Path) -> None:
    replaced(tmp_path, before(), as_of="2026-08-31")
    assert first_report(tmp_path) is None
    whole, _ = replaced(tmp_path, before())
    assert whole.frame(RESTATED).empty
    replaced(tmp_path, after(), as_of="2026-10-20")
    first = first_report(tmp_path)
    assert first is not None
    assert first.data_version == whole.data_version


def test_a_snapshot_that_cannot_be_read_is_kept_too(tmp_path: Path) -> None:
    replaced(tmp_path, before())
    (tmp_path / "snapshot" / "about.json").write_text(json.dumps({"about": {"vendor": "?"}, "data_version": "1"}))
    _, changed = replaced(tmp_path, before())
    assert changed
    assert [path.name for path in (tmp_path / KEPT).iterdir()] == ["0001-unreadable"]


def test_each_period_is_compared_with_its_own_first_report(tmp_path: Path) -> None:
    """A late row of 2026Q2 that was known when 2026Q3 was first reported is news to readers of 2026Q2."""
    tables = before()
    early = tables["sales"][~tables["sales"]["sale_id"].eq("4")]
    q2 = frozen(tmp_path / "q2", tables | {"sales": early}, quarter="2026Q2")
    own = frozen(tmp_path / "own", tables)
    with open_book(after(), quarter=QUARTER) as book:
        new = freeze(book, tmp_path / "new", Settings(min_peers=1), firsts=[own, q2])
    found = new.frame(RESTATED)
    assert set(found["period"]) == {QUARTER}, "2026Q2 had no such row at first, and has none again"
    with open_book(tables, quarter=QUARTER) as book:
        same = freeze(book, tmp_path / "same", Settings(min_peers=1), firsts=[own, q2])
    assert told(same.frame(RESTATED)) == {("P3", "2026Q2", "late"): (Decimal("7"), 1)}
    assert list(same.frame(RESTATED)["first_as_of"]) == ["2026-06-30"]


@pytest.mark.parametrize("as_of", ["2026-06-30", "2026-10-05"])
def test_a_second_run_on_the_same_data_gives_the_same_bytes(tmp_path: Path, as_of: str) -> None:
    tables = before()
    early = tables | {"sales": tables["sales"][~tables["sales"]["sale_id"].isin(["4", "1"])]}
    tables["sales"] = pd.concat([tables["sales"], rows(SALES, "7 P3 2026-01-05 6 -")], ignore_index=True)
    q2 = frozen(tmp_path / "q2", early, quarter="2026Q2", as_of=as_of)
    runs = []
    for name in ("first", "second"):
        with open_book(tables, quarter=QUARTER, as_of="2026-10-05") as book:
            firsts = [*runs[:1], q2]
            runs.append(freeze(book, tmp_path / name, Settings(min_peers=1), firsts=firsts))
    assert [run.data_version for run in runs] == [runs[0].data_version] * 2
    assert set(runs[0].frame(RESTATED)["period"]) == {"2026Q1", "2026Q2"}


def test_in_the_whole_each_sale_is_counted_once(tmp_path: Path) -> None:
    tables = before()
    old = frozen(tmp_path / "old", tables)
    sold = ["1 P1 2026-07-01 10 EUR", "2 P3 2026-07-01 20 -", "3 P3 2026-07-01 130 -", "- P3 2026-07-01 5 -"]
    sold += ["- P3 2026-07-01 5 -", "4 P1 2026-04-01 7 -", "5 P1 2026-08-01 50 -"]
    with open_book(tables | {"sales": rows(SALES, *sold)}, quarter=QUARTER) as book:
        new = freeze(book, tmp_path / "new", Settings(min_peers=1), firsts=[old])
    (said,) = (sentence.text("USD") for sentence in restated_in_all(new))
    assert said.endswith("now: changed rows +100.00 (2 rows).")


def test_what_cancels_out_is_not_said_to_be_restated_too(tmp_path: Path) -> None:
    tables = before()
    old = frozen(tmp_path / "old", tables)
    tables["sales"].loc[5, "sale_id"] = "40"
    with open_book(tables, quarter=QUARTER) as book:
        new = freeze(book, tmp_path / "new", Settings(min_peers=1), firsts=[old])
    assert told(new.frame(RESTATED)) == {
        ("P3", "2026Q2", "late"): (Decimal("7"), 1),
        ("P3", "2026Q2", "deleted"): (Decimal("-7"), 1),
    }
    assert restated_in_all(new) == []


def test_pages_say_in_a_sentence_what_was_restated(tmp_path: Path) -> None:
    replaced(tmp_path, before())
    new, _ = replaced(tmp_path, after())
    third = gated(new, "P3", "internal")
    assert set(third.frames[RESTATED]["partner_id"]) == {"P3"}
    said = (
        "2026Q3 was first reported with USD 40.00, as known on 2026-09-30; it is USD 13.01 now: "
        "late rows +1.01 (1 row), changed rows −23.00 (2 rows) and deleted rows −5.00 (1 row)."
    )
    for page in (profile.summary(third), qbr.summary(third)):
        assert said in page.text
        assert "Restated too: 2026Q2 by −7.00." in page.text
        facts = {fact.id: fact.value for fact in page.facts}
        assert facts["revenue||2026Q3|first_reported"] == 40
        assert facts["restatement|cause=changed|2026Q3|actual"] == -23
        assert facts["restatement||2026Q2|actual"] == -7
    (main, also) = (sentence.text("USD") for sentence in restated_in_all(new))
    assert main == (
        "2026Q3 was first reported with USD 121.00, as known on 2026-09-30; it is USD 126.51 now: "
        "late rows +1.01 (1 row), changed rows +8.50 (3 rows), deleted rows −5.00 (1 row) "
        "and other exchange rates +1.00 (1 row)."
    )
    assert also == "Restated too: 2026Q2 by −7.00."


def test_pages_whose_figures_stand_say_nothing(tmp_path: Path) -> None:
    replaced(tmp_path, before())
    changed = before()
    changed["sales"].loc[1, "revenue"] = "21"
    new, _ = replaced(tmp_path, changed)
    assert "first reported" in profile.summary(gated(new, "P2", "partner")).text
    assert "first reported" not in profile.summary(gated(new, "P1", "internal")).text
    only = frozen(tmp_path / "only", small_vendor())
    assert "reported" not in profile.summary(gated(only, "P1", "internal")).text
    assert restated_in_all(only) == []


def test_a_run_tells_what_it_restates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path, partners=("P1",))
    monkeypatch.chdir(tmp_path)

    def said() -> str:
        console = Console(file=io.StringIO(), width=80)
        run(Path("params/small.yaml"), Choice(notebooks=("channel",), jobs=1), today=date(2026, 10, 5), console=console)
        return console.file.getvalue()

    front = tmp_path / "runs" / "small" / QUARTER / "index.html"
    assert "first reported" not in said() + front.read_text()
    with (tmp_path / "data" / "sales.csv").open("a") as sales:
        sales.write("P1,2026-09-01,0.01\n")
    sentence = "2026Q3 was first reported with USD 204.00, as known on 2026-09-30; it is USD 204.01 now: "
    assert f"{sentence}late rows +0.01 (1 row)." in said()
    page = front.read_text()
    assert '<data value="204.0" data-fact="revenue||2026Q3|first_reported">204.00</data>' in page
    assert "late rows" in page
    assert "first reported" in said(), "a run that is started again tells it again"
