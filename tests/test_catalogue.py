"""The catalogue: as the command prints it, as a table to search, and as what a slice tells a report."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner, Result

import channelnb as cn
from browsing import needs_chromium
from channelnb.book.book import open_book
from channelnb.book.tables import CONTRACT
from channelnb.cli import app
from channelnb.errors import UnknownName
from channelnb.explain import first_sentence
from channelnb.metrics.fingerprint import fingerprint
from channelnb.metrics.keys import TIME_KEYS, given, resolve
from channelnb.metrics.known import KNOWN, described, needed_by, reads_of, tables_of, tell
from channelnb.metrics.measure import measure
from channelnb.metrics.parts import (
    Amount,
    Composed,
    Formula,
    Median,
    Part,
    Ratio,
    Spread,
    Window,
    count,
    days_since,
    distinct,
    durations,
    stock,
    total,
)
from channelnb.metrics.registry import METRICS, Metric, metric
from channelnb.metrics.wording import formula_words, keys_of, needs_words
from channelnb.narrative.facts import Fact, Facts
from tables import small_vendor

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


@pytest.fixture
def returns() -> Iterator[Metric]:
    """A metric with all that its docstring may have."""

    @metric(category="accounts", unit="money", better="lower", at_least=7, asked=True, absent="no sale")
    def returns() -> Amount:
        """Sales taken back, as a positive sum. Not credit notes.

        A return counts when it is booked, which may be in a later quarter.

        Source: any ledger.

        >>> worked("returns", sales="...")
        60 USD
        """
        return Amount(total("sales", "-revenue", at="sold_on", where="revenue < 0"))

    yield returns
    del METRICS["returns"]


def cli(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "220"}).invoke(app, ["metrics", *words])


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_every_metric_is_listed_in_its_category_with_what_it_means(returns: Metric) -> None:
    said = cli().output
    categories = sorted({one.category for one in METRICS.values()})
    heads = re.findall(r"^(\w+) \(\d+\)", said, re.MULTILINE)
    assert heads == [name.capitalize() for name in categories]
    for place, category in enumerate(categories):
        after = said.split(f"{heads[place]} (")[1]
        block = squeezed(after.split(f"{heads[place + 1]} (")[0] if place + 1 < len(heads) else after)
        for one in (one for one in METRICS.values() if one.category == category):
            data = "asked of the partner" if one.asked else "the vendor's own"
            told = f"{one.name} {one.unit.replace('_', ' ')} {one.better} {data}"
            assert told in block
            assert squeezed(first_sentence(one.about))[:40] in block
    assert "returns money lower asked of the partner Sales taken back, as a positive sum." in squeezed(said)
    assert "Not credit notes" not in said


def test_one_category_can_be_listed() -> None:
    said = cli("--category", "effectiveness").output
    assert "win_rate" in said
    assert "lead_acceptance" not in said


@pytest.mark.parametrize(
    "words, said",
    [
        (["--category", "activty"], "there is no category 'activty'; did you mean 'activity'?"),
        (["winrate"], "there is no metric 'winrate'; did you mean 'win_rate'?"),
        (["win_rate", "--category", "activity"], "name a metric or a category, not both"),
        (["--sql"], "name the metric, as in"),
        (["win_rate", "--by", "partner_id"], "add --sql"),
    ],
)
def test_what_cannot_be_told_is_one_message_and_2(words: list[str], said: str) -> None:
    done = cli(*words)
    assert done.exit_code == 2
    assert said in squeezed(done.stderr)
    assert "Traceback" not in done.output


def test_all_about_a_metric(returns: Metric) -> None:
    said = squeezed(cli("returns").output)
    assert said.startswith("returns Returns Sales taken back, as a positive sum. Not credit notes. A return counts")
    assert "Source: any ledger." in said
    assert "formula the sum of -revenue of sales where revenue < 0, dated by sold_on within the period itself" in said
    assert "unit money better lower category accounts data asked of the partner" in said
    assert (
        "with fewer than 7 it is called too few to say when none no sale needs sales: sold_on, revenue by month" in said
    )
    assert said.endswith('Worked example >>> worked("returns", sales="...") 60 USD')
    assert ">>>" not in returns.about


CUSTOMERS = distinct("sales", "customer_id", at="sold_on")
REVENUE = total("sales", "revenue", at="sold_on")


def shares(amounts, groups):
    """The share of the largest.

    And more.
    """


BOUGHT = "the number of different customer_id of sales, dated by sold_on within"
SOLD = "the sum of revenue of sales, dated by sold_on within the period itself"


@pytest.mark.parametrize(
    "formula, lines",
    [
        (
            Ratio(replace(CUSTOMERS, also_in=Window.T12), CUSTOMERS.over(Window.PRIOR_YEAR)),
            [
                f"{BOUGHT} the period itself; only a customer_id found within {Window.T12.value} too",
                f"÷ {BOUGHT} the same months a year earlier",
            ],
        ),
        (
            Amount(replace(CUSTOMERS, not_in=Window.LOOK_BACK, optional=True)),
            [
                f"{BOUGHT} the period itself; only a customer_id not found within the look-back before the period; "
                "nothing where the source gives no such data"
            ],
        ),
        (
            Ratio(REVENUE - replace(REVENUE, to_date=True, across=("line",)), count("leads", at="assigned_at")),
            [
                SOLD,
                f"− {SOLD}; of a running month as large a part as has gone by; not split by line",
                "÷ the number of rows of leads, dated by assigned_at within the period itself",
            ],
        ),
        (
            Amount(stock("leads", "amount", since="assigned_at", until="closed_on", where="score > 5")),
            [
                "the sum of amount of leads where score > 5, begun by assigned_at and not ended by closed_on "
                "on the period's last day"
            ],
        ),
        (
            Median(durations("leads", since="assigned_at", until="first_contact_at", unit="hour")),
            [
                "the median of the hours from assigned_at to first_contact_at of each row of leads, dated by "
                "assigned_at within the period itself; what is not over counts as longer than it has lasted"
            ],
        ),
        (
            Spread(replace(REVENUE, per="customer_id"), partial(shares, 3)),
            [
                "The share of the largest, over entities one by one, of",
                SOLD.replace(" of sales", ", for each customer_id, of sales"),
            ],
        ),
        (
            Composed(lambda rows: rows, (REVENUE, days_since("activities", at="held_on"))),
            [
                "a figure, worked out from",
                SOLD,
                "the days since the last row of activities, dated by held_on within all time up to the period's end",
            ],
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_a_formula_in_words(formula: Formula, lines: list[str]) -> None:
    assert formula_words(formula) == lines


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_its_formula_its_needs_and_its_keys(name: str) -> None:
    one = METRICS[name]
    assert all(line.strip("÷+− ") for line in formula_words(one.formula))
    assert {part.table for part in one.parts} <= set(re.findall(r"\w+", " ".join(formula_words(one.formula))))
    for line in needs_words(one):
        table, _, columns = line.partition(": ")
        assert set(columns.removesuffix(" (where the source gives it)").split(", ")) <= set(CONTRACT[table].names)
    assert set(TIME_KEYS) <= set(keys_of(one)[""])
    assert one.about
    assert ">>>" not in one.about


def test_every_key_told_of_is_one_that_measuring_takes(sample: Path) -> None:
    with open_book(sample, quarter="2026Q3") as book:
        for one in METRICS.values():
            for owner, keys in keys_of(one).items():
                for key in set(keys) - set(TIME_KEYS):
                    for part in one.parts:
                        _is_reached(book, part, key, owner)


def _is_reached(book: cn.Book, part: Part, key: str, owner: str) -> None:
    column = key.rpartition(".")[2]
    if column in given(book, owner or part.table):
        assert resolve(book, part.table, key) is not None, (part, key)


def test_metrics_are_found_by_words_over_all_that_is_told_of_them(returns: Metric) -> None:
    assert list(cn.catalogue("sales CREDIT notes")["metric"]) == ["returns"]
    assert set(cn.catalogue("leads")["metric"]) >= {"lead_acceptance"}
    assert "revenue" not in set(cn.catalogue("leads")["metric"])
    assert set(cn.catalogue("capability")["category"]) >= {"capability"}
    nothing = cn.catalogue("no such words at all")
    assert nothing.empty
    assert list(nothing.columns) == list(cn.catalogue().columns)


def test_the_catalogue_is_a_frame_in_code() -> None:
    found = cn.catalogue()
    assert isinstance(found, pd.DataFrame)
    assert list(found["metric"]) == list(METRICS)
    shares = found[found["unit"] == "share"]
    assert type(shares) is pd.DataFrame
    assert "plans" in found.set_index("metric").loc["attainment", "tables"]


def _as_jupyterlab_does(page: Page, html: str) -> None:
    """A trusted output: its scripts do nothing as they come by innerHTML, so that each is put in again."""
    page.evaluate(
        """html => {
            const output = document.createElement("div");
            output.innerHTML = html;
            document.body.append(output);
            for (const script of output.querySelectorAll("script")) {
                const again = document.createElement("script");
                again.textContent = script.textContent;
                script.replaceWith(again);
            }
        }""",
        html,
    )


@pytest.mark.browser
@needs_chromium
def test_typing_in_the_box_leaves_the_metrics_that_have_the_words(page: Page) -> None:
    for words in ("", "sales"):
        _as_jupyterlab_does(page, cn.catalogue(words)._repr_html_())
    first, second = page.locator(".channelnb-catalogue").all()
    shown = first.locator("tbody tr:visible")
    assert shown.count() == len(METRICS)
    first.locator("input").press_sequentially("WON opportunities")
    names = shown.locator("td:first-child").all_inner_texts()
    assert names == list(cn.catalogue("won opportunities")["metric"])
    assert 0 < len(names) < len(METRICS)
    assert first.locator("output").inner_text() == f"{len(names)} of {len(METRICS)}"
    assert second.locator("tbody tr:visible").count() == len(cn.catalogue("sales"))
    first.locator("input").fill("")
    assert shown.count() == len(METRICS)


@pytest.mark.browser
@needs_chromium
def test_where_no_script_runs_there_is_a_plain_table(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.set_content(cn.catalogue()._repr_html_())
    assert plain.locator("tbody tr:visible").count() == len(METRICS)
    assert plain.locator("input:visible").count() == 0
    context.close()


@pytest.mark.browser
@needs_chromium
def test_text_of_a_metric_is_text(page: Page, returns: Metric) -> None:
    METRICS["returns"] = Metric(
        "returns", EVIL, EVIL, "money", "lower", returns.formula, **({"example": EVIL} if returns.example else {})
    )
    _as_jupyterlab_does(page, cn.catalogue()._repr_html_())
    assert page.locator("img").count() == 0
    assert EVIL in page.locator("tbody tr").last.inner_text()


def test_what_is_told_of_a_metric_is_all_that_a_page_asks_for(returns: Metric) -> None:
    told = described()
    assert list(told["metric"]) == list(METRICS)
    tell(told.assign(metric="abroad_" + told["metric"]))
    for name, one in METRICS.items():
        other = KNOWN[f"abroad_{name}"]
        for asked_for in ("about", "label", "category", "unit", "better", "absent", "at_least", "asked", "forward"):
            assert getattr(other, asked_for) == getattr(one, asked_for)
        assert reads_of(other) == reads_of(one)
        assert tables_of(other) == tables_of(one)
        assert needed_by(other) == needed_by(one)


def test_a_registered_metric_comes_before_what_is_told_of_it() -> None:
    tell(described().assign(unit="points"))
    assert KNOWN["win_rate"].unit == "share"
    with pytest.raises(UnknownName, match="there is no metric 'winrate'; did you mean 'win_rate'"):
        KNOWN["winrate"]


def test_a_told_metric_without_its_table_is_not_measurable() -> None:
    told = described().query("metric == 'win_rate'").assign(metric="win_rate_abroad")
    tell(told)
    lost = Facts([Fact("win_rate_abroad", "2026Q3", None, "share", state="no_data")], absent=["opportunities"])
    assert [(fact.state, fact.lacking) for fact in lost.values()] == [("not_measurable", "opportunities")]


def test_the_fingerprint_of_metrics_is_the_same_in_every_process() -> None:
    code = "import channelnb.metrics; from channelnb.metrics.fingerprint import fingerprint; print(fingerprint())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {fingerprint(METRICS[name] for name in METRICS)}


def test_the_fingerprint_follows_what_a_function_of_a_formula_does() -> None:
    def of(figure) -> str:
        parts = (count("sales", at="sold_on"),)
        return fingerprint([Metric("x", "y", "performance", "count", "higher", Composed(figure, parts))])

    def twice(rows, by=2):
        return rows * by

    def thrice(rows, by=3):
        return rows * by

    thrice.__qualname__ = twice.__qualname__

    def times(factor):
        return lambda rows: rows * factor

    closures = [times(factor) for factor in (2, 2, 3)]
    assert of(twice) == of(twice)
    assert of(twice) != of(thrice)
    # Two functions that do the same, each where it lies in memory.
    same = [partial(times(2), by=4), partial(times(2), by=4)]
    assert of(same[0]) == of(same[1])
    assert of(partial(twice, by=4)) != of(partial(twice, by=5))
    assert of(closures[0]) == of(closures[1])
    assert of(closures[0]) != of(closures[2])


@pytest.mark.parametrize("by", [["partner_id"], ["channel"]])
@pytest.mark.parametrize("name", ["win_rate", "attainment", "customer_retention"])
def test_the_sql_of_a_metric_gives_its_figures(name: str, by: list[str]) -> None:
    printed = cli(name, "--sql", *(word for key in by for word in ("--by", key))).stdout
    assert len(printed.splitlines()) > 20
    with open_book(small_vendor(), quarter="2026Q3") as book:
        told = measure(book, [name], by=by).query("state in ('ok', 'too_few')").set_index(by[0])["value"]
        *made, last = (statement for statement in printed.split(";\n") if statement.strip())
        for statement in made:
            book.con.execute(statement)
        found = book.con.execute(last).df().set_index(by[0])["value"].dropna()
    assert len(told)
    assert found.to_dict() == pytest.approx(told.to_dict())
