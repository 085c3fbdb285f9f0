"""The make-believe vendor: the same bytes for a seed, whole, and true to its `truth.yaml`."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from channelnb.book.book import open_book
from channelnb.book.sample import write_sample
from channelnb.book.sample.draws import streams
from channelnb.book.sample.vendor import DRIVERS, PROGRAMMES
from channelnb.book.sample.world import World, make_world
from channelnb.book.tables import CONTRACT
from channelnb.errors import NotUsable
from channelnb.metrics.measure import measure
from channelnb.planning.promises.commitments import scored

MANY = 500
BLANK_ON_PURPOSE = {("plans", "manager_id"), ("plans", "salesperson_id")}
"""Plans are partners' plans only, so that they add up."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pq.read_table(folder / f"{name}.parquet").to_pandas() for name in CONTRACT}


@pytest.fixture(scope="module")
def many() -> World:
    return make_world(partners=MANY, seed=7)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert digests(write_sample(tmp_path / "again")) == digests(folder)


def test_another_seed_gives_other_bytes(folder: Path, tmp_path: Path) -> None:
    other, here = digests(write_sample(tmp_path / "other", seed=8)), digests(folder)
    alike = {name for name in here if here[name] == other[name]}
    assert alike == {"products.parquet", "tiers.parquet", "source.yaml"}


def test_a_stream_depends_on_its_name_and_not_on_the_others() -> None:
    stream = streams(7)
    alone = stream("sales").random(3)
    stream("leads").random(99)
    assert (stream("sales").random(3) == alone).all()
    assert not (stream("plans").random(3) == alone).any()


@pytest.mark.parametrize("partners", [5, 23, 150])
def test_any_number_of_partners(tmp_path: Path, partners: int) -> None:
    folder = write_sample(tmp_path, partners=partners, seed=3)
    with open_book(folder, quarter="2026Q3", max_rejected=0) as book:
        assert book.loads["partners"].rows_used == partners
        assert set(book.loads) == set(CONTRACT)


def test_too_few_partners_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotUsable, match="a sample of 4 partners is too small; ask for 5 or more"):
        write_sample(tmp_path, partners=4)
    assert not list(tmp_path.iterdir())


def test_source_yaml_says_what_the_vendor_is(folder: Path) -> None:
    with open_book(folder) as book:
        assert (book.vendor.name, book.vendor.first_month, book.vendor.currency) == ("Halden Systems", 1, "EUR")
        assert book.vendor.distributor_sell_in == "net"
        assert str(book.as_of) == "2026-09-30"


@pytest.mark.parametrize("name", CONTRACT)
def test_a_table_is_whole(tables: dict[str, pd.DataFrame], name: str) -> None:
    table, frame = CONTRACT[name], tables[name]
    traits = [column for column in frame if column not in table.names]
    assert [column for column in frame if column in table.names] == list(table.names)
    assert all(str(column).startswith("trait_") for column in traits)
    assert bool(traits) == table.traits
    assert frame[list(table.required_names)].notna().all(axis=None)
    blank = {(name, column) for column in frame if frame[column].isna().all()}
    assert blank == {one for one in BLANK_ON_PURPOSE if one[0] == name}
    if table.key:
        assert frame[table.key].is_unique


@pytest.mark.parametrize("name", CONTRACT)
def test_a_tables_references_resolve(tables: dict[str, pd.DataFrame], name: str) -> None:
    for column in CONTRACT[name].columns:
        if column.refers:
            known = set(tables[column.refers][CONTRACT[column.refers].key])
            assert set(tables[name][column.name].dropna()) <= known, column.name


def test_the_book_takes_every_row(folder: Path, truth: dict[str, Any]) -> None:
    with open_book(folder, quarter="2026Q3", max_rejected=0) as book:
        counted = book.reconciliation().set_index("table")
    assert (counted["rows_rejected"] == 0).all()
    assert counted["rows_used"].to_dict() == truth["rows"]


def test_money_is_exact_to_the_cent(folder: Path) -> None:
    sales = pq.read_table(folder / "sales.parquet")
    assert sales.schema.field("revenue").type == pa.decimal128(18, 2)
    listed, off, revenue = (sales[name].to_pylist() for name in ("list_price", "discount", "revenue"))
    assert all(a - b == c for a, b, c in zip(listed, off, revenue, strict=True))
    assert 0 < sum(amount < 0 for amount in revenue) < len(revenue) / 100


def test_revenue_by_year_is_as_told(folder: Path, truth: dict[str, Any]) -> None:
    with open_book(folder) as book:
        by_year = book.query(
            "SELECT CAST(year(sold_on) AS VARCHAR) AS year, sum(revenue) AS revenue FROM sales GROUP BY 1"
        )
        whole = measure(book, ["revenue"])["value"].item()
    assert whole == pytest.approx(float(truth["revenue"]["total"])), "no row is on the other basis, or left out"
    found = {row.year: Decimal(str(row.revenue)).quantize(Decimal("0.01")) for row in by_year.itertuples()}
    assert {year: str(amount) for year, amount in found.items()} == truth["revenue"]["by_year"]


USUAL = [
    *("revenue", "attainment", "growth_yoy", "new_customers", "customer_retention", "open_pipeline", "pipeline_index"),
    *("win_rate", "average_won_deal", "gross_margin", "revenue_per_employee", "certified_people", "lead_acceptance"),
]


def test_every_active_partner_can_be_measured(folder: Path) -> None:
    with open_book(folder, quarter="2026Q3") as book:
        active = book.query("SELECT partner_id, joined_on FROM partners WHERE left_on IS NULL").set_index("partner_id")
        found = measure(book, USUAL, by=["partner_id"])
    found = found[found["partner_id"].isin(active.index)]
    assert set(found["state"]) <= {"ok", "too_few", "no_data"}
    # Only who joined in the last year has nothing to be compared with.
    lacking = found[found["state"] == "no_data"]
    assert set(lacking["metric"]) <= {"growth_yoy", "customer_retention"}
    assert (active.loc[lacking["partner_id"], "joined_on"] >= pd.Timestamp("2025-09-01")).all()
    assert (found[found["state"] == "too_few"].groupby("metric").size() < len(active) / 3).all()


@pytest.mark.parametrize("seed", [7, 3])
def test_promises_end_as_told(tmp_path: Path, seed: int) -> None:
    told = yaml.safe_load((write_sample(tmp_path, seed=seed) / "truth.yaml").read_text(encoding="utf-8"))["promises"]
    with open_book(tmp_path, quarter="2026Q3") as book:
        found = scored(book)
    assert dict(zip(found["commitment_id"], found["result"], strict=True)) == told
    assert (found.groupby("result").size() > 15).all()
    assert found["result"].nunique() == 4
    assert set(found["metric"].dropna()) > {"revenue", "open_pipeline", "certified_people", "win_rate", "new_customers"}


def revenue_by_month(world: World) -> npt.NDArray[np.float64]:
    """Revenue of each partner (rows) in each month of the history (columns), in the partner's currency."""
    revenue = np.zeros((world.cast.count, 45))
    past = world.rows[world.rows["month"] < 45]
    np.add.at(revenue, (past["partner"].to_numpy(), past["month"].to_numpy()), past["revenue"].to_numpy() / 100)
    return revenue


@pytest.mark.parametrize("trait", [f"trait_{name}" for name in (
    "services_share", "technical_staff_share", "years_in_business", "vertical_focus", "has_cloud_practice", "owner_led",
    "office_count", "website_languages",
)])  # fmt: skip
def test_just_the_traits_told_drive_revenue_per_head(many: World, trait: str) -> None:
    last_year = revenue_by_month(many)[:, -12:].sum(axis=1)
    active = (many.cast.left > 45) & (many.cast.joined < 0)
    per_head = np.log(last_year[active] / many.cast.employees[active])
    strength = np.corrcoef(many.cast.traits.loc[active, trait].astype(float), per_head)[0, 1]
    if trait in DRIVERS:
        assert strength * np.sign(DRIVERS[trait][0]) > 0.4
    else:
        assert abs(strength) < 0.15


def test_candidates_differ_in_the_same_traits(many: World) -> None:
    candidates = many.tables["candidates"].set_index("candidate_id")
    good = candidates.index.isin(many.good_candidates)
    for name, (effect, _, spread) in DRIVERS.items():
        gap = (candidates.loc[good, name].mean() - candidates.loc[~good, name].mean()) / spread
        assert gap * np.sign(effect) > 0.8, name


def test_a_fifth_of_the_partners_sells_most(many: World) -> None:
    last_year = np.sort(revenue_by_month(many)[:, -12:].sum(axis=1))[::-1]
    selling = last_year[last_year > 0]
    assert 0.68 < selling[: len(selling) // 5].sum() / selling.sum() < 0.82


def test_the_last_quarter_is_strong_and_summer_weak(many: World) -> None:
    quarters = revenue_by_month(many)[:, :36].sum(axis=0).reshape(3, 4, 3).sum(axis=2)
    assert (quarters.argmax(axis=1) == 3).all()
    assert (quarters.argmin(axis=1) == 2).all()


def gain(world: World, programme: str, channels: list[str]) -> float:
    """By what enrolment multiplied monthly revenue: within partners, against the others, trends taken out."""
    enrolled = world.enrolled[world.enrolled["programme"] == programme]
    start = np.full(world.cast.count, 99)
    start[enrolled["partner"]] = enrolled["month"]
    revenue = revenue_by_month(world)
    channel = world.tables["partners"]["channel"].isin(channels).to_numpy()
    kept = channel & (world.cast.joined < -8) & (world.cast.left > 45) & (revenue > 0).all(axis=1)
    since = (np.arange(45) >= start[kept][:, None]).astype(float)
    taken, sold = _within(since), _within(np.log(revenue[kept]))
    return float(np.exp((taken * sold).sum() / (taken**2).sum()))


def _within(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    time = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    for _ in range(30):
        values = values - values.mean(axis=1, keepdims=True)
        values = values - (values @ time / (time @ time))[:, None] * time
        values = values - values.mean(axis=0)
    return values


@pytest.mark.parametrize(
    ("programme", "channels", "told", "within"),
    [
        ("Demo Days", ["integrator"], 1.15, 0.05),
        ("Demo Days", ["reseller"], 1.0, 0.05),
        ("Newsletter", ["reseller", "integrator", "consultant", "managed service provider", "distributor"], 1.0, 0.04),
        ("Joint Selling", ["reseller", "managed service provider"], 1.1, 0.05),
        ("Joint Selling", ["integrator"], 1.0, 0.06),
    ],
)
def test_a_programme_works_for_whom_it_is_told_to(
    many: World, programme: str, channels: list[str], told: float, within: float
) -> None:
    assert all(PROGRAMMES[programme].get(channel, 1.0) == told for channel in channels)
    assert gain(many, programme, channels) == pytest.approx(told, abs=within)


def test_the_newsletter_goes_to_the_large(many: World) -> None:
    readers = many.enrolled.loc[many.enrolled["programme"] == "Newsletter", "partner"]
    large = many.cast.level > np.median(many.cast.level)
    assert large[readers].mean() > 0.7


def test_one_is_large_but_poor_per_head_and_one_a_small_star(folder: Path, truth: dict[str, Any]) -> None:
    with open_book(folder, quarter="2026Q3") as book:
        found = measure(book, ["revenue_per_employee"], by=["partner_id"]).set_index("partner_id")["value"].dropna()
        employees = book.table("partners").set_index("partner_id")["employees"]
    (poor,), (star,) = truth["cast"]["large_poor_per_head"], truth["cast"]["small_star"]
    assert employees[poor] == employees.max()
    assert found.rank()[poor] <= 3
    assert employees[star] <= employees.quantile(0.25)
    assert found.rank(ascending=False)[star] <= 3


def test_three_partners_leave_their_leads_untouched(tables: dict[str, pd.DataFrame], truth: dict[str, Any]) -> None:
    leads = tables["leads"]
    recent = leads[pd.to_datetime(leads["created_at"]) >= pd.Timestamp(truth["stale_leads"]["since"], tz="UTC")]
    waiting = recent["assigned_at"].notna() & recent["first_contact_at"].isna() & recent["returned_at"].isna()
    # A week is enough for anybody else to have called, or to have let the lead end.
    old = recent["created_at"] < pd.Timestamp("2026-07-01", tz="UTC")
    untouched = recent[waiting & old & (recent["outcome"] == "open")]
    assert sorted(untouched["partner_id"].unique()) == truth["stale_leads"]["partners"]
    assert (untouched.groupby("partner_id").size() >= 5).all()


def test_returned_leads_were_sent_to_the_wrong_partner(tables: dict[str, pd.DataFrame]) -> None:
    leads = tables["leads"].merge(tables["partners"][["partner_id", "region"]], on="partner_id", suffixes=("", "_own"))
    away = leads["drop_reason"] == "outside the partner's region"
    assert away.sum() > 50
    assert (leads["region"] != leads["region_own"])[away].all()
    assert (leads["region"] == leads["region_own"])[~away].all()
    sold = tables["sales"].merge(tables["products"][["product_id", "line"]], on="product_id")
    pairs = set(zip(sold["partner_id"], sold["line"], strict=True))
    wrong = leads[leads["drop_reason"] == "not a line the partner sells"]
    assert len(wrong) > 300
    assert not set(zip(wrong["partner_id"], wrong["line"], strict=True)) & pairs


def test_what_a_distributor_passes_on_is_counted_once(tables: dict[str, pd.DataFrame]) -> None:
    sales = tables["sales"].merge(tables["partners"][["partner_id", "channel", "distributor_id"]], on="partner_id")
    assert ((sales["basis"] == "sell_through") == sales["distributor_id"].notna()).all()
    assert (sales.loc[sales["channel"] == "distributor", "basis"] == "sell_in").all()
    channel = tables["partners"].set_index("partner_id")["channel"]
    assert set(channel[sales["distributor_id"].dropna()]) == {"distributor"}


def test_a_merged_partners_customers_go_on_with_its_taker(
    tables: dict[str, pd.DataFrame], truth: dict[str, Any]
) -> None:
    sales, partners = tables["sales"], tables["partners"].set_index("partner_id")
    for gone, taker in truth["cast"]["merged"].items():
        assert partners.loc[gone, "merged_into"] == taker
        assert partners.loc[gone, "left_on"] is not None
        its_own = set(sales.loc[sales["partner_id"] == gone, "customer_id"])
        later = sales[(sales["partner_id"] == taker) & (sales["sold_on"] > partners.loc[gone, "left_on"])]
        assert len(its_own & set(later["customer_id"])) >= 3


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("sales", "sold_on"), ("opportunities", "created_on"), ("leads", "created_at"), ("certifications", "earned_on"),
        ("activities", "held_on"), ("surveys", "sent_on"), ("mdf_claims", "requested_on"), ("commitments", "made_on"),
        ("costs", "month"), ("incentives", "paid_on"), ("enrolments", "from_on"), ("plans", "made_on"),
    ],
)  # fmt: skip
def test_nothing_happens_before_joining_or_after_leaving(tables: dict[str, pd.DataFrame], name: str, day: str) -> None:
    frame = tables[name].dropna(subset=["partner_id"])
    partners = tables["partners"].set_index("partner_id")
    when = pd.to_datetime(frame[day], utc=True)
    joined = pd.to_datetime(frame["partner_id"].map(partners["joined_on"]), utc=True)
    left = pd.to_datetime(frame["partner_id"].map(partners["left_on"]), utc=True)
    assert (when >= joined).all()
    assert not (when >= left + pd.Timedelta(days=1)).any()


def test_who_sells_is_there_on_the_day(tables: dict[str, pd.DataFrame]) -> None:
    kept = tables["sales"][tables["sales"]["revenue"] > 0]  # What came back stays with who had sold it.
    sales = kept.merge(tables["salespeople"], on="salesperson_id", suffixes=("", "_person"))
    assert (sales["partner_id"] == sales["partner_id_person"]).all()
    sold = pd.to_datetime(sales["sold_on"])
    assert (sold >= pd.to_datetime(sales["joined_on"])).all()
    assert not (sold > pd.to_datetime(sales["left_on"])).any()
    assert tables["salespeople"]["left_on"].notna().sum() > 50


def test_won_deals_are_sales_to_the_cent(tables: dict[str, pd.DataFrame]) -> None:
    won = tables["opportunities"].query("outcome == 'won'")
    both = won.merge(tables["sales"], on="opportunity_id", suffixes=("", "_sold"))
    assert len(both) == len(won) == tables["sales"]["opportunity_id"].notna().sum()
    for column, sold in (("amount", "revenue"), ("closed_on", "sold_on"), ("customer_id", "customer_id_sold")):
        assert (both[column] == both[sold]).all()


def test_deals_slip_and_the_last_record_is_as_they_stand(tables: dict[str, pd.DataFrame]) -> None:
    history, deals = tables["pipeline_history"], tables["opportunities"].set_index("opportunity_id")
    due = (
        history.sort_values("as_of", kind="stable")
        .groupby("opportunity_id")["expected_close_on"]
        .agg(["first", "last"])
    )
    assert 0.2 < (due["last"] > due["first"]).mean() < 0.5
    today = history[history["as_of"] == history["as_of"].max()].set_index("opportunity_id")
    for column in ("amount", "expected_close_on", "stage", "probability", "outcome"):
        assert (today[column] == deals.loc[today.index, column]).all(), column
    open_deals = deals[deals["outcome"] == "open"]
    assert set(open_deals.index) == set(today.index[today["outcome"] == "open"])
    quarters = pd.PeriodIndex(pd.to_datetime(open_deals["expected_close_on"]), freq="Q").unique()
    assert {"2026Q4", "2027Q1", "2027Q2", "2027Q3"} <= set(quarters.astype(str))
    assert quarters.max() == pd.Period("2027Q4")


def test_plans_add_up_and_drafts_do_not_count(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    plans = tables["plans"]
    assert str(plans["month"].max()) == "2027-12-01"
    assert set(plans["status"]) == {"committed", "draft"}
    assert "FY2026 mid-year" in set(plans["version"])
    with open_book(folder, quarter="2026Q3") as book:
        force = book.query("SELECT * FROM plans_in_force")
    assert not force.duplicated(["original_partner_id", "line", "month"]).any()
    assert "FY2027 stretch" not in set(force["version"])


def test_a_minority_sells_in_another_currency(tables: dict[str, pd.DataFrame]) -> None:
    share = (tables["partners"]["currency"] == "USD").mean()
    assert 0.05 < share < 0.3
    assert set(tables["sales"]["currency"]) == {"EUR", "USD"}
    assert set(tables["fx_rates"]["kind"]) == {"plan", "actual"}


def test_late_reports_are_known_by_today(tables: dict[str, pd.DataFrame]) -> None:
    sales = tables["sales"]
    late = pd.to_datetime(sales["recorded_on"]) - pd.to_datetime(sales["sold_on"])
    assert (late >= pd.Timedelta(0)).all()
    assert 0.02 < (late > pd.Timedelta(days=7)).mean() < 0.1
    assert str(sales["recorded_on"].max()) <= "2026-09-30"


@pytest.mark.parametrize(
    ("name", "column"),
    [(table.name, column.name) for table in CONTRACT.values() for column in table.columns if column.choices],
)
def test_each_word_of_a_choice_occurs(tables: dict[str, pd.DataFrame], name: str, column: str) -> None:
    assert set(tables[name][column].dropna()) == set(CONTRACT[name].by_name[column].choices)


def test_some_leads_are_kept_and_some_partner_has_no_manager(
    tables: dict[str, pd.DataFrame], truth: dict[str, Any]
) -> None:
    kept = tables["leads"]["partner_id"].isna()
    assert 0.01 < kept.mean() < 0.1
    assert tables["leads"].loc[kept, "assigned_at"].isna().all()
    partners = tables["partners"].set_index("partner_id")
    assert partners.index[partners["manager_id"].isna()].tolist() == truth["cast"]["no_manager"]
    assert partners.index[partners["left_on"].notna()].tolist() == sorted(
        [*truth["cast"]["left"], *truth["cast"]["merged"]]
    )


def test_names_have_odd_letters_in_them(tables: dict[str, pd.DataFrame]) -> None:
    names = tables["partners"]["name"]
    assert names.is_unique
    assert not names.str.isascii().all()
    assert names.str.contains("&").any()
    assert names.str.contains("'").any()
    assert tables["customers"]["name"].is_unique
    assert not set(names) & set(tables["candidates"]["name"])
