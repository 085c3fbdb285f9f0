"""Money in other currencies becomes the vendor's own, exactly, at the rate of the row's month."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.book.rates import Rates
from channelnb.chosen import Settings
from channelnb.errors import BadSource, MissingRate, RatesMissing
from channelnb.freezing import freeze
from channelnb.metrics.measure import measure
from channelnb.metrics.parts import Window, total
from channelnb.metrics.periods import periods
from channelnb.metrics.values import Asked
from channelnb.report import profile, qbr
from channelnb.report.shown import together
from channelnb.slice import gated
from channelnb.snapshot import Snapshot

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
    said = r"fx_rates lacks exchange rates that are needed: for `sales` EUR in 2026-06 \(2 rows\), "
    with pytest.raises(BadSource, match=said + r"GBP in 2026-07 \(1 row\); add a row"):
        book_of(sales=sales, rates=RATES)
    with pytest.raises(BadSource, match=said + "GBP in 2026-07"):
        book_of(sales=sales)
    later = book_of(sales=sales, rates=RATES, as_of="2026-05-31")
    assert money(later, "count(*)", "sales") == [(0,)], "what isn't known yet needs no rate"


def test_a_rate_that_was_rejected_is_told_where_it_is_missing() -> None:
    sales = frame("partner_id sold_on revenue currency", "P1 2026-07-02 1 EUR", "P1 2026-07-02 1,0 EUR")
    said = r"EUR in 2026-07 \(1 row\); add a row .*\. 2 rows of fx_rates were rejected, the first: "
    with pytest.raises(
        RatesMissing, match=said + r"fx_rates row 1, rate: not a rate above zero .* found '0'"
    ) as caught:
        book_of(sales=sales, rates=["2026-07-01 EUR 0", "2026-08-01 EUR -1"])
    assert caught.value.rejects["table"].tolist() == ["sales", "fx_rates", "fx_rates"]


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


EUR_SALES = frame(
    "sale_id partner_id sold_on revenue currency",
    "1 P1 2025-07-01 100 EUR",
    "2 P1 2026-07-01 100.005 EUR",
    "3 P1 2026-07-02 7.5 USD",
    "4 P1 2026-08-01 -0.05 EUR",
)
ACTUAL = ["2025-07-01 EUR 1.05 actual", "2026-07-01 EUR 1.1 actual", "2026-08-01 EUR 0.1 actual"]
PLANNED = ["2026-07-01 EUR 1 plan", "2026-08-01 EUR 0.3 plan"]


def test_sales_have_their_revenue_at_plan_rates_rounded_once_a_row() -> None:
    book = book_of(sales=EUR_SALES, rates=[*ACTUAL, *PLANNED])
    assert money(book, "revenue, revenue_at_plan_rates", "sales ORDER BY sale_id") == [
        (Decimal("105"), None),
        (Decimal("110.01"), Decimal("100.01")),
        (Decimal("7.5"), Decimal("7.5")),
        (Decimal("-0.01"), Decimal("-0.02")),
    ]
    assert money(book, "DISTINCT typeof(revenue_at_plan_rates)", "sales") == [("DECIMAL(38,6)",)]


def effects(book: Book, *by: str) -> dict[str, tuple[float, float, float, str]]:
    """Revenue, revenue at plan rates and the effect by period, and the state of the last two."""
    metrics = ["revenue", "revenue_at_plan_rates", "currency_effect"]
    found = measure(book, metrics, by=[*by])
    period = by[0] if by else "metric"
    assert set(found.loc[found["metric"].ne("revenue"), "state"].groupby(found[period]).nunique()) <= {1}
    return {
        str(name): (*rows.set_index("metric")["value"][metrics], rows["state"].iloc[-1])
        for name, rows in found.groupby(period if by else lambda _: "all")
    }


def test_the_effect_of_exchange_rates_is_revenue_less_revenue_at_plan_rates() -> None:
    by_year = effects(book_of(sales=EUR_SALES, rates=[*ACTUAL, *PLANNED]), "year")
    assert by_year["2026"] == (pytest.approx(117.5), pytest.approx(107.49), pytest.approx(10.01), "ok")


def test_a_year_before_the_first_plan_rate_has_no_data_rather_than_part_of_a_sum() -> None:
    book = book_of(sales=EUR_SALES, rates=[*ACTUAL, *PLANNED])
    by_quarter = effects(book, "quarter")
    assert [by_quarter[quarter][3] for quarter in ("2025Q3", "2026Q1", "2026Q3")] == ["no_data", "ok", "ok"]
    assert by_quarter["2025Q3"][0] == 105
    assert pd.isna(by_quarter["2025Q3"][1])
    assert effects(book)["all"][3] == "no_data", "the sum over everything would lack the first year"


@pytest.mark.parametrize("window, known", [(Window.PRIOR_YEAR, False), (Window.T12, True), (Window.PRIOR_T12, False)])
def test_windows_that_reach_before_the_first_plan_rate_are_not_told(window: Window, known: bool) -> None:
    book = book_of(sales=EUR_SALES, rates=[*ACTUAL, *PLANNED], as_of="2026-12-31")
    part = total("sales", "revenue_at_plan_rates", at="sold_on", where="is_revenue").over(window)
    during = periods(book, "quarter", dt.date(2026, 10, 1), dt.date(2026, 12, 1))
    assert Asked(book, [part], []).told(part, during).tolist() == [known]


def test_sales_in_the_vendors_own_currency_need_no_rates() -> None:
    sales = frame("partner_id sold_on revenue currency", "P1 2026-07-01 10.123456 USD", "P1 2026-07-01 5 -")
    book = book_of(sales=sales)
    assert effects(book)["all"] == (pytest.approx(15.123456), pytest.approx(15.123456), 0, "ok")
    assert list(measure(book, ["currency_effect"])["n"]) == [0]


def test_without_any_plan_rate_the_effect_is_not_measurable() -> None:
    book = book_of(sales=EUR_SALES, rates=[*ACTUAL, "2026-07-01 GBP 1 plan"])
    found = measure(book, ["revenue", "revenue_at_plan_rates", "currency_effect"])
    assert list(found["state"]) == ["ok", "not_measurable", "not_measurable"]
    assert list(found["reason"][1:]) == ["fx_rates has no plan rates for EUR"] * 2
    assert money(book, "revenue_at_plan_rates", "sales ORDER BY sale_id") == [
        (None,),
        (None,),
        (Decimal("7.5"),),
        (None,),
    ]


def test_a_year_with_some_plan_rates_needs_all_of_them() -> None:
    with pytest.raises(RatesMissing, match=r"`sales` the plan rate of EUR in 2026-08 \(1 row\); add a row") as raised:
        book_of(sales=EUR_SALES, rates=[*ACTUAL, PLANNED[0]])
    assert raised.value.missing == (MissingRate("sales", "EUR", dt.date(2026, 8, 1), "plan", 1),)


def test_the_fiscal_year_of_the_first_plan_rate_counts_from_its_first_month() -> None:
    rates = [*ACTUAL, "2026-08-01 EUR 0.3 plan"]
    with pytest.raises(RatesMissing, match=r"plan rate of EUR in 2026-07"):
        book_of(sales=EUR_SALES, rates=rates)


def test_the_missing_rates_of_all_tables_are_told_at_once() -> None:
    sales = frame("partner_id sold_on revenue currency", "P1 2026-06-01 1 EUR")
    costs = frame("partner_id month kind amount currency", "P1 2026-07-01 visits 1 GBP", "P1 2026-07-01 mail 1 GBP")
    plans = frame("month target_revenue partner_id currency", "2026-07-01 10 P1 CHF")
    partners = PARTNERS.assign(annual_revenue="100", currency="EUR")
    with pytest.raises(RatesMissing) as raised:
        book_of(sales=sales, costs=costs, plans=plans, partners=partners)
    assert {(m.table, m.currency, m.month, m.kind, m.rows) for m in raised.value.missing} == {
        ("sales", "EUR", dt.date(2026, 6, 1), "actual", 1),
        ("costs", "GBP", dt.date(2026, 7, 1), "actual", 2),
        ("plans", "CHF", dt.date(2026, 7, 1), "plan", 1),
        ("partners", "EUR", None, "actual", 1),
    }
    for said in ("`sales` EUR in 2026-06 (1 row)", "`costs` GBP in 2026-07 (2 rows)", "EUR in 2026-09 or before"):
        assert said in str(raised.value)


@pytest.mark.parametrize(
    "amount, rate, exact",
    [
        ("1000000000000000.005", "1", "1000000000000000.01"),
        ("-1000000000000000.005", "1", "-1000000000000000.01"),
        ("1000000000000000.004999", "1", "1000000000000000.00"),
        ("0.005", "1", "0.01"),
        ("-0.005", "1", "-0.01"),
        ("0.004999", "1", "0.00"),
        ("1.0049", "1.0001", "1.01"),
        ("1000000000000000", "0.000000001", "1000000.00"),
        ("999999999999999.99", "15999.123456789", "15999123456788999840.01"),
    ],
)
def test_amounts_are_multiplied_exactly_and_halves_go_away_from_zero(amount: str, rate: str, exact: str) -> None:
    sales = frame("partner_id sold_on revenue currency", f"P1 2026-07-01 {amount} EUR")
    book = book_of(sales=sales, rates=[f"2026-07-01 EUR {rate} actual", f"2026-07-01 EUR {rate} plan"])
    assert money(book, "revenue, revenue_at_plan_rates", "sales") == [(Decimal(exact), Decimal(exact))]


@pytest.mark.parametrize("amount, rate", [("1" + "0" * 23, "1"), ("1" + "0" * 15, "999999999")])
def test_an_amount_too_large_to_convert_exactly_is_refused(amount: str, rate: str) -> None:
    sales = frame("partner_id sold_on revenue currency", f"P1 2026-07-01 {amount} EUR")
    with pytest.raises(BadSource, match=r"`sales` has an amount of 1[0,]+\.00 EUR in 2026-07, too large to convert"):
        book_of(sales=sales, rates=[f"2026-07-01 EUR {rate}"])


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """P1 sells in euros too, P2 in dollars only."""
    partners = pd.concat([PARTNERS, PARTNERS.assign(partner_id="P2", name="Bea")])
    at_home = frame("sale_id partner_id sold_on revenue currency", "9 P2 2026-07-01 50 USD")
    rates = frame("month currency rate kind", *ACTUAL, *PLANNED)
    tables = {"partners": partners, "sales": pd.concat([EUR_SALES, at_home]), "fx_rates": rates}
    with open_book(tables, quarter="2026Q3") as book:
        return freeze(book, tmp_path_factory.mktemp("abroad"), Settings(min_peers=1))


def test_a_review_says_what_exchange_rates_account_for(abroad: Snapshot) -> None:
    partner = gated(abroad, "P1", "internal")
    shown = together([qbr.summary(partner), qbr.findings(partner)])
    said = "Revenue in 2026Q3 was USD 118; at plan rates it would have been USD 107: exchange rates account for USD 10."
    assert said in shown.text
    facts = {fact.id: fact.value for fact in shown.facts}
    assert facts["currency_effect||2026Q3|actual"] == pytest.approx(10.01)
    assert facts["revenue_at_plan_rates||2026Q3|actual"] == pytest.approx(107.49)
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in qbr.plan_and_pipeline(partner).text.splitlines()}
    assert lines["Actual at plan rates"][lines["Measure"].index("2026Q3")] == "107"
    assert "Currency effect" in profile.scorecard(partner).text


def test_a_review_of_a_partner_that_sells_in_dollars_is_silent_on_exchange_rates(abroad: Snapshot) -> None:
    partner = gated(abroad, "P2", "internal")
    pages = [qbr.findings(partner), qbr.plan_and_pipeline(partner), profile.scorecard(partner), profile.peers(partner)]
    assert not [page.text for page in pages if "plan rates" in page.text or "urrency" in page.text]
    assert "currency_effect" not in set(abroad.frame("peers")["metric"])
