"""Laws that every metric keeps, walked over the registry on a vendor who gives every table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.book.contract import DATE, MONTH, QUARTER, TIMESTAMP, YEAR
from channelnb.book.sample import write_sample
from channelnb.book.tables import CONTRACT
from channelnb.metrics.measure import measure
from channelnb.metrics.once import adds_up
from channelnb.metrics.parts import Amount, Part, Ratio, terms
from channelnb.metrics.registry import METRICS, Metric
from channelnb.metrics.values import missing

PERIOD = "2026Q2"
NUMBERS = ["numerator", "denominator", "value", "n", "low", "high"]
LATER = pd.DateOffset(years=20)

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small sample vendor."""
    return write_sample(tmp_path_factory.mktemp("laws"), partners=14)


@pytest.fixture(scope="module")
def tables(source: Path) -> Tables:
    """All its tables."""
    return {path.stem: pd.read_parquet(path) for path in sorted(source.glob("*.parquet"))}


@pytest.fixture(scope="module")
def opened(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Tables], Book]:
    """Opens the vendor with other tables than its own."""

    def book(tables: Tables) -> Book:
        folder = tmp_path_factory.mktemp("vendor")
        shutil.copy(source / "source.yaml", folder)
        for name, frame in tables.items():
            frame.to_parquet(folder / f"{name}.parquet")
        return open_book(folder, quarter=PERIOD)

    return book


@pytest.fixture(scope="module")
def book(opened, tables: Tables) -> Iterator[Book]:
    with opened(tables) as made:
        yield made


def test_input_is_unchanged(tables: Tables) -> None:
    """Frames that were handed over are the caller's still."""
    own = {name: frame.assign(currency="USD") if "currency" in frame else frame for name, frame in tables.items()}
    before = {name: frame.copy() for name, frame in own.items()}
    with open_book(own, quarter=PERIOD) as made:
        measure(made, by=["partner_id"])
    for name, frame in before.items():
        pd.testing.assert_frame_equal(own[name], frame)


def by_metric(frame: pd.DataFrame, *keys: str) -> dict[str, pd.DataFrame]:
    """The rows of each metric, in the order of their keys."""
    return {str(name): rows.sort_values([*keys], ignore_index=True) for name, rows in frame.groupby("metric")}


@pytest.fixture(scope="module")
def by_partner(book: Book) -> dict[str, pd.DataFrame]:
    return by_metric(measure(book, by=["partner_id"]), "partner_id")


@pytest.fixture(scope="module")
def in_all(book: Book) -> pd.DataFrame:
    return measure(book).set_index("metric")


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Two measures are alike; scores are added up in whatever order, so the last digits may differ."""
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_every_metric_is_measured_on_the_sample(in_all: pd.DataFrame) -> None:
    assert set(in_all.index) == set(METRICS)
    assert not set(in_all.index[in_all["state"].eq("not_measurable")])


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is_and_is_worked_by_hand(name: str) -> None:
    metric = METRICS[name]
    assert f'worked("{name}"' in metric.example.replace("'", '"')
    assert "\n\n" in metric.about, "beside the first sentence, say what counts and where it misleads"
    assert "Source:" in metric.about


@pytest.fixture(scope="module")
def shuffled(opened, tables: Tables) -> dict[str, pd.DataFrame]:
    with opened({name: frame.sample(frac=1, random_state=3) for name, frame in tables.items()}) as other:
        return by_metric(measure(other, by=["partner_id"]), "partner_id")


@pytest.mark.parametrize("name", METRICS)
def test_the_order_of_rows_is_irrelevant(name: str, by_partner, shuffled) -> None:
    same(by_partner[name], shuffled[name])


def sides(metric: Metric) -> dict[str, list[tuple[int, Part]]]:
    """The signed parts of the columns of a measure that are sums of parts."""
    match metric.formula:
        case Amount(value):
            return {"numerator": list(terms(value))}
        case Ratio(above, below):
            return {"numerator": list(terms(above)), "denominator": list(terms(below))}
    return {}


SUMS = [(name, column) for name, metric in METRICS.items() for column in sides(metric)]


@pytest.mark.parametrize(("name", "column"), SUMS)
def test_what_is_additive_adds_up_and_the_rest_is_no_more_than_the_sum(
    name: str, column: str, book: Book, by_partner, in_all: pd.DataFrame
) -> None:
    parts = sides(METRICS[name])[column]
    whole = in_all.loc[name, column]
    if by_partner[name]["state"].eq("not_measurable").all():
        pytest.fail(f"{name} is not measurable by partner") if name not in NOT_BY_PARTNER else None
        return
    added = by_partner[name][column].sum()
    if all(adds_up(book, part) for _, part in parts):
        assert added == pytest.approx(0 if np.isnan(whole) else whole, rel=1e-9, abs=1e-6)
    # A customer who moved from one partner to another stayed with the vendor, and with neither of them.
    elif all(
        sign > 0 and part.aggregate != "days_since" and not (part.also_in or part.at_most_in) for sign, part in parts
    ):
        assert added >= whole * (1 - 1e-9) or np.isnan(whole)


NOT_BY_PARTNER = {"market_penetration", "leads_kept_direct", "leads_kept_value", "kept_lead_score"}


@pytest.fixture(scope="module")
def with_later_rows(opened, tables: Tables) -> dict[str, pd.DataFrame]:
    """The same vendor some time later: rows of each table come again twenty years on."""
    # A later entry in a firm's history says that its own row is of today, so that it does change what was before.
    left_alone = ("fx_rates", "partner_history")
    rows = {name: moved(name, frame.head(0 if name in left_alone else 200)) for name, frame in tables.items()}
    later = {name: pd.concat([frame, rows[name]]) for name, frame in tables.items()}
    with opened(later) as other:
        return by_metric(measure(other, by=["partner_id"]), "partner_id")


def moved(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table with all dates twenty years later, as new ones."""
    table, rows = CONTRACT[name], rows.copy()
    dates = {
        c.name: c.kind for c in table.columns if c.name in rows and c.kind in (DATE, MONTH, TIMESTAMP, QUARTER, YEAR)
    }
    if not dates or (not table.known and not {QUARTER, YEAR} & {*dates.values()}):
        return rows.head(0)
    for column, kind in dates.items():
        if kind in (QUARTER, YEAR):
            text = rows[column].astype(str)
            rows[column] = (text.str[:4].astype(int) + 20).astype(str) + text.str[4:]
        else:
            rows[column] = (pd.to_datetime(rows[column]) + LATER).astype(rows[column].dtype)
    for key in [table.key] if table.key else []:
        rows[key] = "late " + rows[key].astype(str)
    return rows


@pytest.mark.parametrize("name", METRICS)
def test_what_comes_later_changes_nothing(name: str, by_partner, with_later_rows) -> None:
    same(by_partner[name], with_later_rows[name])


@pytest.fixture(scope="module")
def of_nothing(opened, tables: Tables) -> dict[str, pd.DataFrame]:
    empty = {name: frame if name in ("partners", "fx_rates") else frame.head(0) for name, frame in tables.items()}
    with opened(empty) as other:
        return by_metric(measure(other, by=["partner_id"]), "partner_id")


FROM_PARTNERS = {name for name, metric in METRICS.items() if {part.table for part in metric.parts} == {"partners"}}


@pytest.mark.parametrize("name", [name for name in METRICS if name not in FROM_PARTNERS])
def test_empty_tables_give_no_data(name: str, of_nothing) -> None:
    assert set(of_nothing[name]["state"]) <= {"no_data", *(["not_measurable"] if name in NOT_BY_PARTNER else [])}
    assert of_nothing[name]["value"].isna().all()


NEEDED = sorted(
    {
        need
        for metric in METRICS.values()
        for part in metric.parts
        for need in part.needs
        if not CONTRACT[need[0]].by_name[need[1]].required
    }
)


@pytest.mark.parametrize(("table", "column"), NEEDED)
def test_a_column_that_is_missing_is_named(table: str, column: str, tables: Tables) -> None:
    few = {name: frame.head(14) for name, frame in tables.items() if name != "fx_rates"}
    few = {name: frame.assign(currency="USD") if "currency" in frame else frame for name, frame in few.items()}
    told = f"table {table} has no column {column}"
    with open_book(few | {table: few[table].drop(columns=column)}, quarter=PERIOD) as other:
        for name, metric in METRICS.items():
            needed = [part for part in metric.parts if (table, column) in part.needs]
            # A stock without a first or last date has always been there; what is optional counts as nothing.
            free = all(part.optional or (part.until and column in (part.at, part.until)) for part in needed)
            reasons = {missing(other, part) for part in needed}
            assert free or told in reasons, name


def test_a_metric_that_lacks_a_column_is_not_measurable(tables: Tables) -> None:
    few = {name: tables[name].head(14).drop(columns="currency") for name in ("partners", "sales", "opportunities")}
    with open_book(few | {"sales": few["sales"].drop(columns="cost")}, quarter=PERIOD) as other:
        found = measure(other, ["gross_margin", "revenue"], by=["partner_id"])
    states = found.groupby("metric")[["state", "reason"]].agg(set).to_dict("index")
    assert states["gross_margin"] == {"state": {"not_measurable"}, "reason": {"table sales has no column cost"}}
    assert "not_measurable" not in states["revenue"]["state"]
