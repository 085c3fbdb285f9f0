"""A manager's page: whose partners it tells of, that its rows add up, and what a run makes and remakes of it."""

from __future__ import annotations

import io
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.errors import BadParameters, BadSource, NotUsable, UnknownName
from channelnb.fleet.cluster import workers
from channelnb.fleet.manifest import standing
from channelnb.fleet.notebooks import Notebook
from channelnb.fleet.plan import Managed, plan_jobs, with_reviews
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.fleet.slugs import slug
from channelnb.freezing import freeze
from channelnb.metrics.measure import measure
from channelnb.narrative import portfolio as words
from channelnb.narrative.facts import GAP
from channelnb.narrative.portfolio import (
    AGAINST_PLAN,
    GAP_OF_THOSE_THERE,
    NOT_IN_ROWS,
    PLAN_OF_LEFT,
    PLAN_OF_LEFT_AHEAD,
    THOSE_THERE,
)
from channelnb.planning.attention import REASONS
from channelnb.portfolios import (
    WITHOUT,
    Portfolio,
    cut_portfolio,
    managers_of,
    open_portfolio,
    portfolio_of,
    read_portfolio,
)
from channelnb.report import portfolio as cells
from channelnb.snapshot import Snapshot
from projects import PARTNERS, write_project
from tables import rows, small_vendor

QUARTER = "2026Q3"
CELLS = (cells.summary, cells.plan_and_pipeline, cells.attention, cells.attained, cells.promises, cells.basis)
FIGURE = re.compile(r'<data value="([^"]*)" data-fact="([^"]*)"')
NONSENSE = re.compile(r"\bnan\b|\binf\b|∞|None|NaT|−0(?![.,\d])|<NA>")


@pytest.fixture(scope="module")
def frozen(sample, tmp_path_factory) -> Snapshot:
    with open_book(sample, quarter=QUARTER) as book:
        return freeze(book, tmp_path_factory.mktemp("snapshot"), Settings())


@pytest.fixture(scope="module")
def portfolios(frozen) -> dict[str, Portfolio]:
    return {name: portfolio_of(frozen, name) for name in managers_of(frozen.frame("partners"))}


def managed_vendor() -> dict[str, pd.DataFrame]:
    """The small vendor with managers: one of two partners, one who left, one of none, and a partner without one."""
    tables = small_vendor()
    tables["partners"] = tables["partners"].assign(manager_id=["M1", "M1", None])
    gone = rows(
        "partner_id name channel region employees joined_on left_on manager_id",
        "P4 Dot reseller north 3 2020-01-01 2026-01-31 M1",
        "P5 Eve reseller north 3 2026-09-20 - M2",
    )
    tables["partners"] = pd.concat([tables["partners"], gone], ignore_index=True)
    tables["managers"] = rows("manager_id name left_on", "M1 Ana -", "M2 Ben 2026-08-31", "M3 Cleo -")
    planned = rows(
        "month partner_id line target_revenue version made_on status",
        "2026-07-01 P4 Routers 500.00 v1 2025-12-01 committed",
    )
    tables["plans"] = pd.concat([tables["plans"], planned], ignore_index=True)
    return tables


def small(tables: dict[str, pd.DataFrame], folder: Path, manager_id: str, **asked: str) -> Portfolio:
    with open_book(tables, quarter=QUARTER, **asked) as book:
        return portfolio_of(freeze(book, folder, Settings()), manager_id)


def test_every_partner_is_in_one_portfolio(frozen, portfolios):
    firms = frozen.frame("partners")
    alive = firms.loc[firms["survivor_id"].eq(firms["partner_id"]), "partner_id"]
    told = [name for one in portfolios.values() for name in one.frames["partners"]["partner_id"]]
    assert sorted(told) == sorted(alive)
    assert list(portfolios)[-1] == WITHOUT


@pytest.mark.parametrize("metric", ["revenue", "attainment", "pipeline_index"])
def test_rows_add_up_to_the_managers_own_measure(sample, portfolios, metric):
    with open_book(sample, quarter=QUARTER) as book:
        measured = measure(book, [metric], by=["partners.manager_id", "quarter"], resample=False)
    measured = measured.set_index(["partners.manager_id", "quarter"])
    compared = 0
    for manager_id, portfolio in portfolios.items():
        own = portfolio.frames["partner"][portfolio.frames["partner"]["metric"].eq(metric)]
        for period, parts in own.groupby("period"):
            whole = measured.loc[(manager_id, period)]
            for side in ("numerator", "denominator"):
                if pd.notna(whole[side]):
                    assert parts[side].sum() == pytest.approx(whole[side], abs=0.005)
                    compared += 1
        assert not portfolio.facts.of("revenue", QUARTER, role=NOT_IN_ROWS).known
    assert compared > 100


def test_the_gaps_of_the_rows_add_up_to_that_of_the_whole(portfolios):
    for portfolio in portfolios.values():
        gaps = portfolio.standing["gap"].dropna()
        whole = portfolio.facts.of("revenue", QUARTER, role=AGAINST_PLAN, unit="money")
        sold = portfolio.frames["partner"].query("metric == 'attainment' and period == @QUARTER")
        unplanned = sold.loc[sold["denominator"].isna(), "numerator"].sum()
        assert gaps.sum() + unplanned == pytest.approx(whole.value, abs=0.005)
        assert gaps[~portfolio.standing["left"]].is_monotonic_increasing


def test_every_figure_shown_is_a_fact_and_nothing_is_nonsense(portfolios):
    for portfolio in portfolios.values():
        for cell in CELLS:
            shown = cell(portfolio)
            assert not NONSENSE.search(shown.text), (portfolio.manager_id, cell.__name__, shown.text)
            kept = {fact.id: fact for fact in shown.facts}
            for value, name in FIGURE.findall(shown.html):
                exact = kept[name].value
                assert value == ("" if exact is None else repr(exact))


def test_the_table_has_a_row_for_each_partner_and_one_for_all(portfolios):
    portfolio = portfolios["M07"]
    lines = cells.plan_and_pipeline(portfolio).text.splitlines()
    header = lines[0].split("\t")
    assert header[2:7] == ["2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026 to date"]
    assert header[7:] == ["2026Q4", "2027Q1", "2027Q2", "2027Q3", "2027Q4"]
    assert [line.split("\t")[0].split(", left")[0] for line in lines[1:]] == [
        *portfolio.standing["name"],
        "All together",
    ]
    assert "left 31 December 2025" in lines[-2]


def test_plans_of_partners_that_left_are_told(portfolios):
    facts = portfolios["M07"].facts
    left = facts.of("revenue", QUARTER, role=PLAN_OF_LEFT, unit="money")
    there = facts.of("attainment", QUARTER, role=THOSE_THERE, unit="share")
    whole = facts.of("attainment", QUARTER, unit="share")
    assert left.value > 0
    assert there.denominator + left.value == pytest.approx(whole.denominator)
    text = cells.summary(portfolios["M07"]).text
    assert "still count in that of the whole" in text
    assert re.search(r"The \d+ partners of [^,]+, with the plan of 1 that left, ended 2026Q3 at ", text)


def test_gap_and_index_ahead_are_told_without_partners_that_left(portfolios):
    portfolio = portfolios["M07"]
    facts, ahead = portfolio.facts, portfolio.ahead
    left = facts.of("revenue", ahead, role=PLAN_OF_LEFT_AHEAD, unit="money")
    there = facts.of("pipeline_index", ahead, role=THOSE_THERE, unit="index")
    whole = facts.of("pipeline_index", ahead, unit="index")
    gaps = [facts.of("revenue", ahead, role=role, unit="money") for role in (GAP, GAP_OF_THOSE_THERE)]
    assert there.denominator + left.value == pytest.approx(whole.denominator)
    assert there.value > whole.value
    assert gaps[0].value - gaps[1].value == pytest.approx(portfolio.about.pipeline_target * left.value, abs=0.01)
    text = cells.summary(portfolio).text
    assert "planned of partners that left; without it the pipeline index is " in text
    assert "more would bring the whole to it, EUR " in text


def test_a_review_is_linked_where_the_run_makes_one(frozen):
    portfolio = portfolio_of(
        frozen, "M01", reviews={"P0007": "../internal/x/qbr.html", "P0001": "../internal/y/qbr.html"}
    )
    html = cells.plan_and_pipeline(portfolio).html
    assert 'href="../internal/x/qbr.html"' in html
    assert "internal/y" not in html, "of another manager's partner"
    assert html.count("<a ") == 1


def test_a_file_holds_the_portfolio_and_its_version_follows_what_it_holds(frozen, tmp_path):
    first = cut_portfolio(frozen, "M01", tmp_path / "a.portfolio", reviews={})
    again = cut_portfolio(frozen, "M01", tmp_path / "b.portfolio", reviews={})
    linked = cut_portfolio(frozen, "M01", tmp_path / "c.portfolio", reviews={"P0007": "../internal/x/qbr.html"})
    assert first.read_bytes() == again.read_bytes()
    made = open_portfolio(first, manager_id="M01", quarter=QUARTER)
    assert made.data_version == read_portfolio(again).data_version != read_portfolio(linked).data_version
    assert cells.summary(made).html == cells.summary(portfolio_of(frozen, "M01")).html
    with pytest.raises(BadParameters, match=r"is a portfolio of .*'M01'.*, not of .*'M02'"):
        open_portfolio(first, manager_id="M02", quarter=QUARTER)
    (tmp_path / "d.portfolio").write_bytes(b"x")
    with pytest.raises(BadSource, match="is not a portfolio of this version"):
        read_portfolio(tmp_path / "d.portfolio")


def test_a_manager_who_is_not_there_is_an_error(frozen):
    with pytest.raises(UnknownName, match="there is no manager 'M011'; did you mean 'M11'"):
        portfolio_of(frozen, "M011")


def test_a_source_without_managers_has_no_portfolio(tmp_path):
    with pytest.raises(NotUsable, match="partners has no manager_id"):
        small(small_vendor(), tmp_path, "M1")


def test_a_portfolio_is_that_of_the_partners_manager_today(tmp_path):
    portfolio = small(managed_vendor(), tmp_path, "M1")
    assert list(portfolio.standing["partner_id"]) == ["P1", "P2", "P4"]
    assert portfolio.facts.of(words.PARTNERS, QUARTER).value == 2
    # P1 planned 250 and P4, which left, 500; P2 sold 30 without a plan.
    assert portfolio.facts.of("attainment", QUARTER, unit="share").value == pytest.approx(270 / 750)
    assert portfolio.facts.of("attainment", QUARTER, role=THOSE_THERE, unit="share").value == pytest.approx(270 / 250)
    said = [sentence.text("USD") for sentence in words.attention(portfolio.facts, QUARTER)]
    assert said[-1] == (
        "Without a plan is 1 partner; what such partners sold, USD 30, counts in the attainment of the whole, "
        "beside no plan."
    )


@pytest.mark.parametrize(
    "manager_id, said",
    [
        ("M2", "Ben left on 31 August 2026; the partners below need another manager."),
        ("M3", "Cleo has no partner today."),
        (WITHOUT, "The only partner without a manager ended 2026Q3 with nothing to tell of"),
    ],
)
def test_odd_portfolios_say_so_and_nothing_foolish(tmp_path, manager_id, said):
    portfolio = small(managed_vendor(), tmp_path, manager_id)
    text = "\n".join(cell(portfolio).text for cell in CELLS)
    assert said in text
    assert not NONSENSE.search(text)


def test_whoever_joined_lately_is_due_no_review(tmp_path):
    tables = managed_vendor()
    tables["activities"] = rows(
        "activity_id partner_id kind held_on status",
        "A1 P1 qbr 2026-07-10 done",
        "A2 P2 qbr 2026-04-10 done",
        "A3 P5 meeting 2026-09-25 done",
    )
    standing = small(tables, tmp_path / "a", "M1").standing.set_index("partner_id")["review_overdue"]
    assert standing.to_dict() | {"P4": "left"} == {"P1": False, "P2": True, "P4": "left"}
    assert pd.isna(standing["P4"])
    assert pd.isna(small(tables, tmp_path / "b", "M2").standing["review_overdue"]).all()


def test_of_a_partner_that_left_nothing_is_a_reason(tmp_path):
    standing = small(managed_vendor(), tmp_path, "M1").standing.set_index("partner_id")
    assert standing.loc["P4", list(REASONS)].isna().all()
    assert standing.loc["P4", "gap"] == -500
    assert standing.index[-1] == "P4"


def test_a_running_quarter_shows_both_sides(tmp_path):
    portfolio = small(managed_vendor(), tmp_path, "M1", as_of="2026-08-20")
    assert portfolio.ahead == QUARTER
    lines = cells.plan_and_pipeline(portfolio).text.splitlines()
    assert f"{QUARTER} running" in lines[0].split("\t")
    assert "of plan to date" in next(line for line in lines if line.startswith("Ada"))


# A run of a small project: the real notebook, forked kernels on Dask.


@pytest.fixture(scope="module")
def workers_of_all():
    with workers(jobs=2, scheduler=None, kind="forked") as client:
        yield client.scheduler.address


@pytest.fixture(scope="module")
def start(workers_of_all):
    """Runs a project's parameters, from within its folder, on workers that all tests share."""

    def run_it(project: Path, **chosen: object) -> Outcome:
        choice = Choice(**{"scheduler": workers_of_all} | chosen)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(project)
            return run(Path("params/small.yaml"), choice, today=date(2026, 10, 5), console=Console(file=io.StringIO()))

    return run_it


@pytest.fixture(scope="module")
def project(tmp_path_factory, start) -> Path:
    """Five partners: two of M1, two of M2, one of nobody; a page for each manager, and no reviews."""
    folder = tmp_path_factory.mktemp("project")
    path = write_project(folder)
    managers = ("M1", "M1", "M2", "M2", "")
    firms = [f"{name},Firm {name},reseller,{manager}" for name, manager in zip(PARTNERS, managers, strict=True)]
    (folder / "data" / "partners.csv").write_text("\n".join(["partner_id,name,channel,manager_id", *firms]) + "\n")
    (folder / "data" / "managers.csv").write_text("manager_id,name\nM1,Ana\nM2,Ben\nM3,Cleo\n")
    shutil.copy(Path(__file__).parent.parent / "notebooks" / "portfolio.ipynb", folder / "notebooks")
    path.write_text("name: small\nsource: data\nquarter: 2026Q3\nnotebooks: [portfolio]\n")
    assert start(folder).made == len(PAGES)
    return folder


@pytest.fixture
def made(project, tmp_path) -> Path:
    """A copy of the finished run, to start again."""
    return shutil.copytree(project, tmp_path / "copy")


PAGES = {name: f"managers/{slug(name)}.html" for name in ("M1", "M2", WITHOUT)}


def folder_of(project: Path) -> Path:
    return project / "runs" / "small" / QUARTER


def pages(project: Path) -> dict[str, str]:
    return {name: (folder_of(project) / page).read_text() for name, page in PAGES.items()}


def test_a_run_makes_a_page_for_each_manager_and_for_those_without(project):
    folder, found = folder_of(project), pages(project)
    assert sorted(path.name for path in (folder / "managers").glob("*.html")) == sorted(
        page.rpartition("/")[2] for page in PAGES.values()
    )
    assert "The 2 partners of Ana ended 2026Q3 with revenue of" in re.sub(r"<[^>]+>", "", found["M1"])
    assert "<title>Without a manager: Portfolio" in found[WITHOUT]
    assert not [name for name, page in found.items() if "qbr.html" in page], "the run makes no reviews"
    facts = json.loads((folder / PAGES["M1"]).with_suffix(".facts.json").read_text())
    assert (facts["manager_id"], facts["partner_id"], facts["edition"]) == ("M1", None, "internal")
    assert {fact["grain"].get("partner_id") for fact in facts["facts"]} == {None, "P1", "P2"}
    manifest = json.loads((folder / "run.json").read_text())
    assert {(job["manager_id"], job["status"]) for job in manifest["jobs"]} == {(name, "made") for name in PAGES}
    assert standing(folder).counts[("portfolio", "internal")] == {"made": 3}


def test_the_front_page_leads_to_each_manager(project):
    page = (folder_of(project) / "index.html").read_text()
    for place in PAGES.values():
        assert f'href="{place}"' in page
    assert "with a plan of a partner that left" not in page, "nobody left"


def test_reviews_are_linked_where_they_are_made_or_lie_there(tmp_path):
    def notebook(name: str, about: str) -> Notebook:
        return Notebook(name, name, Path(f"{name}.ipynb"), "", frozenset({about}))

    managers = [Managed("M1", "Ana", ("P1", "P2"))]
    jobs = plan_jobs(
        [notebook("qbr", "partner_id"), notebook("portfolio", "manager_id")],
        partners={"P1": "Ada", "P2": "Bea"},
        editions=["internal", "partner"],
        managers=managers,
    )
    page, *reviews = jobs
    assert with_reviews(jobs, jobs, run=tmp_path)[0].reviewed == ("P1", "P2")
    assert with_reviews([page], jobs, run=tmp_path)[0].reviewed == ()
    theirs, own = (
        next(job for job in reviews if (job.partner_id, job.edition) == ("P2", edition))
        for edition in ("partner", "internal")
    )
    assert with_reviews([page, theirs], jobs, run=tmp_path)[0].reviewed == ()
    (tmp_path / own.page()).parent.mkdir(parents=True)
    (tmp_path / own.page()).touch()
    assert with_reviews([page], jobs, run=tmp_path)[0].reviewed == ("P2",)


def test_a_run_started_again_makes_nothing(made, start):
    outcome = start(made)
    assert (outcome.made, outcome.kept) == (0, len(PAGES))


def test_only_the_managers_whose_data_changed_are_remade(made, start):
    before = pages(made)
    with (made / "data" / "sales.csv").open("a") as sales:
        sales.write("P3,2026-09-01,1000.00\n")
    outcome = start(made)
    assert (outcome.made, outcome.kept) == (1, 2)
    assert [name for name, page in pages(made).items() if page != before[name]] == ["M2"]


def test_a_partner_that_changes_hands_changes_both_pages(made, start):
    path = made / "data" / "partners.csv"
    path.write_text(path.read_text().replace("P2,Firm P2,reseller,M1", "P2,Firm P2,reseller,M2"))
    assert start(made).made == 2
    assert "Firm P2" in pages(made)["M2"]
    assert "Firm P2" not in pages(made)["M1"]


def test_reviews_made_by_the_same_run_are_linked(made, start):
    path = made / "params" / "small.yaml"
    (made / "notebooks" / "review.ipynb").rename(made / "notebooks" / "qbr.ipynb")
    path.write_text(path.read_text().replace("[portfolio]", "[qbr, portfolio]"))
    assert start(made, kernels="plain", partners=("P1",), notebooks=("qbr", "portfolio")).made == 2
    place = f"internal/{slug('P1')}/qbr.html"
    assert f'href="../{place}"' in pages(made)["M1"]
    assert (folder_of(made) / place).is_file()
    front = (folder_of(made) / "index.html").read_text()
    assert front.count(f'href="{PAGES["M1"]}"') == 1 + 2, "in the list, and beside each of the manager's partners"


def test_one_partner_has_its_managers_page_only_if_it_is_asked_for(made, start):
    with pytest.raises(BadParameters, match="no report of this run is for --partner P1"):
        start(made, partners=("P1",))
    assert start(made, partners=("P1",), notebooks=("portfolio",), force=True).made == 1


def test_a_source_that_names_no_manager_is_told_so(made, start):
    path = made / "data" / "partners.csv"
    path.write_text("\n".join(line.rpartition(",")[0] for line in path.read_text().splitlines()) + "\n")
    with pytest.raises(BadParameters, match="made for each channel manager, and the source names none"):
        start(made)
    parameters = made / "params" / "small.yaml"
    parameters.write_text(parameters.read_text().replace("[portfolio]", "[channel, portfolio]"))
    assert start(made).made == 1
    front = (folder_of(made) / "index.html").read_text()
    assert "No manager has a page: the vendor&#39;s data do not say who manages which partner." in front
