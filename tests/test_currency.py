"""Money in other currencies becomes the vendor's own, exactly, at the rate of the row's month."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.book.currency import Rates
from channelnb.errors import BadSource

PARTNERS = pd.DataFrame({"partner_id": ["P1"], "name": ["Acme"], "channel": ["reseller"]})
RATES = ["2026-07-01 EUR 1.1", "2026-08-01 EUR 1.234567891", "2026-09-01 EUR 1.3"]


def frame(columns: str, *lines: str) -> pd.DataFrame:
    cells = [[None if word == "-" else word for word in line.split()] for line in lines]
    return pd.DataFrame(cells, columns=columns.split(), dtype="object")


def book_of(*, as_of: str = "2026-09-30", rates: list[str] | None = None, **tables: pd.DataFrame) -> Book:
    sales = frame("partner_id sold_on revenue", "P1 2026-07-01 1")
    lines = [f"{line} -" if line.count(" ") == 2 else line for line in rates or []]
    if lines:
        tables["fx_rates"] = frame("month currency rate kind", *lines)
    return open_book({"partners": PARTNERS, "sales": sales, **tables}, as_of=as_of)


def money(book: Book, columns: str, table: str) -> list[tuple[object, ...]]:
    return book.con.execute(f"SELECT {columns} FROM {table}").fetchall()


def test_rows_take_the_rate_of_their_month_and_are_rounded_once_to_cents() -> None:
    sales = frame(
        "partner_id sold_on revenue cost currency",
        "P1 2026-07-31 100 - EUR",
        "P1 2026-08-01 0.01 1000000.01 EUR",
        "P1 2026-08-15 -4.05 - EUR",
        "P1 2026-09-01 1.005 2 USD",
        "P1 2026-09-01 1.234567 2 -",
    )
    book = book_of(sales=sales, rates=RATES)
    assert money(book, "revenue, cost, currency, original_currency", "sales") == [
        (Decimal("110.000000"), None, "USD", "EUR"),
        (Decimal("0.010000"), Decimal("1234567.900000"), "USD", "EUR"),
        (Decimal("-5.000000"), None, "USD", "EUR"),
        (Decimal("1.005000"), Decimal("2.000000"), "USD", "USD"),
        (Decimal("1.234567"), Decimal("2.000000"), "USD", "USD"),
    ]


@pytest.mark.parametrize("sign", ["", "-"])
def test_half_a_cent_goes_away_from_zero(sign: str) -> None:
    sales = frame("partner_id sold_on revenue currency", f"P1 2026-07-01 {sign}0.05 EUR")
    book = book_of(sales=sales, rates=["2026-07-01 EUR 0.1"])
    assert money(book, "revenue", "sales") == [(Decimal(f"{sign}0.010000"),)]


def test_amounts_of_millions_are_exact() -> None:
    sales = frame("partner_id sold_on revenue currency", "P1 2026-07-01 9999999999999.99 JPY")
    book = book_of(sales=sales, rates=["2026-07-01 JPY 0.006789123"])
    exact = (Decimal("9999999999999.99") * Decimal("0.006789123")).quantize(Decimal("0.01"))
    assert money(book, "revenue", "sales") == [(exact,)]


def test_plans_take_the_planning_rate_where_there_is_one() -> None:
    plans = frame(
        "month target_revenue partner_id currency",
        "2026-07-01 10 P1 EUR",
        "2026-08-01 10 P1 EUR",
        "2027-01-01 10 P1 EUR",
    )
    sales = frame("partner_id sold_on revenue currency", "P1 2026-07-01 10 EUR")
    rates = ["2026-07-01 EUR 1.1 actual", "2026-07-01 EUR 2 plan", "2026-08-01 EUR 1.2 actual", "2027-01-01 EUR 3 plan"]
    book = book_of(plans=plans, sales=sales, rates=rates)
    assert money(book, "target_revenue::INT", "plans") == [(20,), (12,), (30,)]
    assert money(book, "revenue::INT", "sales") == [(11,)]
    assert money(book, "target_revenue::INT", "plans_in_force ORDER BY month") == [(20,), (12,), (30,)]


def test_quarters_take_their_first_month_and_undated_rows_the_latest_rate() -> None:
    book = book_of(
        as_of="2026-08-31",
        rates=RATES,
        mdf_budgets=frame(
            "partner_id quarter allocated currency", "P1 2026Q3 100 EUR", "P1 2027Q1 100 EUR", "P1 2026Q3 1 USD"
        ),
        partners=PARTNERS.assign(annual_revenue="100", currency="EUR"),
        costs=frame("partner_id month kind amount currency", "P1 2026-07-01 visits 100 EUR"),
        opportunities=frame("opportunity_id partner_id amount outcome currency", "1 P1 100 open EUR"),
    )
    # September's rate is not known yet at the end of August.
    assert money(book, "allocated", "mdf_budgets") == [(Decimal("110"),), (Decimal("123.46"),), (Decimal("1"),)]
    assert money(book, "amount", "costs") == [(Decimal("110"),)]
    assert money(book, "annual_revenue", "partners") == [(Decimal("123.46"),)]
    assert money(book, "amount", "opportunities") == [(Decimal("123.46"),)]


def test_a_missing_rate_names_months_currencies_and_rows() -> None:
    sales = frame(
        "partner_id sold_on revenue currency", "P1 2026-06-01 1 EUR", "P1 2026-06-02 1 EUR", "P1 2026-07-02 1 GBP"
    )
    said = r"`sales` needs exchange rates that are not in fx_rates: EUR in 2026-06 \(2 rows\), "
    with pytest.raises(BadSource, match=said + r"GBP in 2026-07 \(1 row\); add a row"):
        book_of(sales=sales, rates=RATES)
    with pytest.raises(BadSource, match=said + "GBP in 2026-07"):
        book_of(sales=sales)
    later = book_of(sales=sales, rates=RATES, as_of="2026-05-31")
    assert money(later, "count(*)", "sales") == [(0,)], "what isn't known yet needs no rate"


def test_two_rates_for_one_month_are_refused() -> None:
    with pytest.raises(
        BadSource, match=r"two actual rates for EUR in 2026-07: 1\.100000000 and 1\.200000000; keep one"
    ):
        book_of(rates=["2026-07-01 EUR 1.1", "2026-07-01 EUR 1.2"])


def test_a_past_month_never_borrows_a_rate() -> None:
    eur = {dt.date(2026, 7, 1): Decimal("1.1")}
    rates = Rates({("actual", "EUR"): eur, ("plan", "GBP"): eur}, dt.date(2026, 9, 30))
    assert rates.at("EUR", dt.date(2026, 8, 1)) is None
    assert rates.at("GBP", dt.date(2026, 7, 1)) is None
    assert rates.at("GBP", dt.date(2026, 7, 1), planned=True) == Decimal("1.1")
    assert rates.at("EUR", dt.date(2026, 10, 1)) == Decimal("1.1")
    assert rates.at("CHF", None) is None


def test_a_month_to_come_takes_the_planning_rate_or_the_latest_known() -> None:
    actual = {dt.date(2026, month, 1): Decimal(month) for month in (7, 8, 10)}
    plan = {dt.date(2026, month, 1): Decimal(-month) for month in (8, 11)}
    rates = Rates({("actual", "EUR"): actual, ("plan", "EUR"): plan}, dt.date(2026, 9, 30))
    assert rates.at("EUR", dt.date(2026, 8, 1)) == 8
    assert rates.at("EUR", dt.date(2026, 11, 1)) == -11
    assert rates.at("EUR", dt.date(2026, 12, 1)) == 8
    assert rates.at("EUR", None) == 8
