"""Business plans: three ways, season, shapes, rates, profit, versions, goals, and the file for a CRM."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from channelnb.book.book import Book, open_book
from channelnb.chosen import Settings
from channelnb.errors import ColumnsMissing, NotUsable, UnknownName
from channelnb.fiscal import FiscalCalendar
from channelnb.metrics.measure import measure
from channelnb.planning.business import crm, rates, season, shapes, strategies, versions
from channelnb.planning.business.history import LARGEST, History, even_handed, read_history
from channelnb.planning.business.plan import (
    AMOUNTS,
    SEASON,
    SHAPE,
    Choice,
    custom,
    horizon,
    make_plan,
    percentage,
    ramp_of,
    sample,
    to_cent,
    yearly,
)
from channelnb.planning.business.profit import partner_profit, vendor_profit
from channelnb.planning.business.proposal import choices_of, plan_of, proposed
from channelnb.planning.business.tables import MAKER, plan_tables
from tables import rows, small_vendor

QUARTER = "2026Q3"
UNEVEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 34]
"""Hundredths of a year, January first."""


def basis(**more: object) -> pd.DataFrame:
    """One line with a year of 1,000 behind it, an uneven season, a shape and rates that are easy to work with."""
    row: dict[str, object] = {"partner_id": "P1", "line": "Routers", "last_year": 1000.0, "age": 0.0}
    row |= {name: share / 100 for name, share in zip(SEASON, UNEVEN, strict=True)}
    row |= dict(zip(SHAPE, [0.25] * 4 + [0.5] * 4 + [1.0] * 4, strict=True))
    row |= {"discount_rate": 0.25, "rebate_rate": 0.02, "incentives_rate": 0.01, "mdf_rate": 0.03}
    row |= {"resale_revenue_rate": 1.2, "at_maturity": 800.0}
    return pd.DataFrame([row | more])


COSTS = pd.DataFrame([{"partner_id": "P1", "line": "Routers", "cost_rate": 0.6, "cost_to_serve_rate": 0.05}])


# The three ways


@pytest.mark.parametrize(
    ("choice", "years"),
    [
        (percentage("Routers", 0.1), (1100.0, 1210.0, 1331.0)),
        (percentage("Routers", 0.1, later=-0.5), (1100.0, 550.0, 275.0)),
        (sample("Routers"), (200.0, 400.0, 800.0)),
        (sample("Routers", at_maturity=1200.0), (300.0, 600.0, 1200.0)),
        (custom("Routers", 600.0), (600.0, 600.0, 600.0)),
        (custom("Routers", 600.0, later=700.0), (600.0, 700.0, 700.0)),
        (custom("Routers", 0.0), (0.0, 0.0, 0.0)),
    ],
)
def test_each_way_makes_the_years_that_its_inputs_say(choice: Choice, years: tuple[float, ...]) -> None:
    assert yearly(basis(), choice) == years


def test_a_sample_forecast_takes_the_shape_of_the_line_named() -> None:
    level = dict.fromkeys(SHAPE, 1.0)
    both = pd.concat([basis(), basis(line="Disks", **level)], ignore_index=True)
    assert yearly(both, sample("Routers", at_maturity=100.0, like="Disks")) == (100.0, 100.0, 100.0)
    assert yearly(both, sample("Disks", at_maturity=100.0, like="Routers")) == (25.0, 50.0, 100.0)


@pytest.mark.parametrize(
    ("age", "ramp"), [(0, (0.25, 0.5, 1.0)), (6, (0.375, 0.75, 1.0)), (12, (0.5, 1.0, 1.0)), (99, (1.0, 1.0, 1.0))]
)
def test_a_line_that_has_begun_goes_on_where_it_is(age: int, ramp: tuple[float, ...]) -> None:
    assert ramp_of(basis().iloc[0].to_dict(), age=age) == pytest.approx(ramp)


@pytest.mark.parametrize(
    ("choice", "more", "told"),
    [
        (
            percentage("Routers", 0.1),
            {"last_year": 0.0},
            r"no year to grow from.*hold 0\.00; choose 'sample', or 'custom'",
        ),
        (percentage("Routers", 0.1), {"last_year": -40.0}, r"hold -40\.00; choose 'sample'"),
        (percentage("Routers", -1.0), {}, r"growth is -1\.0, None; give a share above -1"),
        (Choice("Routers", "percentage"), {}, r"growth is None"),
        (percentage("Routers", math.inf), {}, r"an input is inf; give a number"),
        (sample("Routers"), {"at_maturity": math.nan}, r"once it is mature is nan; give it, or choose 'custom'"),
        (sample("Routers"), {SHAPE[0]: math.nan}, r"too few firms have started Routers.*name another line"),
        (custom("Routers", -1.0), {}, r"revenue is -1\.0, None; give year one"),
    ],
)
def test_what_cannot_be_planned_says_what_to_choose_instead(choice: Choice, more: dict[str, float], told: str) -> None:
    with pytest.raises(NotUsable, match=told):
        make_plan(basis(**more), [choice], first="2026-10")


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (percentage("Router", 0.1), "there is no line 'Router'; did you mean 'Routers'"),
        (sample("Routers", like="Tapes"), "there is no line 'Tapes'"),
        (Choice("Routers", "percent", 0.1), "there is no way 'percent'; did you mean 'percentage'"),
    ],
)
def test_an_unknown_line_or_way_is_named(choice: Choice, told: str) -> None:
    with pytest.raises(UnknownName, match=told):
        make_plan(basis(), [choice], first="2026-10")


@pytest.mark.parametrize("months", [23, 37, 0])
def test_a_plan_is_two_to_three_years_long(months: int) -> None:
    with pytest.raises(NotUsable, match=f"is {months} months long; give it from 24 to 36"):
        make_plan(basis(), [percentage("Routers", 0.1)], first="2026-10", months=months)


def test_a_line_is_planned_once() -> None:
    with pytest.raises(NotUsable, match=r"lines \['Routers'\] are chosen more than once"):
        make_plan(basis(), [percentage("Routers", 0.1), custom("Routers", 5.0)], first="2026-10")


@pytest.mark.parametrize(
    ("as_of", "first_month", "expected"),
    [
        (date(2026, 9, 30), 1, ("2026-10", 27)),
        (date(2026, 12, 31), 1, ("2027-01", 24)),
        (date(2026, 8, 14), 1, ("2026-09", 28)),
        (date(2026, 8, 31), 1, ("2026-09", 28)),
        (date(2026, 9, 30), 11, ("2026-10", 25)),
        (date(2026, 9, 30), 10, ("2026-10", 24)),
    ],
)
def test_a_plan_goes_on_to_the_end_of_a_fiscal_year(as_of: date, first_month: int, expected: tuple[str, int]) -> None:
    calendar = FiscalCalendar(first_month)
    first, months = horizon(as_of, calendar)
    assert (first, months) == expected
    assert (pd.Period(first, freq="M") + months).month == first_month
    assert 24 <= months <= 36


# Months


def test_months_are_worked_out_by_hand() -> None:
    plan = make_plan(basis(), [percentage("Routers", 0.0)], first="2026-11", months=24, costs=COSTS)
    first = plan.iloc[0]
    # November holds 11 hundredths of 1,000.
    expected = {"revenue": 110.0, "discount": 27.5, "list_price": 137.5, "rebate": 2.2, "incentives": 1.1, "mdf": 3.3}
    expected |= {"resale_revenue": 132.0, "cost": 66.0, "cost_to_serve": 5.5}
    expected |= {"vendor_profit": 110 - 66 - 2.2 - 1.1 - 3.3 - 5.5, "partner_profit": 132 - 110 + 2.2 + 1.1 + 3.3}
    assert first[list(expected)].to_dict() == pytest.approx(expected)
    assert (first["partner_id"], first["line"], first["way"], first["year"]) == ("P1", "Routers", "percentage", 1)
    assert list(plan["month"].dt.strftime("%Y-%m"))[:3] == ["2026-11", "2026-12", "2027-01"]
    assert plan["revenue"].tolist()[:3] == [110.0, 340.0, 10.0]


@pytest.mark.parametrize("seed", range(40))
def test_months_add_up_to_the_year_to_the_cent(seed: int) -> None:
    draw = np.random.default_rng(seed)
    shares = draw.dirichlet(np.full(12, draw.choice([0.05, 1.0, 50.0])))
    year = float(np.round(10 ** draw.uniform(-2, 9), 2))
    months, first = int(draw.integers(24, 37)), f"2026-{draw.integers(1, 13):02d}"
    made = make_plan(
        basis(**dict(zip(SEASON, shares, strict=True))),
        [custom("Routers", year, later=to_cent(year / 3))],
        first=first,
        months=months,
    )
    in_cents = (made["revenue"] * 100).round().astype("int64")
    assert (made["revenue"] * 100 - in_cents).abs().max() < 1e-4 * max(1.0, year / 1e6)
    assert (in_cents >= 0).all()
    for number, wanted in ((1, year), (2, to_cent(year / 3)), (3, to_cent(year / 3))):
        of_year = in_cents[made["year"].eq(number)]
        if len(of_year) == 12:
            assert of_year.sum() == round(wanted * 100)


def test_no_month_is_further_than_a_cent_from_its_share() -> None:
    made = make_plan(basis(last_year=999.99), [percentage("Routers", 0.123)], first="2026-01")
    shares = np.array(UNEVEN) / 100
    year = yearly(basis(last_year=999.99), percentage("Routers", 0.123))[0]
    assert np.abs(made["revenue"].to_numpy()[:12] - year * shares).max() <= 0.01 + 1e-9


def test_the_order_of_rows_makes_no_difference() -> None:
    three = pd.concat([basis(), basis(line="Disks"), basis(line="Tapes")], ignore_index=True)
    choices = [percentage("Routers", 0.1), custom("Disks", 77.77), sample("Tapes")]
    told = make_plan(three, choices, first="2026-10")
    shuffled = make_plan(three.sample(frac=1, random_state=3), choices, first="2026-10")
    pd.testing.assert_frame_equal(told, shuffled)


def test_what_is_not_known_is_blank_and_not_guessed() -> None:
    without = basis(resale_revenue_rate=math.nan, mdf_rate=math.nan)
    plan = make_plan(without, [percentage("Routers", 0.0)], first="2026-10")
    assert (
        plan[["resale_revenue", "partner_profit", "cost", "cost_to_serve", "vendor_profit", "mdf"]]
        .isna()
        .all(axis=None)
    )
    assert plan[["revenue", "discount", "rebate"]].notna().all(axis=None)


def test_no_choice_is_an_empty_plan() -> None:
    empty = make_plan(basis(), [], first="2026-10")
    assert empty.empty
    assert {*AMOUNTS} <= {*empty.columns}


# Profit


def test_profit_of_actual_figures_is_what_the_metrics_say() -> None:
    tables = small_vendor()
    tables["sales"] = tables["sales"].assign(rebate="2.50", resale_revenue=tables["sales"]["revenue"].map(float) * 1.25)
    tables["sales"]["cost"] = tables["sales"]["cost"].fillna("10.00")
    tables["costs"] = rows("partner_id month kind amount", "P1 2026-07-01 support 7", "P2 2026-09-01 support 3")
    tables["mdf_claims"] = rows(
        "claim_id partner_id requested_on amount_requested decision paid_on amount_paid",
        "M1 P1 2025-10-01 9 approved 2026-07-05 6",
    )
    tables["incentives"] = rows("partner_id paid_on amount", "P1 2026-07-01 4")
    _same_as_metrics(open_book(tables, quarter=QUARTER))


def test_profit_of_the_sample_is_what_the_metrics_say(vendor: Book) -> None:
    _same_as_metrics(vendor)


def _same_as_metrics(book: Book) -> None:
    """Both formulas over a quarter's actual figures, beside `contribution` and `partner_profit` of that quarter."""
    history = read_history(book)
    sums = {
        name: history.by_line(name, months=3).sum(axis=1) for name in ("revenue", "cost", "rebate", "resale_revenue")
    }
    paid = {name: history.by_partner(name, months=3) for name in ("mdf", "incentives", "cost_to_serve")}
    made = pd.DataFrame(sums | paid, index=history.partners)
    figures = measure(book, ["contribution", "partner_profit", "gross_margin"], by=["partner_id"], resample=False)
    told = figures.pivot_table(index="partner_id", columns="metric", values=["value", "numerator"]).reindex(made.index)
    known = told["value", "contribution"].notna()
    assert known.any()
    np.testing.assert_allclose(vendor_profit(made)[known], told["value", "contribution"][known], atol=0.01)
    goods = pd.DataFrame({name: made[name] for name in ("revenue", "cost")})
    costed = told["numerator", "gross_margin"].notna()
    np.testing.assert_allclose(vendor_profit(goods)[costed], told["numerator", "gross_margin"][costed], atol=0.01)
    own = partner_profit(made) - made["mdf"] - made["incentives"]
    there = told["value", "partner_profit"].notna()
    np.testing.assert_allclose(own[there], told["value", "partner_profit"][there], atol=0.01)


@pytest.mark.parametrize(
    ("formula", "columns", "told"),
    [(vendor_profit, ["revenue"], "lack \\['cost'\\].*The vendor's profit"),
     (partner_profit, ["revenue"], "lack \\['resale_revenue'\\].*The partner's profit")],
)  # fmt: skip
def test_profit_names_what_it_lacks(formula: object, columns: list[str], told: str) -> None:
    with pytest.raises(ColumnsMissing, match=told):
        formula(pd.DataFrame(columns=columns))


def test_what_one_side_pays_the_other_gets() -> None:
    year = {"revenue": [100.0], "cost": [60.0], "resale_revenue": [120.0], "rebate": [0.0], "mdf": [0.0]}
    before, after = pd.DataFrame(year), pd.DataFrame(year | {"rebate": [3.0], "mdf": [4.0]})
    assert vendor_profit(after).iloc[0] == vendor_profit(before).iloc[0] - 7
    assert partner_profit(after).iloc[0] == partner_profit(before).iloc[0] + 7


# What plans rest on


def months_of(firm: str, amounts: list[float], *, first: str, line: str = "Routers") -> list[dict[str, object]]:
    """One sale in each month, of these amounts."""
    span = pd.period_range(first, periods=len(amounts), freq="M")
    return [
        {"partner_id": firm, "line": line, "sold_on": month.start_time.date().isoformat(), "revenue": amount}
        for month, amount in zip(span, amounts, strict=True)
        if amount
    ]


def history_of(sold: list[dict[str, object]], *, owner: str | None = None) -> History:
    """The history of these sales, of firms that the first one of them owns if `owner` is given."""
    firms = sorted({str(row["partner_id"]) for row in sold})
    parents = [owner if firm != owner else None for firm in firms]
    partners = pd.DataFrame({"partner_id": firms, "name": firms, "channel": "reseller", "parent_id": parents})
    lines = sorted({str(row["line"]) for row in sold})
    products = pd.DataFrame({"product_id": lines, "line": lines})
    sales = pd.DataFrame(sold).rename(columns={"line": "product_id"}).astype({"revenue": "str"})
    with open_book({"partners": partners, "products": products, "sales": sales}, quarter="2025Q4") as book:
        return read_history(book)


def test_the_season_is_that_of_the_full_years() -> None:
    sold = [row for n in range(3) for row in months_of(f"P{n}", UNEVEN * 3, first="2023-01")]
    found = season.seasons(history_of(sold), min_firms=3)
    assert found[list(SEASON)].to_numpy() == pytest.approx(np.tile(np.array(UNEVEN) / 100, (3, 1)))
    assert set(found["season_from"]) == {"line"}


def test_a_partner_with_little_has_the_season_of_the_channel() -> None:
    sold = [row for n in range(3) for row in months_of(f"P{n}", UNEVEN * 3, first="2023-01")]
    sold += months_of("P9", [5.0], first="2025-06")
    found = season.seasons(history_of(sold), min_firms=3).iloc[-1]
    assert found["season_from"] == "channel_line"
    assert found[list(SEASON)].to_numpy(float) == pytest.approx(np.array(UNEVEN) / 100)


def test_a_season_of_its_own_is_drawn_to_the_channels() -> None:
    flat = [10.0] * 36
    sold = [row for n in range(5) for row in months_of(f"P{n}", UNEVEN * 3, first="2023-01")]
    found = season.seasons(history_of([*sold, *months_of("P9", flat, first="2023-01")]), min_firms=5)
    own, channel = found.iloc[-1][list(SEASON)].to_numpy(float), found.iloc[0][list(SEASON)].to_numpy(float)
    weight = 36 / (36 + season.STRENGTH)
    assert own.sum() == pytest.approx(1)
    # Between its own twelfth and the channel's December, near the latter.
    assert 1 / 12 < own[11] < channel[11]
    assert own[11] > 1 / 12 + (1 - weight) * 0.5 * (channel[11] - 1 / 12)


def test_too_few_firms_tell_no_season_but_their_own() -> None:
    sold = [row for n in range(2) for row in months_of(f"P{n}", UNEVEN * 3, first="2023-01")]
    sold += months_of("P0", UNEVEN, first="2025-01", line="Disks") + months_of("P9", [5.0], first="2025-12")
    history = history_of(sold)
    found = season.seasons(history, min_firms=6)
    keys = [(str(firm), str(line)) for firm in history.partners for line in history.lines]
    told = dict(zip(keys, found["season_from"], strict=True))
    assert told["P0", "Routers"] == "line"
    assert told["P0", "Disks"] == "partner", "one year of the line: the season of all its lines"
    assert told["P9", "Routers"] == "even", "nobody's season may be told to it, and it says so"


def test_no_season_of_the_sample_is_even(vendor: Book) -> None:
    found = season.seasons(read_history(vendor), min_firms=6)
    shares = found[list(SEASON)]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert "even" not in set(found["season_from"])
    assert (shares.max(axis=1) > 1.2 / 12).all()
    # The sample's December is its largest month, its August the least.
    assert shares.mean().idxmax() == "season_12"
    assert shares.mean().idxmin() == "season_8"


def test_a_season_of_firms_of_one_owner_is_nobodys_else() -> None:
    sold = [row for n in range(14) for row in months_of(f"P{n:02d}", UNEVEN * 3, first="2023-01")]
    sold += months_of("P99", [10.0] * 36, first="2023-01")
    apart, owned = (season.seasons(history_of(sold, owner=of), min_firms=6).iloc[-1] for of in (None, "P00"))
    assert apart["season_12"] > owned["season_12"] == pytest.approx(1 / 12), "drawn to the channel's, and not"


@pytest.mark.parametrize("tell", [rates.rates, rates.growth])
def test_rates_of_firms_of_one_owner_are_nobodys_else(tell: Callable[..., pd.DataFrame]) -> None:
    sold = [row for n in range(14) for row in months_of(f"P{n:02d}", [10.0] * 24, first="2024-01")]
    sold = [row | {"cost": "4"} for row in sold] + months_of("P99", [5.0], first="2025-12")
    sources = [tell(history_of(sold, owner=of), min_firms=6).filter(like="_from").iloc[-1] for of in (None, "P00")]
    pooled = [source.isin(["channel_line", "channel"]).any() for source in sources]
    assert pooled == [True, False]


def test_a_shape_of_firms_of_one_owner_is_nobodys_else() -> None:
    history = history_of(launches(14), owner="P00")
    found = shapes.shapes(history, season.seasons(history, min_firms=99), {}, min_firms=6)
    assert set(found["shape_from"]) == {"none"}


def test_pooled_rates_and_seasons_tell_no_sum_to_the_cent(vendor: Book) -> None:
    history = read_history(vendor)
    found = rates.rates(history, min_firms=6)
    for name in ("discount", "rebate", "mdf"):
        pooled = found.loc[found[f"{name}_from"].isin(["channel_line", "channel"]), f"{name}_rate"]
        assert len(pooled)
        assert (pooled == pooled.round(3)).all(), name
    told = season.seasons(history, min_firms=6)
    shares = told.loc[told["season_from"].isin(["channel_line", "channel"]), list(SEASON)]
    assert len(shares)
    assert (shares == shares.round(3)).all(axis=None)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)


def test_an_owner_of_many_firms_is_no_more_of_a_pool_than_one_of_one() -> None:
    sizes = np.ones((25, 1))
    owner = np.array([*range(5), *[5] * 20])
    kept = sizes * even_handed(sizes, owner)
    assert kept[5:].sum() <= LARGEST * kept.sum() + 1e-9


def launches(firms: int, *, first: str = "2024-01") -> list[dict[str, object]]:
    """Firms that sell Disks from 2023 on, and start Routers at a quarter of what they sell in the third quarter on."""
    sold = []
    for n in range(firms):
        sold += months_of(f"P{n:02d}", [100.0] * 36, first="2023-01", line="Disks")
        sold += months_of(f"P{n:02d}", [25.0] * 3 + [50.0] * 3 + [100.0] * 18, first=first)
    return sold


def test_the_shape_is_that_of_the_starts() -> None:
    history = history_of(launches(14))
    found = shapes.shapes(history, season.seasons(history, min_firms=99), {}, min_firms=6).loc["Routers"]
    assert list(found[list(SHAPE)]) == pytest.approx([0.25, 0.5, *[1.0] * 10])
    assert (found["shape_from"], found["shape_firms"]) == ("line", 14)


def test_too_few_starts_tell_no_shape() -> None:
    history = history_of(launches(shapes.FEWEST_FIRMS - 1))
    found = shapes.shapes(history, season.seasons(history, min_firms=99), {}, min_firms=6)
    assert found[list(SHAPE)].isna().all(axis=None)
    assert set(found["shape_from"]) == {"none"}


def test_a_line_without_starts_takes_the_shape_of_its_category() -> None:
    history = history_of(launches(14))
    alike = {"Disks": "Hardware", "Routers": "Hardware"}
    found = shapes.shapes(history, season.seasons(history, min_firms=99), alike, min_firms=6)
    assert found["shape_from"].to_dict() == {"Disks": "category", "Routers": "line"}
    assert list(found.loc["Disks", list(SHAPE)]) == pytest.approx(list(found.loc["Routers", list(SHAPE)]))


def test_a_young_line_is_sized_by_its_shape() -> None:
    sold = launches(14) + months_of("P99", [25.0] * 3 + [50.0] * 3, first="2025-07")
    history = history_of(sold)
    told = season.seasons(history, min_firms=99)
    found = shapes.shapes(history, told, {}, min_firms=6)
    size = shapes.mature_year(history, told, found)
    at = (history.partners.get_loc("P99"), history.lines.get_loc("Routers"))
    assert size[at] == pytest.approx(1200.0), "225 in six months, at a quarter and a half of the mature 100 a month"
    assert np.isnan(size[history.partners.get_loc("P99"), history.lines.get_loc("Disks")])


@pytest.mark.parametrize("seed", range(10))
def test_no_firm_is_more_than_a_quarter_of_what_is_pooled(seed: int) -> None:
    sizes = np.random.default_rng(seed).pareto(0.5, (12, 3)) + 1
    apart = np.arange(len(sizes))
    shares = sizes * even_handed(sizes, apart)
    assert (shares / shares.sum(axis=0)).max() <= LARGEST + 1e-9
    assert (even_handed(sizes, apart) <= 1 + 1e-12).all()
    assert even_handed(np.ones((8, 1)), np.arange(8)) == pytest.approx(1), "where none is too large, none is cut"


def test_rates_come_from_the_nearest_level_with_enough(vendor: Book) -> None:
    history = read_history(vendor)
    found = rates.rates(history, min_firms=6)
    sales = history.by_line("sales")
    enough = (sales >= rates.FEWEST_SALES).ravel()
    firm = np.repeat(sales.sum(axis=1) >= rates.FEWEST_SALES, len(history.lines))
    assert set(found.loc[enough, "cost_from"]) == {"line"}
    assert set(found.loc[~enough & firm, "cost_from"]) == {"partner"}
    assert set(found.loc[~firm, "cost_from"]) <= {"channel_line", "channel"}
    assert set(found.loc[~firm, "resale_revenue_from"]) == {"none"}, "another firm's resale price is never taken"
    own = (history.by_line("cost") / np.where(sales > 0, history.by_line("costed"), np.nan)).ravel()
    assert found.loc[enough, "cost_rate"].to_numpy() == pytest.approx(own[enough])


def test_what_the_source_does_not_tell_has_no_rate() -> None:
    tables = {name: frame for name, frame in small_vendor().items() if name in ("partners", "products", "sales")}
    with open_book(tables, quarter=QUARTER) as book:
        found = rates.rates(read_history(book), min_firms=1)
    for name in ("discount", "rebate", "resale_revenue", "incentives", "mdf", "cost_to_serve"):
        assert set(found[f"{name}_from"]) == {"none"}
        assert found[f"{name}_rate"].isna().all()


def test_growth_is_damped_bounded_and_known_for_all(vendor: Book) -> None:
    found = rates.growth(read_history(vendor), min_firms=6)
    assert found[["growth", "growth_later"]].abs().max(axis=None) <= rates.STEEPEST
    assert found[["growth", "growth_later"]].notna().all(axis=None)
    doubled = [row for n in range(6) for row in months_of(f"P{n}", [10.0] * 12 + [20.0] * 12, first="2024-01")]
    told = rates.growth(history_of(doubled), min_firms=6).iloc[0]
    assert told["growth"] == pytest.approx(2**0.5 - 1), "half of the trend, on the scale of logarithms"
    assert told["growth_later"] == pytest.approx(2**0.25 - 1)


# Proposals


@pytest.fixture(scope="module")
def vendor(sample):
    with open_book(sample, quarter=QUARTER) as book:
        yield book


@pytest.fixture(scope="module")
def tables(vendor: Book) -> dict[str, pd.DataFrame]:
    return plan_tables(vendor, Settings(), {})


def test_every_partner_of_the_sample_has_a_plan_that_can_be_made(tables) -> None:
    calendar = FiscalCalendar()
    for firm, rests_on in tables["plan_basis"].groupby("partner_id"):
        of_firm = {name: rows[rows["partner_id"].eq(firm)] for name, rows in tables.items()}
        plan = plan_of(of_firm, as_of=date(2026, 9, 30), calendar=calendar)
        assert set(plan["line"]) == set(rests_on.loc[rests_on["age"] > 0, "line"])
        assert (plan["revenue"] >= 0).all()
        assert np.isfinite(plan["revenue"]).all()
        assert plan.groupby("line")["month"].nunique().isin([27]).all()


def test_the_way_follows_what_is_known_of_a_line(tables) -> None:
    chosen = tables["plan_proposed"].merge(tables["plan_basis"], on=["partner_id", "line"])
    assert {*chosen["way"]} == {"percentage", "sample", "custom"}
    grown, begun = chosen[chosen["why"].eq("trend")], chosen[chosen["why"].eq("started")]
    assert (grown["way"].eq("percentage") & grown["age"].ge(12) & grown["last_year"].gt(0)).all()
    assert (begun["way"].eq("sample") & begun["age"].lt(12)).all()
    stopped = chosen[chosen["last_year"].le(0)]
    assert (stopped["way"].eq("custom") & stopped["first"].eq(0)).all()
    assert len(choices_of(tables["plan_proposed"].head(3))) == 3


def test_shuffled_sales_give_the_same_tables(sample, tables, tmp_path) -> None:
    from shutil import copytree

    copy = copytree(sample, tmp_path / "shuffled")
    for name in ("sales", "plans", "costs", "mdf_claims", "products"):
        path = copy / f"{name}.parquet"
        pd.read_parquet(path).sample(frac=1, random_state=11).to_parquet(path, index=False)
    with open_book(copy, quarter=QUARTER) as book:
        again = plan_tables(book, Settings(), {})
    assert {*again} == {*MAKER.names}
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, again[name], check_exact=True)


def test_the_partners_own_tables_tell_nothing_of_the_vendors_costs(tables) -> None:
    vendors = ("cost", "costed", "cost_to_serve", "cost_rate", "cost_to_serve_rate", "vendor_profit", "target_profit")
    for name in MAKER.for_the_partner:
        assert not {*vendors} & {*tables[name].columns}, name
    assert "draft" not in set(tables["plan_versions"]["status"])
    assert "draft" in set(tables["plan_drafts"]["status"])


def test_nothing_known_makes_empty_tables() -> None:
    firms = rows("partner_id name channel", "P1 Ada reseller")
    sold = rows("partner_id sold_on revenue", "P1 2026-09-30 -5.00")
    with open_book({"partners": firms, "sales": sold}, quarter=QUARTER) as book:
        made = plan_tables(book, Settings(), {})
    assert made["plan_proposed"].empty, "a return alone is nothing to plan on"
    assert made["plan_versions"].empty
    assert set(made["plan_basis"]["season_from"]) == {"even"}


# Versions


def test_what_is_in_force_is_what_the_book_has_in_force() -> None:
    with open_book(small_vendor(), quarter=QUARTER) as book:
        committed, drafts, profits = versions.read_versions(book)
        counts = book.query("SELECT line, month, target_revenue AS revenue FROM plans_in_force ORDER BY ALL")
    rows_ = versions.in_force(committed, calendar=FiscalCalendar()).drop(columns="year").astype({"line": "object"})
    expected = counts.astype({"revenue": "float64", "line": "object"})
    told = rows_.sort_values(["line", "month"], ignore_index=True)
    assert told.to_numpy().tolist() == expected.to_numpy().tolist()
    assert drafts["version"].tolist() == ["v2"]
    assert drafts["target_revenue"].tolist() == [800.0]
    assert profits.empty


def test_versions_are_listed_the_latest_first() -> None:
    with open_book(small_vendor(), quarter=QUARTER) as book:
        committed, drafts, _ = versions.read_versions(book)
    listed = versions.known(versions.every_version({"plan_versions": committed, "plan_drafts": drafts}))
    assert listed[["version", "status", "revenue", "in_force"]].to_numpy().tolist() == [
        ["v3", "committed", 900.0, 0],
        ["v2", "committed", 150.0, 1],
        ["v2", "draft", 800.0, 0],
        ["v1", "committed", 400.0, 4],
    ]


def test_two_plans_are_compared_in_the_months_of_both() -> None:
    one = pd.DataFrame(
        {"month": ["1", "2", "3"], "year": "2027", "line": ["A", "B", "A"], "revenue": [10.0, 20.0, 5.0]}
    )
    other = pd.DataFrame({"month": ["1", "2"], "year": "2027", "line": ["A", "C"], "revenue": [12.5, 1.0]})
    found = versions.compared(one, other, by=["line", "year"])
    assert found[["line", "one", "other", "change"]].to_numpy().tolist() == [
        ["A", 10.0, 12.5, 2.5],
        ["B", 20.0, 0.0, -20.0],
        ["C", 0.0, 1.0, 1.0],
    ]
    assert versions.compared(one, other, by=["year"])["change"].tolist() == [-16.5]


# Goals


def scored(*told: tuple[str, float, float, float]) -> pd.DataFrame:
    """Rows of a scorecard: metric, value, target, score."""
    head = {"partner_id": "P1", "period": QUARTER, "category": "effectiveness"}
    return pd.DataFrame([head | dict(zip(("metric", "value", "target", "score"), row, strict=True)) for row in told])


CONTACTS = rows(
    "partner_id side role name",
    "P1 partner director Dan",
    "P1 partner sales Sue",
    "P1 vendor manager Val",
)


def goals_of(metrics: pd.DataFrame, contacts: pd.DataFrame = CONTACTS) -> pd.DataFrame:
    return strategies.goals(metrics, contacts, period=QUARTER, calendar=FiscalCalendar(), currency="USD")


def test_weaknesses_and_strengths_open_typed_goals() -> None:
    found = goals_of(scored(("win_rate", 0.1, 0.5, 20.0), ("certified_people", 4.0, 4.0, 100.0))).set_index("metric")
    weak = found.loc["win_rate"]
    assert weak["text"] == "Win 30 % of the deals decided in 2027Q3", "half of the way in a year"
    assert (weak["target"], weak["baseline"], weak["owner"], weak["side"]) == (0.3, 0.1, "Sue", "partner")
    assert (weak["due_on"], weak["opened_by"]) == (pd.Timestamp("2027-09-30"), "weakness")
    strong = found.loc["certified_people"]
    assert (strong["target"], strong["opened_by"]) == (4.0, "strength")
    assert strong["text"].startswith("Hold certified people at 4 or more")
    for name in ("text", "metric", "target", "due_on", "if_missed", "area", "kind"):
        assert found.reset_index()[name].notna().all(), name


def test_without_a_weakness_the_lowest_one_opens_a_goal() -> None:
    found = goals_of(scored(("win_rate", 0.45, 0.5, 90.0), ("forecast_accuracy", 0.8, 0.85, 94.0)))
    assert found.set_index("metric")["opened_by"].to_dict() == {"win_rate": "weakness", "forecast_accuracy": "strength"}
    assert found.set_index("metric").loc["win_rate", "target"] == 0.5


def test_no_score_opens_no_goal_and_no_contact_owns_none() -> None:
    assert goals_of(scored(("win_rate", 0.1, 0.5, math.nan))).empty
    assert goals_of(scored(("win_rate", 0.1, 0.5, 20.0)), pd.DataFrame())["owner"].isna().all()


@pytest.mark.parametrize(
    ("planned", "target", "text"),
    [
        (None, 0.0, "Hold revenue of the year before in 2027Q3"),
        (0.003, 0.0, "Hold revenue of the year before in 2027Q3"),
        (0.129, 0.12, "Grow by 12 % on the year in 2027Q3"),
        (-0.071, -0.08, "Let revenue fall by no more than 8 % on the year in 2027Q3"),
    ],
)
def test_a_goal_of_growth_is_what_the_plan_holds_and_never_a_fall_without_one(planned, target, text) -> None:
    scores = scored(("growth_yoy", -0.16, 0.1, 20.0))
    found = strategies.goals(
        scores, CONTACTS, period=QUARTER, calendar=FiscalCalendar(), currency="USD", growth=planned
    ).iloc[0]
    assert (found["target"], found["text"]) == (target, text)


def test_growth_planned_is_that_of_the_goals_quarter_and_of_whole_quarters_only() -> None:
    sold = pd.DataFrame({"month": pd.to_datetime(["2026-07-01", "2026-09-01"]), "revenue": [60.0, 40.0]})
    plan = pd.DataFrame({"month": pd.date_range("2026-10-01", "2027-09-01", freq="MS"), "revenue": 35.0})
    asked = {"period": QUARTER, "calendar": FiscalCalendar()}
    assert strategies.planned_growth({"plan_history": sold}, plan, **asked) == pytest.approx(0.05)
    assert strategies.planned_growth({"plan_history": sold}, plan[:-1], **asked) is None
    assert strategies.planned_growth({"plan_history": sold[:0]}, plan, **asked) is None
    assert strategies.planned_growth({"plan_history": sold}, plan[:0], **asked) is None


def test_less_is_better_goes_down() -> None:
    found = goals_of(scored(("sales_cycle", 300.0, 100.0, 0.0))).iloc[0]
    assert found["target"] == 200.0
    assert found["target"] < found["baseline"]


# The file for a CRM


def test_the_file_for_a_crm_reads_back_as_it_was() -> None:
    firm = 'Röder, "Sons" & Co'
    plan = make_plan(basis(line="=cmd|' /C calc'!A0"), [percentage("=cmd|' /C calc'!A0", 0.1)], first="2026-10")
    made = crm.plan_for_crm(plan, partner_name=firm, currency="EUR", version="v1", status="draft")
    content = crm.crm_csv(made)
    assert content.count(b"\r\n") == len(plan) + 1
    back = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    assert list(back[0]) == crm.COLUMNS
    assert {row["partner_name"] for row in back} == {firm}
    assert back[0]["line"].startswith("'=cmd")
    assert (back[0]["month"], back[0]["currency"], back[0]["status"]) == ("2026-10-01", "EUR", "draft")
    assert sum(round(float(row["revenue"]) * 100) for row in back) == round(plan["revenue"].sum() * 100)
    assert all(
        row["revenue"].partition(".")[2].isdigit() and len(row["revenue"].partition(".")[2]) == 2 for row in back
    )


def test_ids_are_unique_and_the_same_in_every_version() -> None:
    both = pd.concat([basis(), basis(line="Disks")], ignore_index=True)
    plans = [
        make_plan(both, [percentage("Routers", growth), custom("Disks", 5.0)], first="2026-10") for growth in (0.1, 0.3)
    ]
    one, other = (
        crm.plan_for_crm(plan, partner_name="Ada", currency="USD", version=name, status="draft")
        for plan, name in zip(plans, ("v1", "v2"), strict=True)
    )
    assert one["external_id"].is_unique
    assert one["external_id"].tolist() == other["external_id"].tolist()
    assert one["revenue"].tolist() != other["revenue"].tolist()


def test_proposals_of_nothing_are_none() -> None:
    assert proposed(basis(age=0.0, growth=0.0, growth_later=0.0)).empty
