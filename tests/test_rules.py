"""The rules: each fires on a small book that breaks it, and is silent on one that nearly does."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from channelnb.book.book import open_book
from channelnb.book.findings import of_missing_rates
from channelnb.book.rules import RULES, SEVERITIES
from channelnb.book.tables import CONTRACT
from channelnb.errors import BadSource, MissingRate, RatesMissing
from tables import rows

DATA = Path(__file__).resolve().parents[1] / "data"
Frames = dict[str, pd.DataFrame]

FIRMS = rows("partner_id name channel", "P1 Ada reseller", "P2 Bea reseller", "P3 Cyd integrator")


def vendor(**tables: pd.DataFrame) -> Frames:
    """Three partners and one sale of the quarter, and what a case adds or puts in their place."""
    return {"partners": FIRMS, "sales": rows("partner_id sold_on revenue", "P1 2026-08-01 10.00"), **tables}


def firms(*names: str, **columns: list[str | None]) -> pd.DataFrame:
    ids = [f"P{number}" for number in range(1, len(names) + 1)]
    return pd.DataFrame({"partner_id": ids, "name": names, "channel": "reseller", **columns})


def prices(*revenues: str, product: str = "R1") -> pd.DataFrame:
    """Sales of one piece each."""
    ids = [f"S{number}" for number in range(1, len(revenues) + 1)]
    same = {"partner_id": "P1", "product_id": product, "sold_on": "2026-08-01", "units": "1"}
    return pd.DataFrame({"sale_id": ids, "revenue": revenues, **same})


def found(frames: Frames, *, quarter: str | None = "2026Q3", as_of: str | None = None) -> dict[str, tuple[int, list]]:
    """What is found: for each rule with its table and column, the rows and the first of them."""
    with open_book(frames, quarter=quarter, as_of=as_of) as book:
        check = book.check()
    return {
        f"{row['rule']} {row['table']}.{row['column']}": (row["rows"], row["first_rows"])
        for row in check.to_dict("records")
    }


SOLD = "partner_id sold_on revenue"
USUAL = [f"{price}.00" for price in (95, 98, 100, 100, 101, 103, 105, 110)]
E_ACUTE = "\N{LATIN SMALL LETTER E WITH ACUTE}"
OVERDUE = "opportunity_id partner_id amount outcome expected_close_on"
WON = "opportunity_id partner_id amount outcome closed_on"
TWO_FORMS = [unicodedata.normalize(form, f"P{E_ACUTE}") for form in ("NFC", "NFD")]
TIERED = "partner_id valid_from tier"
MANAGERS = rows("manager_id name", "M1 Max", "M2 Mia")
YEAR = [f"2026-{month:02}-01" for month in range(1, 13)]


def plan(months: list[str], partner_id: str = "P1") -> pd.DataFrame:
    return pd.DataFrame({"month": months, "partner_id": partner_id, "target_revenue": "100"})


def managed(months: list[str], manager_id: str) -> pd.DataFrame:
    return pd.DataFrame({"month": months, "manager_id": manager_id, "target_revenue": "100"})


def versions(*lines: str) -> pd.DataFrame:
    """Plans of a year for P1, one row a month for each version and its line."""
    cells = (f"{month} P1 1 {line}" for month in YEAR for line in lines)
    return rows("month partner_id target_revenue version line", *cells)


def with_manager(manager_id: str) -> Frames:
    """The partners, all looked after by one of two managers."""
    return {"partners": FIRMS.assign(manager_id=manager_id), "managers": MANAGERS}


def bought(**columns: list[str]) -> pd.DataFrame:
    """One sale by P1 and one by P2 in August, 5.00 each."""
    return pd.DataFrame(
        {"partner_id": ["P1", "P2"], "sold_on": ["2026-08-01", "2026-08-20"], "revenue": ["5", "5"], **columns}
    )


FIRES: dict[str, tuple[Frames, str, int, list[str]]] = {
    "a sale of nobody": (
        vendor(sales=rows(SOLD, "P1 2026-08-01 1", "P9 2026-08-01 2", "P9 2026-08-02 3")),
        "dangling_reference sales.partner_id", 2, ["P9"],
    ),
    "a plan for nobody": (
        vendor(plans=plan(YEAR, "P9")), "dangling_reference plans.partner_id", 12, ["P9"],
    ),
    "a parent that is not there": (
        vendor(partners=FIRMS.assign(parent_id=["P7", None, None])), "dangling_reference partners.parent_id", 1, ["P7"],
    ),
    "a product that is not there": (
        vendor(sales=prices("1", product="R9"), products=rows("product_id line", "R1 Routers")),
        "dangling_reference sales.product_id", 1, ["R9"],
    ),
    "a line that no product has": (
        vendor(plans=plan(YEAR).assign(line="routers"), products=rows("product_id line", "R1 Routers")),
        "line_unknown plans.line", 12, ["routers"],
    ),
    "names alike but for case and legal form": (
        vendor(partners=firms("Acme GmbH", "ACME, Inc.", "Bea")), "near_duplicate_partner partners.name", 2, ["P1"],
    ),
    "names alike but for marks, spaces and normal form": (
        vendor(partners=firms(unicodedata.normalize("NFD", f"R{E_ACUTE}seaux-Un S.A."), f"R{E_ACUTE}seaux un", "x")),
        "near_duplicate_partner partners.name", 2, ["P1"],
    ),
    "ids that differ in case": (
        vendor(partners=firms("Ada", "Bea").assign(partner_id=["P1", "p1"])),
        "id_case_twins partners.partner_id", 2, ["P1"],
    ),
    "ids in two normal forms": (
        vendor(partners=firms("Ada", "Bea", "Cyd").assign(partner_id=[*TWO_FORMS, "P1"])),
        "id_form_twins partners.partner_id", 2, [min(TWO_FORMS)],
    ),
    "a channel spelt in two ways": (
        vendor(partners=firms("Ada", "Bea").assign(channel=["Value Added", "value  added"])),
        "label_twins partners.channel", 2, ["Value Added"],
    ),
    "a sale before the firm joined": (
        vendor(partners=FIRMS.assign(joined_on=["2026-08-02", None, None])),
        "sale_before_joined sales.sold_on", 1, ["P1"],
    ),
    "a sale of a firm that joins after the book's day": (
        vendor(partners=FIRMS.assign(joined_on=["2027-01-01", None, None])),
        "sale_before_joined sales.sold_on", 1, ["P1"],
    ),
    "a sale after the firm left": (
        vendor(partners=FIRMS.assign(left_on=["2026-07-31", None, None])),
        "sale_after_left sales.sold_on", 1, ["P1"],
    ),
    "one person at two firms": (
        vendor(sales=bought(salesperson_id=["S1", "S1"])), "person_sells_for_two sales.salesperson_id", 2, ["S1"],
    ),
    "parent and child at one customer in one month": (
        vendor(partners=FIRMS.assign(parent_id=[None, "P1", None]), sales=bought(customer_id=["C1", "C1"])),
        "parent_and_child_sell sales.partner_id", 1, ["P2"],
    ),
    "parent and child in one month, customers not told": (
        vendor(partners=FIRMS.assign(parent_id=[None, "P1", None]), sales=bought()),
        "parent_and_child_sell sales.partner_id", 1, ["P2"],
    ),
    "sell-in and sell-through of one firm": (
        vendor(sales=bought(partner_id=["P1", "P1"], basis=["sell_in", "sell_through"])),
        "basis_mixed sales.basis", 1, ["P1"],
    ),
    "a deal 91 days late": (
        vendor(opportunities=rows(OVERDUE, "O1 P1 5 open 2026-07-01")),
        "deal_long_overdue opportunities.expected_close_on", 1, ["O1"],
    ),
    "a won deal without a sale": (
        vendor(
            sales=bought(opportunity_id=["O1", "O2"]),
            opportunities=rows(WON, "O1 P1 5 won 2026-08-10", "O2 P2 5 won 2026-08-10", "O3 P1 5 won 2026-08-10"),
        ),
        "won_without_sale opportunities.opportunity_id", 1, ["O3"],
    ),
    "a plan that ends in June": (
        vendor(plans=plan(YEAR[:6])), "plan_stops_mid_year plans.partner_id", 6, ["P1"],
    ),
    "a plan with a quarter left out": (
        vendor(plans=plan(YEAR[:3] + YEAR[6:])), "plan_stops_mid_year plans.partner_id", 9, ["P1"],
    ),
    "a manager's plan that ends in June": (
        vendor(
            plans=pd.DataFrame({"month": YEAR[:6], "manager_id": "M1", "target_revenue": "1"}),
            managers=rows("manager_id name", "M1 Max"),
        ),
        "plan_stops_mid_year plans.manager_id", 6, ["M1"],
    ),
    "a sale after the book's day": (
        vendor(sales=rows(SOLD, "P1 2026-08-01 1", "P1 2026-10-01 1")), "dated_later sales.sold_on", 1, ["sales"],
    ),
    "a year that slipped": (
        vendor(sales=rows(SOLD, *[f"P1 2026-08-{day:02} 1" for day in range(1, 25)], "P1 2062-08-01 1")),
        "date_far_from_others sales.sold_on", 1, ["2062-08-01"],
    ),
    "a century that slipped": (
        vendor(sales=rows(SOLD, *[f"P1 2026-08-{day:02} 1" for day in range(1, 25)], "P1 1926-08-01 1")),
        "date_far_from_others sales.sold_on", 1, ["1926-08-01"],
    ),
    "a price a hundred times the usual": (
        vendor(sales=prices(*USUAL, "9900.00")), "decimal_slip sales.revenue", 1, ["S9"],
    ),
    "a price a thousandth of the usual": (
        vendor(sales=prices(*USUAL, "0.10")), "decimal_slip sales.revenue", 1, ["S9"],
    ),
    "revenue a thousand times the usual, pieces not told": (
        vendor(sales=prices(*USUAL, "100000").drop(columns="units")), "decimal_slip sales.revenue", 1, ["S9"],
    ),
    "a plan a hundred times the usual": (
        vendor(plans=plan(YEAR).assign(target_revenue=["100"] * 11 + ["10000"])), "decimal_slip plans.target_revenue",
        1, ["P1"],
    ),
    "a rate a hundredth of the usual": (
        vendor(
            fx_rates=pd.DataFrame({"month": YEAR[:9], "currency": "JPY", "rate": ["0.65"] * 8 + ["0.0065"]})
        ),
        "decimal_slip fx_rates.rate", 1, ["JPY"],
    ),
    "a lost deal without a day": (
        vendor(opportunities=rows(WON, "O1 P1 5 lost -", "O2 P1 5 lost 2026-08-01", "O3 P1 5 open -")),
        "decided_without_date opportunities.closed_on", 1, ["O1"],
    ),
    "a deal decided before it was opened": (
        vendor(
            opportunities=rows(f"{WON} created_on", "O1 P1 5 lost 2026-08-01 2026-08-02")
        ),
        "closed_before_created opportunities.closed_on", 1, ["O1"],
    ),
    "an open deal whose closing date has passed": (
        vendor(opportunities=rows(WON, "O1 P1 5 open 2026-09-30")),
        "open_with_closing_date opportunities.outcome", 1, ["O1"],
    ),
    "one row three times": (
        vendor(sales=bought(partner_id=["P1", "P1"], sold_on=["2026-08-01"] * 2).loc[[0, 0, 1]]),
        "identical_rows sales.", 2, ["P1 2026-08-01"],
    ),
    "nothing sold in the last month": (
        vendor(sales=rows(SOLD, *[f"P1 2026-0{month}-01 1" for month in (5, 6, 7)], "P1 2026-08-31 1")),
        "sales_stop sales.sold_on", 2, ["2026-08-31"],
    ),
    "a reseller and its distributor, on no basis": (
        vendor(partners=FIRMS.assign(distributor_id=["P2", None, None]), sales=bought()),
        "two_tier_without_basis sales.basis", 1, ["P1"],
    ),
    "plans for a manager and the manager's partner": (
        vendor(plans=pd.concat([plan(YEAR), managed(YEAR, "M1")]), **with_manager("M1")),
        "plans_at_several_levels plans.manager_id", 12, ["M1"],
    ),
    "plans for a manager and a partner of no known manager": (
        vendor(plans=pd.concat([plan(YEAR), managed(YEAR, "M1")]), managers=MANAGERS),
        "plans_at_several_levels plans.manager_id", 12, ["M1"],
    ),
    "plans for a partner and its people": (
        vendor(plans=pd.concat([plan(YEAR), plan(YEAR).assign(salesperson_id="S1")])),
        "plans_at_several_levels plans.salesperson_id", 12, ["P1"],
    ),
    "a partner that is no longer what its history said last": (
        vendor(
            partners=FIRMS.assign(tier=["silver", None, "gold"]),
            partner_history=rows(TIERED, "P1 2025-01-01 silver", "P1 2026-01-01 gold", "P3 2026-01-01 gold"),
        ),
        "history_disagrees partner_history.tier", 1, ["P1"],
    ),
    "two tiers from one day on": (
        vendor(partner_history=rows(TIERED, "P1 2026-01-01 gold", "P1 2026-01-01 silver")),
        "history_disagrees partner_history.valid_from", 2, ["P1"],
    ),
    "a version without one of the lines": (
        vendor(plans=versions("v1 X", "v1 Y", "v2 X")), "plan_leaves_lines_out plans.line", 12, ["P1"],
    ),
    "a list price below zero": (
        vendor(sales=prices("5").assign(list_price="-6")), "amount_below_zero sales.", 1, ["S1"],
    ),
    "a market with potential below zero": (
        vendor(markets=rows("region segment line potential", "north public Routers -5")),
        "amount_below_zero markets.potential", 1, ["north public Routers"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FIRES)
def test_a_rule_finds_what_it_is_for(case: str) -> None:
    frames, rule, count, first = FIRES[case]
    assert found(frames).get(rule) == (count, first)


SILENT: dict[str, Frames] = {
    "nothing but what must be": vendor(),
    "references that lead somewhere": vendor(
        sales=prices("1"), products=rows("product_id line", "R1 Routers"), plans=plan(YEAR).assign(line="Routers")
    ),
    "names that differ in a word": vendor(partners=firms("Acme North GmbH", "Acme South GmbH", "GmbH")),
    "a child with its parent's name": vendor(
        partners=firms("Acme GmbH", "Acme Ltd", parent_id=[None, "P1"]),
    ),
    "a merged firm with its survivor's name": vendor(
        partners=firms("Acme", "ACME", left_on=["2026-06-30", None], merged_into=["P2", None]),
    ),
    "a sale on the day of joining, and on the last day": vendor(
        partners=FIRMS.assign(joined_on=["2026-08-01", None, None], left_on=["2026-08-01", None, None])
    ),
    "history of a firm that merged into a younger one": vendor(
        partners=FIRMS.assign(
            joined_on=["2020-01-01", "2026-01-01", None],
            left_on=["2026-06-30", None, None],
            merged_into=["P2", None, None],
        ),
        sales=rows(SOLD, "P1 2022-08-01 1", "P2 2026-08-01 1"),
    ),
    "two people at two firms": vendor(sales=bought(salesperson_id=["S1", "S2"])),
    "parent and child at two customers": vendor(
        partners=FIRMS.assign(parent_id=[None, "P1", None]), sales=bought(customer_id=["C1", "C2"])
    ),
    "parent and child in two months": vendor(
        partners=FIRMS.assign(parent_id=[None, "P1", None]),
        sales=bought(sold_on=["2026-07-31", "2026-08-01"], customer_id=["C1", "C1"]),
    ),
    "two firms, each on one basis": vendor(sales=bought(basis=["sell_in", "sell_through"])),
    "a deal 90 days late": vendor(opportunities=rows(OVERDUE, "O1 P1 5 open 2026-07-02", "O2 P1 5 lost 2026-01-01")),
    "won deals that prove nothing": vendor(
        sales=bought(opportunity_id=["O1", "O1"]),
        opportunities=rows(
            WON, "O1 P1 5 won 2026-08-10", "O2 P1 5 won 2026-07-31", "O3 P1 5 won 2026-09-17", "O4 P1 5 lost 2026-08-10"
        ),
    ),
    "won deals, where no sale names any": vendor(opportunities=rows(WON, "O1 P1 5 won 2026-08-10")),
    "a plan from the day a firm joined": vendor(plans=plan(YEAR[5:])),
    "a plan quarter by quarter": vendor(plans=plan(YEAR[::3])),
    "a plan that ends with a firm that left": vendor(
        partners=FIRMS.assign(left_on=[None, "2026-06-30", None]), plans=plan(YEAR[:6], "P2")
    ),
    "a part of next year's plan": vendor(plans=plan([*YEAR, "2027-01-01"])),
    "sales years apart, as many before as after": vendor(sales=rows(SOLD, "P1 2019-08-01 1", "P1 2026-08-01 1")),
    "a wide range of prices": vendor(sales=prices("1", "3", "10", "30", "100", "300", "1000", "3000", "10000")),
    "too few prices to know what is usual": vendor(sales=prices(*USUAL[:7], "9900.00")),
    "a dozen pieces in one row": vendor(sales=prices(*USUAL, "10000.00").assign(units=["1"] * 8 + ["100"])),
    "a price ten times the usual": vendor(sales=prices(*USUAL, "1000.00")),
    "deals decided on the day they were opened, or later than the book's day": vendor(
        opportunities=rows(
            f"{WON} created_on", "O1 P1 5 lost 2026-08-01 2026-08-01", "O2 P1 5 open 2026-12-01 2026-08-01"
        )
    ),
    "decided deals, where no deal has a day": vendor(
        opportunities=rows(WON, "O1 P1 5 lost -").drop(columns="closed_on")
    ),
    "rows alike but for their ids": vendor(sales=prices("5", "5")),
    "rows alike but for a column of the source's own": vendor(
        sales=bought(partner_id=["P1", "P1"], sold_on=["2026-08-01"] * 2, invoice=["1", "2"])
    ),
    "a sale in the last month": vendor(sales=rows(SOLD, *[f"P1 2026-0{month}-01 1" for month in (5, 6, 7, 9)])),
    "sales of two months only": vendor(sales=rows(SOLD, "P1 2026-05-01 1", "P1 2026-06-01 1")),
    "a reseller on a basis": vendor(
        partners=FIRMS.assign(distributor_id=["P2", None, None]), sales=bought(basis=["sell_through", None])
    ),
    "a reseller whose distributor sells nothing": vendor(
        partners=FIRMS.assign(distributor_id=["P3", None, None]), sales=bought()
    ),
    "plans for managers and another's partner": vendor(
        plans=pd.concat([plan(YEAR), managed(YEAR, "M2")]), **with_manager("M1")
    ),
    "plans for managers alone": vendor(plans=managed(YEAR, "M1"), **with_manager("M1")),
    "plans of a partner with its manager named": vendor(plans=plan(YEAR).assign(manager_id="M1"), managers=MANAGERS),
    "plans for the people of another partner": vendor(
        plans=pd.concat([plan(YEAR), plan(YEAR, "P2").assign(salesperson_id="S1")])
    ),
    "a history that partners agree with": vendor(
        partners=FIRMS.assign(tier=["gold", None, None]),
        partner_history=rows(TIERED, "P1 2025-01-01 silver", "P1 2026-01-01 gold", "P1 2026-01-01 gold"),
    ),
    "a history taken every year": vendor(
        partners=FIRMS.assign(tier=["silver", None, None]),
        partner_history=rows(TIERED, "P1 2025-01-01 gold", "P1 2026-01-01 gold"),
    ),
    "versions with more lines, with others, and with none": vendor(
        plans=versions("v1 X", "v2 X", "v2 Y", "v3 X", "v3 Z", "v4 -")
    ),
    "a return": vendor(sales=prices("-5").assign(list_price="-6", cost="-1")),
}


@pytest.mark.parametrize("case", SILENT)
def test_rules_are_silent_about_what_is_as_it_should_be(case: str) -> None:
    assert found(SILENT[case]) == {}


def test_a_period_that_is_not_over_is_noted() -> None:
    running = found(vendor(), as_of="2026-08-15")
    assert running == {"period_not_over sales.sold_on": (1, ["2026Q3"])}
    assert found(vendor(), quarter="2026-08", as_of="2026-08-15") == {"period_not_over sales.sold_on": (1, ["2026-08"])}
    assert found(vendor(), quarter="2026-08") == {}


@pytest.mark.parametrize("told, rules", [("gross", {"two_tier_without_basis"}), ("net", set())])
def test_a_distributor_whose_sales_are_net_counts_nothing_twice(tmp_path: Path, told: str, rules: set[str]) -> None:
    frames = vendor(partners=FIRMS.assign(distributor_id=["P2", None, None]), sales=bought())
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text(f"name: Acme\ndistributor_sell_in: {told}\n")
    with open_book(tmp_path, quarter="2026Q3") as book:
        assert set(book.check()["rule"]) == rules


def test_fiscal_years_are_the_vendors_own(tmp_path: Path) -> None:
    for name, frame in vendor(plans=plan([f"2026-{month:02}-01" for month in range(4, 13)])).items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "source.yaml").write_text("name: Acme\nfirst_month: 4\n")
    with open_book(tmp_path, as_of="2026-09-30") as book:
        told = book.check().set_index("rule").loc["plan_stops_mid_year", "found"]
    assert told == "P1: 3 of 4 quarters of the fiscal year from 2026-04-01"


def test_an_id_that_nearly_is_one_is_named() -> None:
    with open_book(vendor(sales=rows(SOLD, "p1 2026-08-01 2.50", "P9 2026-08-01 1")), quarter="2026Q3") as book:
        (row,) = book.check().to_dict("records")
    assert row["found"] == "'P9' in 1 row; 'p1' in 1 row, is it 'P1'?"
    assert (row["severity"], row["cases"], row["money"]) == ("error", 2, 3.5)


def test_what_a_source_does_not_give_is_not_asked_about() -> None:
    has = {"partners": {"partner_id", "name", "channel"}, "sales": {"sold_on", "partner_id", "revenue"}}

    def holds(table: str, *columns: str) -> bool:
        return set(columns) <= has.get(table, set()) if table in has else False

    asked = [rule for rule in RULES if rule.applies(holds)]
    assert {rule.table for rule in asked} == {"partners", "sales"}
    assert not [rule for rule in asked if rule.column not in ("", *has[rule.table])]


def test_every_rule_says_what_to_do_and_names_what_there_is() -> None:
    for rule in RULES:
        assert rule.severity in SEVERITIES
        assert rule.column in ("", *CONTRACT[rule.table].by_name), rule.name
        assert rule.reason.endswith(".")
        assert rule.remedy.endswith(".")
        for need in rule.needs:
            table, _, column = need.partition(".")
            assert column in ("", *CONTRACT[table].by_name), need
    places = [(rule.name, rule.table, rule.column) for rule in RULES if rule.name != "decimal_slip"]
    assert len(places) == len(set(places))


def test_every_reference_of_the_contract_has_its_rule() -> None:
    references = {
        (table.name, column.name) for table in CONTRACT.values() for column in table.columns if column.refers
    } - {(table.name, table.key) for table in CONTRACT.values()}
    assert {(rule.table, rule.column) for rule in RULES if rule.name == "dangling_reference"} == references


def test_errors_come_before_warnings_and_rejects_are_errors() -> None:
    sales = rows(
        f"{SOLD} salesperson_id",
        "P1 2026-08-01 1,5 S1",
        "P1 2026-08-01 1 S1",
        "P2 2026-08-01 1 S1",
        "P9 2026-08-02 1 -",
    )
    with open_book(vendor(sales=sales), quarter="2026Q3", as_of="2026-09-29") as book:
        check = book.check()
    assert check["severity"].tolist() == ["error", "error", "warning", "note"]
    assert check["first_rows"].tolist()[:2] == [[1], ["P9"]]


def test_missing_rates_are_findings_with_months_and_currencies() -> None:
    sales = rows(f"{SOLD} currency", "P1 2026-07-01 1 EUR", "P1 2026-08-01 1 EUR", "P1 2026-08-02 1 EUR")
    with pytest.raises(RatesMissing, match="EUR in 2026-07") as caught:
        open_book(vendor(sales=sales), quarter="2026Q3")
    (row,) = of_missing_rates(caught.value.missing).to_dict("records")
    assert (row["rule"], row["severity"], row["table"]) == ("currency_without_rate", "error", "sales")
    assert (row["rows"], row["cases"], row["first_rows"]) == (3, 2, ["2026-07", "2026-08"])
    assert "EUR in 2026-08 (2 rows)" in row["found"]


def test_a_rate_for_rows_without_a_date_is_that_of_any_month() -> None:
    (row,) = of_missing_rates([MissingRate("customers", "EUR", None, "actual", 1)]).to_dict("records")
    assert row["found"] == "actual rate of EUR in any month (1 row)"


@pytest.mark.parametrize(
    "frames, said",
    [
        (vendor(partners=FIRMS.assign(parent_id=["P2", "P1", None])), "parent_id runs in a circle"),
        (vendor(partners=FIRMS.assign(merged_into=["P2", "P1", None])), "merged_into runs in a circle"),
        (
            vendor(fx_rates=rows("month currency rate", "2026-08-01 EUR 1.1", "2026-08-01 EUR 1.2")),
            "two actual rates for EUR in 2026-08",
        ),
    ],
    ids=["parents", "mergers", "rates"],
)
def test_what_leaves_no_figure_right_stops_the_book(frames: Frames, said: str) -> None:
    with pytest.raises(BadSource, match=said):
        open_book(frames, quarter="2026Q3")


REAL = {
    "adventureworks": ("2013Q4", {"near_duplicate_partner partners.name": 4}),
    "crm": ("2017Q4", {}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_sources_show_just_the_oddities_that_are_known(name: str) -> None:
    if not os.environ.get("CHANNELNB_RAW") and not (DATA.parents[1] / "shared" / "data").is_dir():
        pytest.skip("the public data is not here: data/README.md says where to get it")
    quarter, known = REAL[name]
    with open_book(DATA / name, quarter=quarter) as book:
        check = book.check()
    assert dict(zip(check["rule"] + " " + check["table"] + "." + check["column"], check["rows"], strict=True)) == known


def test_adventureworks_names_that_occur_twice_are_told() -> None:
    if not os.environ.get("CHANNELNB_RAW") and not (DATA.parents[1] / "shared" / "data").is_dir():
        pytest.skip("the public data is not here: data/README.md says where to get it")
    with open_book(DATA / "adventureworks", quarter="2013Q4") as book:
        (row,) = book.check().to_dict("records")
    assert (row["cases"], row["first_rows"]) == (2, ["211", "290"])
    assert "'Friendly Bike Shop' (290), 'Friendly Bike Shop' (643)" in row["found"]


def test_the_sample_is_clean(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        assert book.check().empty


def test_the_sample_as_it_was_is_clean_but_for_what_came_later(sample: Path) -> None:
    with open_book(sample, quarter="2025Q2") as book:
        check = book.check()
    assert set(check["rule"]) == {"dated_later"}
    assert set(check["severity"]) == {"note"}


def test_what_touches_most_rows_is_named_first() -> None:
    times = {"P7": 1, "P9": 3, "P8": 2, "P6": 1}
    sales = rows(SOLD, *[f"{firm} 2026-08-0{day} 1" for firm, days in times.items() for day in range(1, days + 1)])
    with open_book(vendor(sales=sales), quarter="2026Q3") as book:
        (row,) = book.check().to_dict("records")
    assert row["first_rows"] == ["P9", "P8", "P6", "P7"]
    assert row["found"] == "'P9' in 3 rows; 'P8' in 2 rows; 'P6' in 1 row; 1 more"
