"""The laws of bridges: steps add up to the cent, depend on no order, and turn round with the years."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channelnb.book.book import Book, open_book
from channelnb.metrics.measure import measure
from channelnb.planning.ahead.slipped import slipped
from channelnb.planning.attainment import attained
from channelnb.planning.bridges import from_plan as bridge_plan
from channelnb.planning.bridges import from_year as bridge_year
from channelnb.planning.bridges.bridge import bridges
from channelnb.planning.bridges.shapley import shapley
from channelnb.planning.bridges.span import Span
from channelnb.planning.bridges.steps import END, START
from tables import rows, small_vendor

KINDS = ("chain", "loose", "new", "lost", "lost_deals")
CENT = 0.01
law = settings(max_examples=20, deadline=None)


def in_cents(found: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """The steps of each partner and line in whole cents: one column for each."""
    told = found[found["reason"].eq("")]
    whole = told.assign(cents=np.rint(told["amount"] * 100).astype(int))
    table = whole.pivot_table(index=[*(keys or ("partner_id", "line"))], columns="step", values="cents", aggfunc="sum")
    return table.fillna(0).astype(int)


def adds_up(found: pd.DataFrame) -> None:
    table = in_cents(found)
    if len(table):
        steps = table.drop(columns=[START, END])
        assert (steps.sum(axis=1) == table[END] - table[START]).all()


# Shapley's value


factor = st.floats(-50, 50, allow_subnormal=False).map(lambda number: np.array([round(number, 2), 1.0]))


def product(*factors: np.ndarray) -> np.ndarray:
    return np.prod(factors, axis=0)


@law
@given(st.lists(st.tuples(factor, factor), min_size=1, max_size=5))
def test_parts_add_up_to_the_change_and_what_stayed_adds_nothing(factors) -> None:
    before, after = ([pair[time] for pair in factors] for time in (0, 1))
    parts = shapley(before, after, product)
    change = product(*after) - product(*before)
    assert np.allclose(sum(parts), change, atol=1e-6, rtol=1e-9)
    for old, new, part in zip(before, after, parts, strict=True):
        assert (part[old == new] == 0).all()


@law
@given(st.lists(st.tuples(factor, factor), min_size=2, max_size=5), st.randoms())
def test_parts_do_not_depend_on_the_order_of_factors(factors, random) -> None:
    order = [*range(len(factors))]
    random.shuffle(order)
    parts = shapley([f[0] for f in factors], [f[1] for f in factors], product)
    shuffled = shapley([factors[i][0] for i in order], [factors[i][1] for i in order], product)
    for place, i in enumerate(order):
        assert np.allclose(parts[i], shuffled[place], atol=1e-6, rtol=1e-9)


# From year to year


@st.composite
def _sold(draw) -> pd.DataFrame:
    """Sales of up to three partners and lines in two years, by kind; deals that were lost."""
    keys = st.tuples(st.sampled_from("PQR"), st.sampled_from("XYZ"), st.sampled_from((0, 1)), st.sampled_from(KINDS))
    found = []
    for partner, line, year, kind in draw(st.lists(keys, min_size=1, max_size=25, unique=True)):
        if (year, kind) in ((0, "new"), (1, "lost")):
            continue
        own = draw(st.integers(-20_000, 90_000)) / 100
        foreign, discount = draw(st.sampled_from((1.0, 1.0, 0.95, 1.04))), draw(st.integers(0, 9_000)) / 100
        units = float(draw(st.integers(1, 9)))
        amounts = (0.0, 0.0, 0.0) if kind == "lost_deals" else (own, own * foreign, (own + discount) * foreign)
        found.append((partner, line, year, kind, *amounts, units, units))
    return pd.DataFrame(found, columns=bridge_year.SHOWN)


sold = _sold()


def turned(frame: pd.DataFrame) -> pd.DataFrame:
    """The same seen from the other year: who is new then is lost now."""
    kinds = {"new": "lost", "lost": "new"}
    return frame.assign(year=1 - frame["year"], kind=frame["kind"].replace(kinds))


def year_steps(frame: pd.DataFrame) -> pd.DataFrame:
    return in_cents(bridge_year.bridged(frame, period="2026Q3")) if len(frame) else pd.DataFrame()


@law
@given(sold)
def test_steps_of_a_year_add_up_to_the_cent_by_line_and_partner(frame: pd.DataFrame) -> None:
    found = bridge_year.bridged(frame, period="2026Q3")
    adds_up(found)
    exact = frame[frame["kind"].ne("lost_deals")].groupby(["partner_id", "year"])["own"].sum()
    by_partner = in_cents(found, "partner_id") if len(found) else pd.DataFrame()
    for (partner, year), amount in exact.items():
        assert by_partner.loc[partner, (START, END)[year]] == np.rint(np.round(amount * 100, 4))


@law
@given(sold)
def test_turning_the_years_round_turns_every_step_round(frame: pd.DataFrame) -> None:
    there, back = year_steps(frame), year_steps(turned(frame))
    back = back.rename(columns={START: END, END: START, "new": "lost", "lost": "new"})
    back = back.reindex(index=there.index, columns=there.columns, fill_value=0)
    for step in there:
        assert (back[step] == (there[step] if step in (START, END) else -there[step])).all(), step


@law
@given(sold, st.randoms())
def test_neither_the_order_of_rows_nor_names_nor_splitting_them_matters(frame: pd.DataFrame, random) -> None:
    expected = year_steps(frame)
    order = [*range(len(frame))]
    random.shuffle(order)
    pd.testing.assert_frame_equal(year_steps(frame.iloc[order]), expected)
    names = dict(zip("PQR", ("7", "0", "Z"), strict=True))
    renamed = year_steps(frame.assign(partner_id=frame["partner_id"].map(names), line="L" + frame["line"]))
    if len(expected):
        named = [(names[partner], f"L{line}") for partner, line in expected.index]
        assert (renamed.loc[named].to_numpy() == expected.to_numpy()).all()
    amounts = ["own", "mean", "gross", "units", "n"]
    part = frame.assign(**{name: frame[name] / 4 for name in amounts})
    rest = frame.assign(**{name: frame[name] - part[name] for name in amounts})
    split = year_steps(pd.concat([part, rest]))
    assert (split.reindex_like(expected) - expected).abs().to_numpy().max(initial=0) <= 1


@law
@given(sold)
def test_doubling_all_money_doubles_every_step(frame: pd.DataFrame) -> None:
    twice = year_steps(frame.assign(**{name: 2 * frame[name] for name in ("own", "mean", "gross")}))
    once = year_steps(frame)
    # What was rounded, and where the remainder went, may differ by a cent a step.
    off = (twice.reindex_like(once).fillna(0) - 2 * once).abs()
    assert off.to_numpy().max(initial=0) <= len(bridge_year.STEPS) + 1


CHANGES = {
    "count": ("own", "mean", "gross", "units"),
    "size": ("own", "mean", "gross"),
    "price": ("own", "mean"),
    "currency": ("own",),
}
"""What is three times as much when only one factor changed."""

BEFORE = pd.DataFrame(
    [("P", "X", 0, "chain", 50.0, 50.0, 60.0, 5.0, 5), ("P", "Y", 0, "chain", 450.0, 450.0, 500.0, 15.0, 15)],
    columns=bridge_year.SHOWN,
)


@pytest.mark.parametrize("changed", CHANGES)
def test_a_factor_that_did_not_change_adds_nothing(changed: str) -> None:
    now = BEFORE.assign(year=1, **{name: BEFORE[name] * 3 for name in CHANGES[changed]})
    assert set(year_steps(pd.concat([BEFORE, now])).columns) == {START, END, changed}


def test_only_the_win_rate_changed() -> None:
    """As many deals decided in each line, and as large, but none of them lost."""
    lost = BEFORE.assign(kind="lost_deals", own=0.0, mean=0.0, gross=0.0)
    now = BEFORE.assign(year=1, **{name: BEFORE[name] * 2 for name in CHANGES["count"]})
    assert set(year_steps(pd.concat([BEFORE, lost, now])).columns) == {START, END, "win_rate"}


def test_only_the_mix_changed() -> None:
    """As many deals in all, won as often and as large in each line, but more of them in the line of large ones."""
    now = BEFORE.assign(year=1, units=[2.0, 18.0], own=[20.0, 540.0], mean=[20.0, 540.0], gross=[24.0, 600.0])
    table = year_steps(pd.concat([BEFORE, now]))
    assert set(table.columns) == {START, END, "mix"}


def test_a_line_without_a_deal_in_one_year_takes_the_other_years_size() -> None:
    now = BEFORE.iloc[[1]].assign(year=1)
    table = year_steps(pd.concat([BEFORE, now]))
    assert set(table.columns) == {START, END, "count", "mix"}
    # Of line X what is gone is that deals were decided in it at all.
    assert table.loc[("P", "X"), ["count", "mix"]].sum() == -5000


# From plan to actual


@st.composite
def _planned(draw) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    cents = st.integers(0, 900_000).map(lambda amount: amount / 100)
    keys = st.lists(st.tuples(st.sampled_from("PQ"), st.sampled_from(("X", "Y", "(none)"))), unique=True, max_size=6)

    def frame(*columns: str) -> pd.DataFrame:
        found = [(*key, *(draw(cents) for _ in columns)) for key in draw(keys)]
        return pd.DataFrame(found, columns=["partner_id", "line", *columns])

    due = frame("slipped", "lost_deals", "rest")
    due = due.assign(expected=due[["slipped", "lost_deals", "rest"]].sum(axis=1))
    return frame("plan"), frame("actual", "pulled_in", "new", "currency"), due.drop(columns="rest")


def plan_steps(*frames: pd.DataFrame) -> pd.DataFrame:
    return in_cents(bridge_plan.bridged(*frames, period="2026Q3")) if any(map(len, frames)) else pd.DataFrame()


@law
@given(_planned())
def test_steps_from_plan_to_actual_add_up_and_depend_on_no_order(frames) -> None:
    found = plan_steps(*frames)
    if found.empty:
        return
    assert (found.drop(columns=[START, END]).sum(axis=1) == found[END] - found[START]).all()
    pd.testing.assert_frame_equal(plan_steps(*(frame.sample(frac=1, random_state=1) for frame in frames)), found)
    # What was due stands for no more than the plan.
    due = -found.reindex(columns=["slipped", "lost_deals"], fill_value=0).sum(axis=1)
    assert (due <= found[START] + 1).all()


@law
@given(_planned())
def test_doubling_the_money_doubles_the_steps_from_plan_to_actual(frames) -> None:
    once = plan_steps(*frames)
    numbers = [frame.select_dtypes("number").columns for frame in frames]
    twice = plan_steps(*(f.assign(**{n: 2 * f[n] for n in names}) for f, names in zip(frames, numbers, strict=True)))
    if len(once):
        assert (twice.reindex_like(once).fillna(0) - 2 * once).abs().to_numpy().max() <= len(bridge_plan.STEPS)


# Whole vendors


# fmt: off
SALE = st.tuples(
    st.sampled_from(("2024-08-05", "2025-05-20", "2025-07-31", "2025-08-15", "2025-09-01", "2026-02-03",
                     "2026-07-04", "2026-08-09", "2026-08-20", "2026-09-30")),
    st.sampled_from(("P1", "P2")), st.sampled_from(("R1", "D1", "-")), st.sampled_from(("C1", "C2", "C3", "-")),
    st.sampled_from(("O1", "O2", "O3", "O4", "-", "-")), st.sampled_from(("-", "-", "CHF")),
    st.integers(-9_000, 90_000), st.integers(0, 9_000),
)
DEAL = st.tuples(
    st.sampled_from(("P1", "P2")), st.sampled_from(("R1", "D1")),
    st.sampled_from(("won", "lost", "no_decision", "open")),
    st.sampled_from(("2025-08-02", "2026-07-20", "2026-09-01")), st.sampled_from(("C1", "C2", "-")),
    st.integers(1, 400), st.sampled_from(("2026-08-10", "2026-12-01")), st.sampled_from(("0.2", "0.9", "-")),
)
# fmt: on
RATES = rows(
    "month currency kind rate",
    *(
        f"{month}-01 CHF {kind} {1 + month.month / 100 + (month.year - 2000) / 1000:.4f}"
        for month in pd.period_range("2023-01", "2026-09", freq="M")
        for kind in ("actual", "plan")
    ),
)


@st.composite
def vendors(draw) -> dict[str, pd.DataFrame]:
    """A vendor with sales in two currencies and years, deals, a pipeline and plans."""
    sales = ["2023-01-02 P1 R1 C1 - - 1.00 0.00"]
    for *words, revenue, discount in draw(st.lists(SALE, min_size=1, max_size=25)):
        sales.append(" ".join([*words, f"{revenue / 100:.2f}", f"{discount / 100:.2f}"]))
    deals, seen = [], []
    for i, (*words, outcome, closed, customer, amount, due, chance) in enumerate(draw(st.lists(DEAL, max_size=8)), 1):
        deals.append(" ".join([f"O{i}", *words, outcome, "-" if outcome == "open" else closed, customer, "100.00"]))
        seen.append(f"2026-06-30 O{i} {amount} {due} {chance}")
    planned = [("P1", "Routers"), ("P1", "Disks"), ("P2", "-")]
    plans = [
        f"2026-0{month}-01 {partner} {line} {draw(st.integers(0, 90_000)) / 100}"
        for month in (7, 8, 9)
        for partner, line in planned
    ]
    base = {name: table for name, table in small_vendor().items() if name in ("partners", "products", "customers")}
    return base | {
        "sales": rows("sold_on partner_id product_id customer_id opportunity_id currency revenue discount", *sales),
        "opportunities": rows("opportunity_id partner_id product_id outcome closed_on customer_id amount", *deals),
        "pipeline_history": rows("as_of opportunity_id amount expected_close_on probability", *seen),
        "plans": rows("month partner_id line target_revenue", *plans),
        "fx_rates": RATES,
    }


def by_hand(book: Book, found: pd.DataFrame) -> None:
    """Both bridges start and end where the metrics do."""
    told = measure(book, ["revenue", "attainment", "growth_yoy"], by=["partner_id"], resample=False)
    told = told.set_index(["partner_id", "metric"])
    for bridge, metric in (("plan", "attainment"), ("year", "growth_yoy")):
        rows_ = found[found["bridge"].eq(bridge)]
        table = in_cents(rows_, "partner_id") if rows_["reason"].eq("").any() else pd.DataFrame()
        for partner, row in table.iterrows():
            revenue, start = told.loc[(partner, "revenue"), "value"], told.loc[(partner, metric), "denominator"]
            assert abs(row[END] / 100 - np.nan_to_num(revenue)) < CENT / 10
            assert abs(row[START] / 100 - np.nan_to_num(start)) <= CENT / 2 + 1e-6


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(vendors(), st.sampled_from(("2026Q3", "2026-08")), st.sampled_from((None, "2026-08-14")))
def test_bridges_of_any_vendor_add_up_and_agree_with_its_metrics(vendor, period: str, as_of: str | None) -> None:
    with open_book(vendor, quarter=period, as_of=as_of) as book:
        found = bridges(book)
        for _, rows_ in found.groupby("bridge"):
            adds_up(rows_)
        by_hand(book, found)
    shuffled = {name: frame.sample(frac=1, random_state=5) for name, frame in vendor.items()}
    with open_book(shuffled, quarter=period, as_of=as_of) as book:
        pd.testing.assert_frame_equal(bridges(book), found)


def test_two_files_of_sales_give_the_bridges_of_one(tmp_path: Path) -> None:
    """A mapping that reads a vendor's sales from several files tells of the same steps."""
    vendor = {name: frame for name, frame in small_vendor().items() if name != "sales"}
    sales = small_vendor()["sales"]
    found = []
    for name, cut in (("one", len(sales)), ("two", 4)):
        folder = tmp_path / name
        (folder / "raw").mkdir(parents=True)
        for table, frame in vendor.items():
            frame.to_csv(folder / f"{table}.csv", index=False)
        for part, rows_ in enumerate((sales.iloc[:cut], sales.iloc[cut:])):
            rows_.to_csv(folder / "raw" / f"sales-{part}.csv", index=False)
        (folder / "source.yaml").write_text("name: Vendor\nraw: raw\n")
        sql = "SELECT * FROM read_csv(getvariable('raw') || '/sales-*.csv', all_varchar = true)\n"
        (folder / "sales.sql").write_text(sql)
        with open_book(folder, quarter="2026Q3") as book:
            found.append(bridges(book))
    pd.testing.assert_frame_equal(*found)
    assert len(found[0])


# What the steps are


SALES = "sold_on partner_id product_id customer_id opportunity_id revenue discount"
DEALS = "opportunity_id partner_id product_id amount outcome closed_on customer_id"
SEEN = "as_of opportunity_id amount expected_close_on probability outcome"
PLANNED = "month partner_id line target_revenue"


@pytest.fixture
def vendor() -> dict[str, pd.DataFrame]:
    """One partner with a deal of each sort, due in 2026Q3 or won in it."""
    base = {name: table for name, table in small_vendor().items() if name in ("partners", "products", "customers")}
    return base | {
        "sales": rows(
            SALES,
            "2023-01-01 P1 R1 C1 - 1.00 0",
            "2025-08-01 P1 R1 C1 - 100.00 0",
            "2026-07-01 P1 R1 C1 W1 40.00 10.00",
            "2026-08-01 P1 R1 C3 - 30.00 0",
            "2026-09-01 P1 R1 C1 E1 20.00 0",
        ),
        "opportunities": rows(
            DEALS,
            "W1 P1 R1 40.00 won 2026-07-01 C1",
            "S1 P1 R1 60.00 open - C1",
            "L1 P1 R1 20.00 lost 2026-08-01 C1",
            "E1 P1 R1 20.00 won 2026-09-01 C1",
            "B1 P1 R1 99.00 lost 2026-06-01 C1",
            "F1 P1 R1 77.00 open - C1",
        ),
        "pipeline_history": rows(
            SEEN,
            "2026-06-30 W1 50.00 2026-07-15 0.5 open",
            "2026-05-31 S1 80.00 2026-12-15 0.5 open",
            "2026-06-30 S1 60.00 2026-08-15 0.5 open",
            "2026-07-31 S1 10.00 2026-12-15 0.5 open",
            "2026-06-30 L1 20.00 2026-08-15 1.0 open",
            "2026-06-30 E1 20.00 2026-11-15 0.2 open",
            "2026-06-30 B1 99.00 2026-08-15 0.2 lost",
            "2026-06-30 F1 77.00 2026-10-01 0.2 open",
        ),
        "plans": rows(PLANNED, "2026-08-01 P1 Routers 150.00"),
    }


def steps(vendor: dict[str, pd.DataFrame], bridge: str, **asked: str) -> dict[str, float]:
    with open_book(vendor, quarter="2026Q3", **asked) as book:
        found = bridges(book)
    return found[found["bridge"].eq(bridge) & found["partner_id"].eq("P1")].set_index("step")["amount"].to_dict()


def test_what_was_due_counts_at_its_probability_and_what_was_due_later_as_it_sold(vendor) -> None:
    # Likely were 25 + 30 + 20 of a plan of 150.
    expected = {START: 150.0, "slipped": -30.0, "lost_deals": -20.0, "pulled_in": 20.0, "new": 30.0, "existing": -60.0}
    assert steps(vendor, "plan") == expected | {END: 90.0}


def test_deals_behind_a_step_are_worth_what_they_were_when_the_period_began(vendor) -> None:
    deals = vendor["opportunities"]
    vendor["opportunities"] = deals.assign(
        amount=deals["amount"].where(~deals["opportunity_id"].isin(["S1", "L1"]), "11.00")
    )
    with open_book(vendor, quarter="2026Q3") as book:
        # Other figures read before keep today's amounts.
        measure(book, ["open_pipeline", "slippage", "win_rate"], by=["partner_id", "line"], resample=False)
        found, late = bridges(book), slipped(book)
    worth = found[found["bridge"].eq("plan")].set_index("step")["worth"]
    assert worth[["slipped", "lost_deals"]].tolist() == [60.0, 20.0]
    assert late.set_index("period").loc["2026Q3", "slipped"] == worth["slipped"]


def test_deals_stand_for_no_more_than_the_plan(vendor) -> None:
    vendor["plans"] = rows(PLANNED, "2026-08-01 P1 Routers 15.00")
    found = steps(vendor, "plan")
    assert (found["slipped"], found["lost_deals"]) == (-6.0, -4.0)


def test_by_a_day_only_what_was_due_by_then_can_have_slipped(vendor) -> None:
    found = steps(vendor, "plan", as_of="2026-08-14")
    assert "slipped" not in found
    assert found[END] == 70.0
    assert steps(vendor, "plan", as_of="2026-08-15")["slipped"] < 0


@pytest.mark.parametrize(
    ("table", "column", "lacking"),
    [
        ("pipeline_history", "", {"slipped", "lost_deals", "pulled_in"}),
        ("opportunities", "", {"slipped", "lost_deals", "pulled_in"}),
        ("sales", "opportunity_id", {"pulled_in"}),
        ("sales", "customer_id", {"new"}),
    ],
)
def test_what_cannot_be_parted_says_so_and_is_in_the_rest(vendor, table: str, column: str, lacking: set[str]) -> None:
    vendor = vendor | {table: vendor[table].drop(columns=column)} if column else {
        name: frame for name, frame in vendor.items() if name != table
    }  # fmt: skip
    with open_book(vendor, quarter="2026Q3") as book:
        found = bridges(book)
    plan = found[found["bridge"].eq("plan")]
    adds_up(plan)
    assert set(plan.loc[plan["reason"].ne(""), "step"]) == lacking
    assert plan.loc[plan["reason"].ne(""), "amount"].isna().all()
    assert not lacking & set(plan.loc[plan["reason"].eq(""), "step"])


def test_new_and_lost_are_told_by_the_twelve_months_of_each_year(vendor) -> None:
    more = rows(
        SALES,
        "2025-09-30 P1 R1 C2 - 55.00 0",
        "2025-10-01 P1 D1 C3 - 5.00 0",
        "2026-08-01 P1 R1 X1 - 7.00 0",
    )
    found = steps(vendor | {"sales": pd.concat([vendor["sales"], more])}, "year")
    # C2 bought last year and not since; C3 had not bought by last year's period, though before this one.
    assert (found["lost"], found["new"]) == (-55.0, 37.0)


def test_currency_is_the_mean_of_both_years_sales_at_the_other_years_rates() -> None:
    base = {name: table for name, table in small_vendor().items() if name in ("partners", "products")}
    sales = rows("sold_on partner_id revenue currency", "2025-07-01 P1 100 CHF", "2026-07-01 P1 100 CHF")
    rates = rows("month currency kind rate", "2025-07-01 CHF actual 1.0", "2026-07-01 CHF actual 1.2")
    found = steps(base | {"sales": sales, "fx_rates": rates}, "year")
    assert (found[START], found["currency"], found[END]) == (100.0, 20.0, 120.0)
    assert "size" not in found


def test_partners_and_periods_without_anything_have_no_bridge(vendor) -> None:
    with open_book(vendor, quarter="2026Q3") as book:
        assert set(bridges(book)["partner_id"]) == {"P1"}
    with open_book(vendor, quarter="2023Q1") as book:
        assert bridges(book).empty
        assert list(bridges(book).columns)[:3] == ["partner_id", "bridge", "period"]


def test_a_span_ends_with_the_day_known(vendor) -> None:
    with open_book(vendor, quarter="2026Q3", as_of="2026-08-14") as book:
        span = Span.of(book)
    assert (span.until, round(span.share, 4)) == (date(2026, 8, 14), round(14 / 31, 4))


# Attainment by month


def test_attainment_is_told_by_month_quarter_and_year_of_all_lines_and_people(vendor) -> None:
    plans = [*vendor["plans"].itertuples(index=False, name=None), ("2026-05-01", "P1", "Disks", "10.00")]
    frame = pd.DataFrame(plans, columns=PLANNED.split())
    with open_book(vendor | {"plans": frame}, quarter="2026Q3") as book:
        found = attained(book)
    share = found[found["metric"].eq("attainment")].set_index(["key", "name", "period"])["value"].dropna().to_dict()
    whole = {("", "", "2026-08"): 0.2, ("", "", "2026Q3"): 0.6, ("", "", "2026"): 90 / 160}
    lines = {("line", "Routers", "2026-08"): 0.2, ("line", "Routers", "2026Q3"): 0.6, ("line", "Routers", "2026"): 0.6}
    assert share == pytest.approx(whole | lines | {("line", "Disks", "2026"): 0.0})
