"""What a notebook's cell shows of the objects that an analyst meets, and how it is dressed there and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import channelnb as cn
from channelnb.glance import Glance, Glanced, Listing, style_sheet, styled, unstyled
from channelnb.portfolios import Portfolio, portfolio_of
from channelnb.report.allowed import allowed
from channelnb.report.cells import cells
from channelnb.report.exporter import page_html
from channelnb.report.page import PageInfo
from channelnb.report.shown import Shown
from channelnb.slice import Slice, gated
from channelnb.snapshot import About, Snapshot
from tables import small_vendor

EVIL = "<img src=x onerror=alert(1)>"
ABOUT = About("Acme", "USD", 1, "2026Q3", "2026-08-14", "", 4.0, 5)


@pytest.fixture(scope="module")
def snapshot(sample_run: Path) -> Snapshot:
    return Snapshot.open(sample_run / "snapshot")


@pytest.fixture
def shown(request: pytest.FixtureRequest, snapshot: Snapshot) -> Glanced:
    """An object of each kind, of the sample."""
    made = {
        "snapshot": lambda: snapshot,
        "slice": lambda: gated(snapshot, "P0007", "internal"),
        "portfolio": lambda: portfolio_of(snapshot, "M01"),
        "metric": lambda: cn.find("win_rate"),
    }
    return made[request.param]()


KINDS = pytest.mark.parametrize("shown", ["snapshot", "slice", "portfolio", "metric"], indirect=True)


@KINDS
def test_what_is_shown_is_small_and_names_no_folder(shown: Glanced, sample_run: Path) -> None:
    html, text = unstyled(shown._repr_html_()), repr(shown)
    assert html.startswith("<p><strong>")
    assert len(html) < 12_000
    assert len(text) < 500
    assert str(sample_run.parent) not in html + text
    assert "object at 0x" not in html + text
    # All of it is what our pages may show, too: nothing that runs or loads.
    assert allowed(html) == html


@KINDS
def test_what_it_says_to_type_next_works(shown: Glanced, snapshot: Snapshot) -> None:
    names = {"cn": cn, "snapshot": snapshot, "partner": shown, "portfolio": shown}
    names["book"] = cn.open_book(small_vendor(), quarter="2026Q3")
    for call in shown.glance().calls:
        assert eval(call, dict(names)) is not None


def test_what_a_book_says_to_type_next_works() -> None:
    with cn.open_book(small_vendor(), quarter="2026Q3") as book:
        for call in book.glance().calls:
            assert eval(call, {"cn": cn, "book": book}) is not None


@pytest.mark.parametrize(
    "evil",
    [
        Glance(EVIL, about=EVIL, facts={EVIL: EVIL}, example=EVIL, calls={EVIL: EVIL}).html,
        Glance("", frame=pd.DataFrame({EVIL: [EVIL]}), folded={EVIL: pd.DataFrame({EVIL: [EVIL]})}).html,
        Listing({"a": [f"`{EVIL}`", [EVIL]]})._repr_html_(),
        Slice(ABOUT, EVIL, EVIL, EVIL, {EVIL: pd.DataFrame({"a": [1]})})._repr_html_(),
        Portfolio(ABOUT, EVIL, EVIL, {"managers": pd.DataFrame({"name": [EVIL]})}, {})._repr_html_(),
    ],
)
def test_text_is_text(evil: str) -> None:
    assert "<img" not in evil
    assert "&lt;img src=x" in evil


def test_a_slice_without_rows_and_of_a_running_quarter_is_shown_all_the_same() -> None:
    assert repr(Slice(ABOUT, "v1", "partner", "P1", {})) == (
        "Slice of P1: 2026Q3, partner edition\n  Vendor: Acme, in USD\n"
        "  Known on: 2026-08-14, while the period was running\n  Data version: v1"
    )


def test_a_metric_of_ones_own_is_shown_before_it_is_measured() -> None:
    text = cn.find("revenue").glance().text
    assert text.startswith("revenue: Revenue\n  formula: the sum of revenue of sales where is_revenue")
    assert repr(cn.find("revenue")) == "<metric revenue: money, better: higher>"


@pytest.mark.parametrize(
    "cell, said",
    [(1234, "1,234"), (0.5, "0.5"), (float("nan"), ""), (None, ""), (pd.NaT, ""), (pd.NA, ""), (True, "yes"), ("", "")],
)
def test_a_cell_of_a_listing_is_written_for_people(cell: object, said: str) -> None:
    assert Listing().said("any", cell) == said


def test_a_listing_is_a_frame_and_what_is_made_from_it_is_a_plain_one() -> None:
    found = cn.contract("sales")
    assert type(found[found["required"]]) is pd.DataFrame
    assert "(nothing)" in Listing(found.head(0))._repr_html_()


@pytest.mark.parametrize("of", ["", "partner", "portfolio", "snapshot"])
def test_each_cell_that_is_listed_is_one_that_the_notebooks_could_call(of: str) -> None:
    listed = cells(of)
    assert len(listed) == len(set(listed["call"])) > 5
    for call in listed["call"]:
        assert callable(eval(call.partition("(")[0], {"cn": cn}))


def test_every_cell_that_a_notebook_calls_is_listed() -> None:
    listed = set(cells()["call"])
    for path in (Path(__file__).parents[1] / "notebooks").glob("*.ipynb"):
        code = (cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
        calls = re.findall(r"^cn\.\w+\.\w+\(\w+\)$", "\n".join(code), re.MULTILINE)
        assert set(calls) <= listed


def test_an_unknown_kind_of_cell_is_an_error() -> None:
    with pytest.raises(cn.ChannelnbError, match="there is no kind of cell 'partners'; did you mean 'partner'"):
        cells("partners")


def test_a_page_is_the_same_with_and_without_the_style_sheet() -> None:
    one = Shown('<div class="table"><table><tbody><tr><td>1</td></tr></tbody></table></div>', text="1")
    bundle = one._repr_mimebundle_()
    assert bundle["text/html"] == styled(one.html)
    made = [
        page_html(
            new_notebook(cells=[new_code_cell("", id="a", outputs=[new_output("display_data", data=data)])]), info
        )
        for info in [PageInfo(title="x", vendor="y", period="2026Q3")]
        for data in (bundle, bundle | {"text/html": one.html})
    ]
    assert made[0] == made[1]
    assert "@scope" not in made[0]


def test_nothing_shown_stays_nothing() -> None:
    assert Shown("")._repr_mimebundle_()["text/html"] == ""


def test_the_notebooks_of_a_run_and_its_pages_carry_no_style_sheet(sample_run: Path) -> None:
    kept = [*sample_run.glob("notebooks/*/*.ipynb"), *sample_run.glob("internal/*/*.html")]
    assert len(kept) > 10
    for path in kept:
        assert "@scope" not in path.read_text(encoding="utf-8"), path.name


def test_the_style_sheet_is_small() -> None:
    assert len(style_sheet()) < 2_500
