"""Readiness: what was found, what can be measured, what would unlock more; the command and the page."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from channelnb.book.book import Book, open_book
from channelnb.book.rules import RULES
from channelnb.check import Asked, asked, check
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadSource, NotUsable
from channelnb.freezing import freeze
from channelnb.metrics import readiness
from channelnb.metrics.registry import METRICS
from channelnb.narrative.facts import Fact, Facts, collect
from channelnb.narrative.readiness import OF_NO_PARTNER, OF_THE_WHOLE, finding, measurable
from channelnb.report import readiness as page
from channelnb.slice import gated
from channelnb.snapshot import Snapshot
from projects import write_project
from tables import rows, small_vendor

TODAY = date(2026, 10, 5)
SOLD = "partner_id sold_on revenue"
CELLS = (page.summary, page.trust, page.metrics, page.unlocks, page.tables, page.rules, page.as_today)


def small_book(**tables: pd.DataFrame) -> Book:
    partners = rows("partner_id name channel", "P1 Ada reseller", "P2 Bea reseller")
    return open_book({"partners": partners, "sales": rows(SOLD, "P1 2026-08-01 10"), **tables}, quarter="2026Q3")


def frozen(book: Book, folder: Path) -> Snapshot:
    with book:
        return freeze(book, folder, Settings())


def write_csv(folder: Path, **tables: pd.DataFrame) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return frozen(open_book(small_vendor(), quarter="2026Q3"), tmp_path_factory.mktemp("snapshot"))


# What was found


def test_each_table_of_the_contract_is_told_of() -> None:
    with small_book() as book:
        found = readiness.tables(book).set_index("table")
    assert found.loc["sales", ["given", "rows_in", "rows_used", "columns_given"]].tolist() == [True, 1, 1, 3]
    assert found.loc["deals_worked", ["given", "rows_in", "metrics"]].tolist() == [False, 0, "share_of_deals_worked"]
    assert (found["rows_in"] == found["rows_used"] + found["rows_rejected"]).all()


def test_rows_dated_after_the_day_are_used_and_not_yet_known() -> None:
    with small_book(sales=rows(SOLD, "P1 2026-08-01 10", "P1 2026-10-01 10", "P1 2026-08-01 x")) as book:
        found = readiness.tables(book).set_index("table").loc["sales"]
    assert found[["rows_in", "rows_used", "rows_rejected", "rows_known"]].tolist() == [3, 2, 1, 1]


def test_a_column_is_filled_in_as_often_as_it_is() -> None:
    sales = rows(f"{SOLD} customer_id cost", "P1 2026-08-01 10 C1 -", "P1 2026-08-01 10 - -", "P1 2026-08-01 5 - 1")
    with small_book(sales=sales) as book:
        found = readiness.columns(book)
    sold = found[found["table"] == "sales"].set_index("column")
    assert sold.loc["customer_id", "filled"] == pytest.approx(1 / 3)
    assert (sold.loc["units", "given"], sold.loc["units", "filled"]) == (False, 0)
    assert set(found[readiness.thin(found)]["column"]) == {"customer_id", "cost"}


def test_events_that_have_not_happened_are_not_missing() -> None:
    deals = rows("opportunity_id partner_id amount outcome closed_on", "O1 P1 5 open -", "O2 P1 5 won 2026-08-01")
    with small_book(opportunities=deals) as book:
        found = readiness.columns(book)
    assert found[readiness.thin(found)].empty


# What can be measured


def test_a_metric_is_measured_for_the_partners_that_have_a_figure() -> None:
    sales = rows(f"{SOLD} cost", "P1 2026-08-01 10 6", "P2 2025-08-01 10 -")
    with small_book(sales=sales) as book:
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric")
    assert found.loc["gross_margin", ["state", "ok", "partners"]].tolist() == ["ok", 1, 2]
    assert found.loc["revenue", ["state", "ok"]].tolist() == ["ok", 2]
    assert found.loc["lead_acceptance", ["state", "ok", "lacks"]].tolist() == ["not_measurable", 0, "leads"]
    assert list(found.index) == list(METRICS)


def test_too_few_cases_are_counted_apart() -> None:
    deals = rows("opportunity_id partner_id amount outcome closed_on", "O1 P1 5 won 2026-08-01")
    with small_book(opportunities=deals) as book:
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric").loc["win_rate"]
    assert found[["state", "ok", "too_few"]].tolist() == ["ok", 0, 1]


def test_a_metric_that_looks_ahead_is_told_for_the_period_ahead() -> None:
    with open_book(small_vendor(), quarter="2026Q3") as book:
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric")
    assert found.loc["pipeline_index", ["period", "ok"]].tolist() == ["2026Q4", 1]
    assert found.loc["revenue", "period"] == "2026Q3"


def test_a_plan_of_managers_does_not_tell_of_partners() -> None:
    plans = rows("month manager_id target_revenue", "2026-08-01 M1 10")
    with small_book(plans=plans) as book:
        assert readiness.lacks_of(book, METRICS["attainment"]) == ("plans.partner_id",)
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric")
    assert found.loc["attainment", "state"] == "not_measurable"


def test_a_firm_that_merged_is_not_counted() -> None:
    partners = rows("partner_id name channel left_on merged_into", "P1 Ada x 2026-01-01 P2", "P2 Bea x - -")
    with small_book(partners=partners) as book:
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric")
    assert found.loc["revenue", ["ok", "partners"]].tolist() == [1, 1]


def test_a_source_is_told_of_by_month_too() -> None:
    with open_book(small_vendor(), quarter="2026-08") as book:
        found = readiness.metrics(book, readiness.measured(book)).set_index("metric")
    assert found.loc["revenue", "period"] == "2026-08"
    assert found.loc["pipeline_index", "period"] == "2026-09"


# What would unlock more


def test_what_unlocks_most_comes_first() -> None:
    with small_book() as book:
        found = readiness.unlocks(book).set_index("give")
    counts = [len(names.split(", ")) if names else 0 for names in found["metrics"]]
    assert counts == sorted(counts, reverse=True)
    assert "win_rate" in found.loc["opportunities", "metrics"]
    assert found.loc["plans", "together"].split(", ") == ["pipeline_index", "pipeline_to_remaining_plan"]
    assert found.loc["wallet", ["metrics", "also"]].tolist() == ["", "share of the partner's sales"]
    assert found.loc["contacts", ["metrics", "also"]].tolist() == ["", "attendees of the review"]


def test_what_is_given_unlocks_nothing(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        assert readiness.unlocks(book).empty


def test_given_what_it_asks_for_a_metric_is_measurable() -> None:
    with small_book() as book:
        before = readiness.lacks_of(book, METRICS["gross_margin"])
    with small_book(sales=rows(f"{SOLD} cost", "P1 2026-08-01 10 6")) as book:
        after = readiness.lacks_of(book, METRICS["gross_margin"])
    assert (before, after) == (("sales.cost",), ())


# What cannot be rewound


def test_what_carries_no_date_is_told_by_table() -> None:
    history = rows("partner_id valid_from tier", "P1 2026-01-01 gold")
    partners = rows("partner_id name channel tier region", "P1 Ada reseller gold north")
    with small_book(partners=partners, partner_history=history) as book:
        found = readiness.tables(book).set_index("table")["as_today"]
        assert found["partners"] == ", ".join(book.undated)
    assert "tier" not in found["partners"]
    assert (found["sales"], found["partner_history"], found["leads"]) == ("", "", "")


def test_the_page_tells_what_is_as_it_is_today(snapshot: Snapshot) -> None:
    said = page.as_today(snapshot).text
    assert "as it was known on 30 September 2026" in said
    assert "All of these is as it is today: products and customers." in said
    assert "opportunities\tamount, expected close on" in said


def test_each_rule_says_where_it_was_looked_for() -> None:
    with small_book() as book:
        little = readiness.rules(book).set_index("rule")
    with small_book(sales=rows(f"{SOLD} salesperson_id", "P1 2026-08-01 10 S1")) as book:
        more = readiness.rules(book).set_index("rule")
    assert little.index.tolist() == list(dict.fromkeys(rule.name for rule in RULES))
    assert little.loc["person_sells_for_two", ["looked_at", "not_given"]].tolist() == [0, 1]
    assert more.loc["person_sells_for_two", ["looked_at", "not_given"]].tolist() == [1, 0]


# The command


def test_check_ends_with_0_for_a_clean_source(cli, sample: Path) -> None:
    done = cli("check", sample, "--quarter", "2026Q3")
    assert done.exit_code == 0, done.output
    assert "Found: nothing suspicious." in done.output
    assert f"Metrics: {len(METRICS)} of {len(METRICS)} can be measured." in done.output


def test_check_says_the_gravest_first_and_ends_with_2(cli, tmp_path: Path) -> None:
    partners = rows("partner_id name channel", "P1 Ada reseller", "P2 ADA reseller")
    sales = rows(SOLD, "P1 2026-08-01 10", "P9 2026-08-01 5")
    done = cli("check", write_csv(tmp_path / "acme", partners=partners, sales=sales), "--quarter", "2026Q3")
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "Found: 1 error and 1 warning." in said
    assert said.index("error dangling_reference") < said.index("warning near_duplicate_partner")
    assert "sales.partner_id 1 row, USD 5: 'P9' in 1 row" in said
    assert "→ Add the missing ids to `partners`, or mend them here." in said
    assert said.index("What would unlock most") > said.index("Metrics metric partners")


def test_warnings_alone_end_with_0(cli, tmp_path: Path) -> None:
    partners = rows("partner_id name channel", "P1 Ada reseller", "P2 ADA reseller")
    folder = write_csv(tmp_path / "acme", partners=partners, sales=rows(SOLD, "P1 2026-08-01 10"))
    assert cli("check", folder).exit_code == 0


@pytest.mark.parametrize("most, status", [(0, 2), (1, 0)])
def test_rejects_are_let_pass_up_to_the_most_that_may_be(cli, tmp_path, monkeypatch, most: int, status: int) -> None:
    params = write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "data" / "sales.csv").open("a") as sales:
        print("P1,2026-08-01,ten", file=sales)
    params.write_text(params.read_text() + f"max_rejected: {most}\n")
    done = cli("check", params, "--rejects", tmp_path / "out")
    assert done.exit_code == status
    assert "error broken_contract" in " ".join(done.output.split())
    assert f"1 rejected (at most {most} may be)" in done.output
    assert pd.read_parquet(tmp_path / "out" / "sales.parquet")["found"].tolist() == ["ten"]


def test_missing_rates_are_told_as_a_finding(cli, tmp_path: Path) -> None:
    sales = rows(f"{SOLD} currency", "P1 2026-07-01 10 EUR", "P1 2026-08-01 10 GBP")
    folder = write_csv(tmp_path / "acme", partners=rows("partner_id name channel", "P1 Ada x"), sales=sales)
    done = cli("check", folder, "--quarter", "2026Q3")
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "error currency_without_rate" in said
    assert "EUR in 2026-07 (1 row)" in said
    assert "GBP in 2026-08 (1 row)" in said


def test_rejects_are_told_beside_missing_rates(cli, tmp_path: Path) -> None:
    sales = rows(f"{SOLD} currency", "P1 2026-07-01 10 EUR", "P1 2026-07-01 ten EUR")
    rates = rows("month currency rate", "2026-07-01 EUR 0")
    partners = rows("partner_id name channel", "P1 Ada x")
    folder = write_csv(tmp_path / "acme", partners=partners, sales=sales, fx_rates=rates)
    checked = check(Asked(folder, "2026Q3"), today=TODAY)
    assert checked.rejected == 2
    assert checked.findings["table"].tolist() == ["sales", "sales", "fx_rates"]
    said = " ".join(cli("check", folder, "--quarter", "2026Q3").output.split())
    assert "error currency_without_rate" in said
    assert "not a rate above zero" in said
    assert "'ten'" in said


def test_what_cannot_be_read_is_told_for_every_table(cli, tmp_path: Path) -> None:
    folder = write_csv(tmp_path / "acme", partners=rows("partner_id name", "P1 Ada"), sales=rows("sold_on", "x"))
    done = cli("check", folder)
    assert done.exit_code == 2
    assert "partners.csv" in done.stderr
    assert "sales.csv" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_said_is_wider_than_the_terminal(
    cli, sample: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = cli("check", sample, "--quarter", "2025Q2").output.splitlines()
    assert max(len(line) for line in lines) <= width
    assert not [line for line in lines if "…" in line and "trait_" not in line], "nothing is cut off"


def test_a_source_is_named_by_folder_settings_or_parameters(tmp_path: Path) -> None:
    params = write_project(tmp_path)
    assert asked(tmp_path / "data") == Asked(tmp_path / "data")
    assert asked(tmp_path / "data" / "source.yaml", period="2026Q2") == Asked(tmp_path / "data", "2026Q2")
    assert asked(params) == Asked("data", "2026Q3", None, 0)
    params.write_text(params.read_text() + "as_of: 2026-08-15\nmax_rejected: 3\n")
    assert str(asked(params).as_of) == "2026-08-15"
    assert asked(params, period="2026Q2") == Asked("data", "2026Q2", None, 3)


def test_without_a_period_the_last_one_is_looked_at(tmp_path: Path) -> None:
    folder = write_csv(
        tmp_path / "acme", partners=rows("partner_id name channel", "P1 Ada x"), sales=rows(SOLD, "P1 2026-05-03 10")
    )
    found = check(Asked(folder), today=TODAY)
    assert found.title == "acme, 2026Q2, as known on 2026-05-31"
    assert found.findings["rule"].tolist() == ["period_not_over"]


def test_a_source_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BadSource, match="there is no source folder 'nowhere'"):
        check(Asked("nowhere"), today=TODAY)


# The page


def test_the_snapshot_tells_of_readiness_and_slices_do_not(snapshot: Snapshot) -> None:
    names = [name for name in snapshot.names if name.startswith("readiness_")]
    assert names == [f"readiness_{name}" for name in ("columns", "findings", "metrics", "rules", "tables", "unlocks")]
    assert not [name for name in gated(snapshot, "P1", "internal").frames if "readiness" in name]
    assert not [name for name in gated(snapshot, "P1", "partner").frames if "readiness" in name]


def test_the_summary_stands_alone(snapshot: Snapshot, tmp_path: Path) -> None:
    said = page.summary(snapshot).text
    assert re.match(r"\d+ of \d+ metrics can be measured for 2026Q3[^;]*; one thing in the data looks suspicious", said)
    little = page.summary(frozen(small_book(), tmp_path)).text
    assert re.match(r"\d+ of \d+ metrics can be measured for 2026Q3[^;]*;", little)
    assert "What would unlock most: opportunities. It brings" in little


def test_every_figure_of_the_page_is_a_fact(snapshot: Snapshot) -> None:
    shown = [cell(snapshot) for cell in CELLS]
    ids = {fact["id"] for fact in collect(fact for part in shown for fact in part.facts)}
    stated = {unescape(name) for part in shown for name in re.findall(r'data-fact="([^"]*)"', part.html)}
    assert stated
    assert stated <= ids


def test_the_page_names_what_must_be_mended_first(tmp_path: Path) -> None:
    sales = rows(SOLD, "P1 2026-08-01 10", "P9 2026-08-01 5", "P9 2026-08-02 x")
    snapshot = frozen(small_book(sales=sales), tmp_path)
    said = page.summary(snapshot)
    assert "two things must be mended before the figures are right" in said.text
    assert "Mend first" in said.text
    told = page.trust(snapshot)
    assert "Of 5 rows that came in 4 are used; 1 breaks the contract" in told.text
    assert "<code>partners</code>" in told.html
    looked_for = page.rules(snapshot).text
    assert re.search(r"^Dangling reference\t.*\t1\t1$", looked_for, re.MULTILINE)
    assert re.search(r"^Deal long overdue\t.*\t0\tnot measurable$", looked_for, re.MULTILINE)
    assert re.search(r"Dangling reference\t▲ error\tpartner_id in sales\t1\t'P9' in 1 row", told.text)


def test_a_page_without_findings_says_so(snapshot: Snapshot, sample: Path, tmp_path: Path) -> None:
    clean = frozen(open_book(sample, quarter="2026Q3"), tmp_path)
    assert "No rule finds anything suspicious." in page.trust(clean).text
    assert "The source gives all that the reports ask for." in page.unlocks(clean).text
    assert "no rule finds anything wrong, and no row was rejected" in page.summary(clean).text


def test_what_data_say_is_escaped(tmp_path: Path) -> None:
    sales = rows(SOLD, "P1 2026-08-01 10", "<b>P9</b> 2026-08-01 5")
    snapshot = frozen(small_book(sales=sales), tmp_path)
    html = "".join(cell(snapshot).html for cell in CELLS)
    assert "<b>" not in html
    assert "&lt;b&gt;P9" in html


def test_many_metrics_are_counted_in_figures() -> None:
    counts = {"metrics": 40.0, "metrics_measurable": 9.0}
    facts = Facts([Fact(name, "2026Q3", value, unit="count") for name, value in counts.items()])
    assert finding(facts, "2026Q3").text("USD").startswith("9 of 40 metrics")


def test_what_no_partner_has_a_figure_of_is_not_told_as_if_it_had() -> None:
    counts = {"metrics": 40.0, "metrics_measurable": 40.0, OF_THE_WHOLE: 2.0, OF_NO_PARTNER: 14.0}
    facts = Facts([Fact(name, "2026Q3", value, unit="count") for name, value in counts.items()])
    said = finding(facts, "2026Q3").text("USD")
    assert "measured for 2026Q3, 2 only for the channel as a whole and 14 for no partner yet;" in said


def test_what_no_partner_has_a_figure_of_is_named_apart() -> None:
    columns = ["label", "state", "ok", "too_few", "partners"]
    told = [("Revenue", "ok", 3, 0, 9), ("Penetration", "ok", 0, 0, 9), ("CSAT", "ok", 0, 4, 9)]
    said = [sentence.text("") for sentence in measurable(pd.DataFrame(told, columns=columns), period="2026Q3")]
    assert said == [
        "For some partners only: revenue.",
        "For the channel as a whole, and not by partner: penetration.",
        "For no partner yet, as each has too few cases: CSAT.",
    ]


def test_a_period_that_is_not_over_is_looked_at_as_known_today(tmp_path: Path) -> None:
    sales = rows(SOLD, "P1 2026-07-01 10")
    folder = write_csv(tmp_path / "acme", partners=rows("partner_id name channel", "P1 Ada x"), sales=sales)
    assert "2026Q3, as known on 2026-07-20" in check(Asked(folder, "2026Q3"), today=date(2026, 7, 20)).title
    with pytest.raises(NotUsable, match="2026Q3 begins on 2026-07-01, and today is 2026-06-30"):
        check(Asked(folder, "2026Q3"), today=date(2026, 6, 30))
