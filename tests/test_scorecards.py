"""Scorecards: what their file may say, what scores come of them, and that what was reported stays."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from channelnb.book.book import open_book
from channelnb.chosen import Settings
from channelnb.cli import app
from channelnb.errors import BadParameters, ChannelnbError, UnknownName
from channelnb.fiscal import FiscalCalendar
from channelnb.fleet.cluster import workers
from channelnb.fleet.reported import check_channels, check_unchanged
from channelnb.fleet.run import Choice, Outcome, run
from channelnb.freezing import freeze
from channelnb.metrics.registry import METRICS
from channelnb.report import profile
from channelnb.scorecards import Scorecard, Scorecards, ScoredMetric, read_scorecards
from channelnb.scoring import highest, in_each, lowest, mean, reached, scored_categories, scored_metrics
from channelnb.slice import Slice, gated
from channelnb.snapshot import Snapshot
from projects import write_project
from tables import rows, small_vendor

QUARTER = "2026Q3"
ROOT = Path(__file__).parent.parent

VERSION = """\
  - from: {since}
    performance: {{revenue: {{target: {target}, weight: 2}}, growth_yoy: {{target: 0.1}}}}
    activity: {{lead_acceptance: {{target: 0.7}}, open_pipeline: {{target: 1000}}}}
    capability: {{certified_people: {{target: 2}}, revenue_per_employee: {{target: 50}}}}
    effectiveness: {{win_rate: {{target: 0.5}}, average_won_deal: {{target: 300}}}}
"""


def version(since: str = "2024-01-01", target: float = 500) -> str:
    return VERSION.format(since=since, target=target)


def written(folder: Path, text: str) -> Scorecards:
    path = folder / "cards.yaml"
    path.write_text(text)
    return read_scorecards(path)


# What a metric scores.


@pytest.mark.parametrize(
    "value, target, better, score",
    [
        (0.25, 0.5, "higher", 50),
        (0.5, 0.5, "higher", 100),
        (9.0, 0.5, "higher", 100),
        (-3.0, 0.5, "higher", 0),
        (0.0, 0.5, "higher", 0),
        (3.0, 4.0, "lower", 100),
        (4.0, 4.0, "lower", 100),
        (6.0, 4.0, "lower", 50),
        (8.0, 4.0, "lower", 0),
        (99.0, 4.0, "lower", 0),
        (-1.0, 4.0, "lower", 100),
    ],
)
def test_a_score_is_how_much_of_the_target_was_reached(value, target, better, score):
    found = reached(pd.Series([value]), pd.Series([target]), lower=pd.Series([better == "lower"]))
    assert found.tolist() == [score]


CARD = Scorecard(
    "",
    date(2026, 1, 1),
    (
        ScoredMetric("performance", "attainment", 2, 1.0),
        ScoredMetric("performance", "growth_yoy", 1, 0.1),
        ScoredMetric("performance", "customer_retention", 1, 0.8),
        ScoredMetric("activity", "lead_acceptance", 1, 0.5),
        ScoredMetric("activity", "open_pipeline", 3, 1000.0),
        ScoredMetric("capability", "certified_people", 1, 4.0),
        ScoredMetric("capability", "revenue_per_employee", 1, 100.0),
        ScoredMetric("effectiveness", "win_rate", 1, 0.5),
        ScoredMetric("effectiveness", "average_won_deal", 1, 300.0),
    ),
    weights=(2.0, 1.0, 1.0, 1.0),
)
FIRMS = pd.DataFrame({"partner_id": ["P1"], "period": [QUARTER], "channel": ["reseller"]})


def measured(**figures: float | str) -> pd.DataFrame:
    """Rows as they are measured: a figure each, or the state for want of one."""
    lines = [
        ("P1", QUARTER, name, np.nan if isinstance(value, str) else value, value if isinstance(value, str) else "ok")
        for name, value in figures.items()
    ]
    return pd.DataFrame(lines, columns=["partner_id", "period", "metric", "value", "state"])


def test_scores_are_those_worked_by_hand():
    figures = measured(
        attainment=0.9, growth_yoy=0.05, customer_retention="no_data",
        lead_acceptance=0.4, open_pipeline=2000.0,
        certified_people="not_measurable", revenue_per_employee="no_data",
        win_rate=0.4, average_won_deal=150.0,
    )  # fmt: skip
    figures.loc[figures["metric"].eq("win_rate"), "state"] = "too_few"
    metrics = scored_metrics(figures, FIRMS, in_each(Scorecards((CARD,)), FIRMS, calendar=FiscalCalendar()))
    by_metric = metrics.set_index("metric")
    assert by_metric["score"].round(6).dropna().to_dict() == {
        "attainment": 90.0, "growth_yoy": 50.0, "lead_acceptance": 80.0, "open_pipeline": 100.0,
        "average_won_deal": 50.0,
    }  # fmt: skip
    # Retention has no figure: attainment and growth share its weight, two parts to one.
    assert by_metric.loc[["attainment", "growth_yoy"], "share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert pd.isna(by_metric.loc["customer_retention", "share"])
    scores = scored_categories(metrics).set_index("category")
    assert scores["score"].round(4).drop("capability").to_dict() == {
        # (2 × 76.67 + 95 + 50) ÷ 4: capability has no score, and effectiveness is the average deal alone.
        "all": 74.5833, "performance": 76.6667, "activity": 95.0, "effectiveness": 50.0,
    }  # fmt: skip
    assert scores.loc["capability", ["state", "n", "of"]].tolist() == ["no_data", 0, 2]
    assert scores["missing"].to_dict() == {
        "all": "customer_retention, certified_people, revenue_per_employee, win_rate",
        "performance": "customer_retention",
        "activity": "",
        "capability": "certified_people, revenue_per_employee",
        "effectiveness": "win_rate",
    }
    # Activity is 80 with weight 1 and 100 with weight 3: at its least 80 counts 1.2 and 100 counts 2.4.
    expected = [(1.2 * 80 + 2.4 * 100) / 3.6, (0.8 * 80 + 3.6 * 100) / 4.4]
    assert scores.loc["activity", ["low", "high"]].tolist() == pytest.approx(expected)


# The range of a score.


def at_corners(scores: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """The least and the most of a weighted mean over all corners of the box of weights."""
    known = ~np.isnan(scores)
    found = [
        float((np.array(moved) * weights[known] * scores[known]).sum() / (np.array(moved) * weights[known]).sum())
        for moved in product((0.8, 1.2), repeat=int(known.sum()))
    ]
    return min(found), max(found)


SCORED = st.lists(
    st.tuples(st.one_of(st.just(np.nan), st.floats(0, 100)), st.floats(0.1, 10)), min_size=1, max_size=4
).filter(lambda pairs: any(not np.isnan(score) for score, _ in pairs))


@given(SCORED)
def test_the_range_is_that_of_the_worst_and_the_best_corner(pairs):
    scores, weights = (np.array([column]) for column in zip(*pairs, strict=True))
    low, high = at_corners(scores[0], weights[0])
    assert lowest(scores, weights)[0] == pytest.approx(low, abs=1e-9)
    assert highest(scores, weights)[0] == pytest.approx(high, abs=1e-9)


@given(SCORED, st.lists(st.floats(0.8, 1.2), min_size=4, max_size=4))
def test_no_weights_within_the_box_lead_out_of_the_range(pairs, moved):
    scores, weights = (np.array([column]) for column in zip(*pairs, strict=True))
    elsewhere = mean(scores, weights * np.array([moved[: len(pairs)]]))[0]
    assert lowest(scores, weights)[0] - 1e-9 <= elsewhere <= highest(scores, weights)[0] + 1e-9


FIGURES = st.one_of(st.just("no_data"), st.floats(0, 1))


@settings(deadline=None, max_examples=50)
@given(st.lists(FIGURES, min_size=4, max_size=4), st.lists(st.floats(0.1, 5), min_size=6, max_size=6))
def test_the_range_in_all_is_exact_too(figures, weights):
    names = ["attainment", "growth_yoy", "lead_acceptance", "win_rate"]
    card = Scorecard(
        "",
        date(2026, 1, 1),
        tuple(
            ScoredMetric(category, name, weight, 1.0)
            for name, category, weight in zip(names, ["performance"] * 2 + ["activity"] * 2, weights[:4], strict=True)
        ),
        weights=(weights[4], weights[5], 1.0, 1.0),
    )
    frame = measured(**dict(zip(names, figures, strict=True)))
    metrics = scored_metrics(frame, FIRMS, in_each(Scorecards((card,)), FIRMS, calendar=FiscalCalendar()))
    whole = scored_categories(metrics).set_index("category").loc["all"]
    found = []
    for moved in product((0.8, 1.2), repeat=6):
        at = np.array(moved) * np.array(weights)
        parts, counts = [], []
        for places, weight in (((0, 1), at[4]), ((2, 3), at[5])):
            known = [place for place in places if figures[place] != "no_data"]
            if known:
                parts.append(sum(at[p] * 100 * figures[p] for p in known) / sum(at[p] for p in known))
                counts.append(weight)
        if counts:
            found.append(np.average(parts, weights=counts))
    if not found:
        assert whole["state"] == "no_data"
        return
    assert [whole["low"], whole["high"]] == pytest.approx([min(found), max(found)], abs=1e-9)


# The file.


@pytest.mark.parametrize(
    "old, new, error, said",
    [
        ("lead_acceptance", "lead_aceptance", UnknownName, r":4: there is no metric 'lead_aceptance'; did you mean 'l"),
        ("activity", "activty", BadParameters, r":4: there is no key 'default\[0\]\.activty'; did you mean 'activity'"),
        ("from: 2024-01-01", "from: 2024", BadParameters, r":2: default\[0\]\.from is '2024': write the day on which"),
        ("target: 0.7", "target: 0", BadParameters, r":4: .*target is '0': it must be above 0"),
        ("target: 0.7", "target: -0.7", BadParameters, r":4: .*target is '-0\.7': it must be above 0"),
        ("target: 0.7", "target: much", BadParameters, r":4: .*target is 'much'"),
        ("weight: 2", "weight: 0", BadParameters, r":3: .*weight is '0': input should be greater than 0"),
        ("weight: 2", "wait: 2", BadParameters, r":3: there is no key .*wait'; did you mean 'weight'"),
        ("lead_acceptance: {target: 0.7}, ", "", BadParameters, r":4: .* it holds 1 \(open_pipeline\).*add one"),
        ("activity: {lead", "activity: {revenue_at_plan_rates: {target: 1}, lead", BadParameters,
         r":4: neither more nor less of revenue_at_plan_rates is better"),
        ("win_rate", "pipeline_index", BadParameters, r":6: pipeline_index tells of periods that lie ahead"),
        ("win_rate", "revenue", BadParameters, r":6: revenue counts in this scorecard already"),
        ("certified_people: {target: 2}", "certified_people: 2", BadParameters, r":5: .*certified_people is '2'"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_what_to_do(tmp_path, old, new, error, said):
    text = "default:\n" + version()
    assert old in text
    with pytest.raises(error, match=r"cards\.yaml" + said):
        written(tmp_path, text.replace(old, new, 1))


def test_more_than_three_metrics_are_refused_with_the_reason(tmp_path):
    more = version().replace("activity: {", "activity: {new_customers: {target: 1}, customer_retention: {target: 1}, ")
    said = r"cards\.yaml:4: .*it holds 4 \(new_customers, .*dies of too many figures; keep the three that matter most"
    with pytest.raises(BadParameters, match=said):
        written(tmp_path, "default:\n" + more)
    three = version().replace("activity: {", "activity: {new_customers: {target: 1}, ")
    assert len(written(tmp_path, "default:\n" + three).versions[0].metrics) == 9


def test_what_must_be_asked_of_the_partner_counts_only_where_the_file_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(METRICS, "win_rate", replace(METRICS["win_rate"], asked=True))
    text = "default:\n" + version()
    with pytest.raises(BadParameters, match=r"cards\.yaml:6: what win_rate is made of must be asked of the partners"):
        written(tmp_path, text)
    assert written(tmp_path, text.replace("win_rate: {", "win_rate: {asked: true, "))


def test_two_versions_of_one_day_and_an_empty_file_are_refused(tmp_path):
    with pytest.raises(BadParameters, match=r"cards\.yaml:7: a version from 2024-01-01 stands at .*cards\.yaml:2 alre"):
        written(tmp_path, "default:\n" + version() + version())
    with pytest.raises(BadParameters, match=r"cards\.yaml:1: there is no scorecard; give a `default`"):
        written(tmp_path, "# nothing yet\n")


def test_a_channel_that_no_partner_is_in_is_an_error(tmp_path):
    channels = "channels:\n resellr:\n" + version()
    with pytest.raises(UnknownName, match=r"cards\.yaml:3: there is no channel 'resellr'; did you mean 'reseller'"):
        check_channels(written(tmp_path, channels), ["reseller", "integrator"])


@pytest.mark.parametrize(
    "channel, day, since",
    [
        ("integrator", date(2023, 12, 31), None),
        ("integrator", date(2024, 1, 1), "2024-01-01"),
        ("integrator", date(2026, 1, 1), "2026-01-01"),
        ("reseller", date(2024, 6, 1), "2024-01-01"),
        ("reseller", date(2025, 7, 1), "2025-07-01"),
        ("reseller", date(2026, 6, 1), "2025-07-01"),
    ],
)
def test_the_latest_version_of_the_channel_is_in_force_else_of_the_default(tmp_path, channel, day, since):
    text = f"default:\n{version('2026-01-01')}{version('2024-01-01')}channels:\n reseller:\n{version('2025-07-01')}"
    found = written(tmp_path, text).in_force(channel, day)
    assert (found.since.isoformat() if found else None) == since


def test_the_file_of_the_sample_fits_the_catalogue_and_its_channels(sample):
    cards = read_scorecards(ROOT / "params" / "scorecards.yaml")
    check_channels(cards, pd.read_parquet(sample / "partners.parquet")["channel"])
    assert cards.in_force("reseller", date(2026, 7, 1))


# Snapshots and pages.


def frozen(folder: Path, cards: Scorecards, tables: dict[str, pd.DataFrame] | None = None) -> Snapshot:
    with open_book(tables or small_vendor(), quarter=QUARTER) as book:
        return freeze(book, folder, Settings(min_peers=1, scorecards=cards))


def content(frame: pd.DataFrame) -> bytes:
    return frame.reset_index(drop=True).to_csv().encode()


@pytest.mark.parametrize("name", ["scores", "score_metrics", "scorecards"])
def test_a_new_version_leaves_earlier_periods_as_they_were(tmp_path, name):
    one = frozen(tmp_path / "one", written(tmp_path, "default:\n" + version()))
    two = frozen(tmp_path / "two", written(tmp_path, "default:\n" + version() + version("2026-07-01", target=50)))
    before, after = one.frame(name), two.frame(name)
    earlier = before["period"] < QUARTER
    assert earlier.any()
    assert content(before[earlier]) == content(after[after["period"] < QUARTER])
    assert content(before[~earlier]) != content(after[after["period"].eq(QUARTER)])
    assert one.data_version != two.data_version


def test_a_version_that_is_not_in_force_yet_changes_nothing(tmp_path):
    one = frozen(tmp_path / "one", written(tmp_path, "default:\n" + version()))
    two = frozen(tmp_path / "two", written(tmp_path, "default:\n" + version() + version("2026-07-02", target=50)))
    assert one.data_version == two.data_version


def test_settings_with_scorecards_can_be_hashed_and_an_order_of_keys_is_no_content(tmp_path):
    cards = written(tmp_path, "default:\n" + version())
    assert hash(Settings(scorecards=cards)) == hash(Settings(scorecards=written(tmp_path, "default:\n" + version())))
    swapped = version().replace("{target: 500, weight: 2}", "{weight: 2, target: 500}")
    assert written(tmp_path, "default:\n" + swapped).versions[0].content == cards.versions[0].content


def test_a_partner_is_scored_in_the_channel_that_it_was_in_and_not_before_it_joined(tmp_path):
    tables = small_vendor()
    tables["partners"].loc[tables["partners"]["partner_id"].eq("P2"), "channel"] = "integrator"
    tables["partner_history"] = rows(
        "partner_id valid_from channel", "P2 2021-05-01 reseller", "P2 2026-07-15 integrator"
    )
    text = f"default:\n{version()}channels:\n integrator:\n{version(target=50)}"
    scores = frozen(tmp_path, written(tmp_path, text), tables).frame("score_metrics")
    target = scores[scores["metric"].eq("revenue")].set_index(["partner_id", "period"])["target"]
    assert target["P2", "2026Q2"] == 500
    assert target["P2", QUARTER] == 50
    assert target["P3"].index.min() == "2026Q1"
    assert target["P1"].index.min() < "2025Q4"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    folder = tmp_path_factory.mktemp("scored")
    return frozen(folder / "snapshot", written(folder, "default:\n" + version()))


def test_the_page_shows_scores_with_their_facts_and_says_what_is_missing(snapshot):
    partner = gated(snapshot, "P1", "internal")
    shown = profile.scorecard(partner)
    facts = {fact.id: fact for fact in shown.facts}
    for value, name in re.findall(r'<data value="([^"]*)" data-fact="([^"]*)">', shown.html):
        assert value == ("" if facts[name].value is None else repr(facts[name].value)), name
    whole = facts[f"score|category=all|{QUARTER}|actual"]
    # Revenue 240 of 500 (48, twice), growth 20 % of 10 %: 65.33; three of four leads: too few; 650 of pipeline: 65;
    # two certified people: 100, 24 per employee in twelve months of 50: 48; two of three deals: too few; 200 of 300.
    row = partner.frames["scores"].set_index(["period", "category"]).loc[(QUARTER, "all")]
    assert whole.value == row["score"]
    assert whole.low == row["low"] < whole.value < whole.high == row["high"]
    assert "Not scored: lead acceptance (too few to say) and win rate (too few to say)." in shown.text
    assert "Attainment" not in shown.text.partition("Scored by")[0]
    assert facts[f"revenue|category=performance|{QUARTER}|target"].value == 500
    assert facts[f"score|category=performance,scored=revenue|{QUARTER}|actual"].value == pytest.approx(48)
    assert not re.search(r"\bnan\b|None|NaN", shown.text)


def test_without_scorecards_the_page_says_nothing_of_them(tmp_path):
    partner = gated(frozen(tmp_path, Scorecards()), "P1", "internal")
    assert not [name for name in partner.facts if name.startswith("score|")]
    shown = profile.scorecard(partner)
    assert "Scores of" not in shown.text
    assert "scored" not in shown.text.casefold()
    assert "Win rate" in shown.text


def test_a_change_is_told_only_where_the_same_counted(tmp_path):
    def told(text: str, folder: str) -> Slice:
        return gated(frozen(tmp_path / folder, written(tmp_path, text)), "P1", "internal")

    same = told("default:\n" + version(), "same").facts
    harder = version("2026-07-01").replace("certified_people: {target: 2}", "certified_people: {target: 3}")
    other = told("default:\n" + version() + harder, "other").facts
    name = f"score|category={{}}|{QUARTER}|change"
    assert name.format("capability") in same
    assert same[name.format("capability")].value == pytest.approx(
        same[f"score|category=capability|{QUARTER}|actual"].value
        - same["score|category=capability|2026Q2|actual"].value
    )
    assert name.format("activity") in other
    assert name.format("capability") not in other
    assert name.format("all") not in other


def test_the_partners_edition_hides_scores_that_the_vendors_margin_is_part_of(snapshot, tmp_path):
    assert len(gated(snapshot, "P1", "partner").frames["scores"])
    margin = version("2026-07-01").replace("win_rate", "gross_margin")
    both = gated(frozen(tmp_path, written(tmp_path, "default:\n" + version() + margin)), "P1", "partner")
    assert set(both.frames["scores"]["period"]) == set(both.frames["score_metrics"]["period"])
    assert both.frames["scores"]["period"].max() == "2026Q2"
    assert "gross_margin" not in set(both.frames["score_metrics"]["metric"])


# Runs.


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with workers(jobs=1, scheduler=None, kind="forked") as client:
        yield client.scheduler.address


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    write_project(tmp_path, partners=("P1", "P2"))
    path = tmp_path / "params" / "small.yaml"
    path.write_text(path.read_text().replace("  - review\n", "") + "scorecards: params/cards.yaml\n")
    written(tmp_path / "params", "default:\n" + version())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(project: Path, address: str, quarter: str) -> Outcome:
    path = project / "params" / "small.yaml"
    path.write_text(re.sub(r"quarter: \w+", f"quarter: {quarter}", path.read_text()))
    console = Console(file=io.StringIO())
    return run(Path("params/small.yaml"), Choice(scheduler=address), today=date(2027, 4, 5), console=console)


def test_what_was_reported_is_not_scored_otherwise_later(project, address):
    """A version changed in place is refused by the run of the next quarter; one that is added leaves scores alone."""
    assert make(project, address, QUARTER).exit_status == 0
    reported = Snapshot.open(project / "runs" / "small" / QUARTER / "snapshot").frame("scores")
    assert reported["score"].notna().any()

    cards = project / "params" / "cards.yaml"
    cards.write_text("default:\n" + version(target=450))
    said = (
        r"params/cards\.yaml:2: the channel 'reseller' was scored in 2026Q3 by the scorecard from 2024-01-01, as runs/"
        r"small/2026Q3 holds it, and would now be scored otherwise: target of performance\.revenue was 500, is 450\. "
        r".*add a version with a later `from`, such as 2026-10-01"
    )
    with pytest.raises(BadParameters, match=said):
        make(project, address, "2026Q4")
    with pytest.raises(BadParameters, match="was scored in 2026Q3"):
        make(project, address, QUARTER)
    assert not (project / "runs" / "small" / "2026Q4" / "snapshot").exists()
    command = CliRunner().invoke(app, ["run", "params/small.yaml"])
    assert command.exit_code == 2
    assert "Traceback" not in command.output

    cards.write_text("default:\n" + version() + version("2026-10-01", target=450))
    assert make(project, address, "2026Q4").exit_status == 0
    later = Snapshot.open(project / "runs" / "small" / "2026Q4" / "snapshot").frame("scores")
    assert content(later[later["period"] <= QUARTER]) == content(reported)


def used(cards: Scorecards) -> list[tuple[str, pd.DataFrame]]:
    """The scorecards in force in a report of 2026Q2, for two channels."""
    terms = [(channel, "2026Q2", cards.in_force(channel, date(2026, 4, 1))) for channel in ("integrator", "reseller")]
    lines = [(channel, period, card.since.isoformat(), card.content) for channel, period, card in terms if card]
    return [("runs/acme/2026Q2", pd.DataFrame(lines, columns=["channel", "period", "since", "content"]))]


@pytest.mark.parametrize(
    "now, said",
    [
        ("channels:\n reseller:\n" + version("2025-01-01", target=9), r"target of performance\.revenue was 500, is 9"),
        ("channels:\n integrator:\n" + version("2026-10-01"), ""),
        ("channels:\n integrator:\n" + version("2025-01-01"), ""),
    ],
)
def test_a_channels_own_scorecard_may_not_reach_back_before_what_was_reported(tmp_path, now, said):
    default = "default:\n" + version()
    then = used(written(tmp_path, default))
    cards = written(tmp_path, default + now)
    if said:
        with pytest.raises(BadParameters, match=said):
            check_unchanged(cards, then, calendar=FiscalCalendar())
    else:
        check_unchanged(cards, then, calendar=FiscalCalendar())


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("from: 2024-01-01", "from: 2026-04-02", "no version is in force then any more"),
        ("growth_yoy", "attainment", r"performance\.attainment was put in; performance\.growth_yoy was taken out"),
        ("weight: 2", "weight: 3", r"weight of performance\.revenue was 2, is 3"),
        (
            "    activity",
            "    weights: {activity: 2}\n    activity",
            r"categories' weights were \[1.0, 1.0, 1.0, 1.0\]",
        ),
    ],
)
def test_every_change_in_place_is_named(tmp_path, old, new, said):
    text = "default:\n" + version()
    then = used(written(tmp_path, text))
    assert old in text
    with pytest.raises(BadParameters, match=said):
        check_unchanged(written(tmp_path, text.replace(old, new, 1)), then, calendar=FiscalCalendar())


@pytest.mark.parametrize(
    "cards, more, error, said",
    [
        ("default:\n" + version().replace("win_rate", "gross_margin"), "editions: [internal, partner]\n", BadParameters,
         r"params/cards\.yaml:2: the scorecard counts gross_margin, which the vendor keeps to itself"),
        ("channels:\n resellr:\n" + version(), "", UnknownName, r"there is no channel 'resellr'; did you mean 'resel"),
        (None, "", BadParameters, r"small\.yaml:6: there is no file 'params/cards\.yaml' beside small\.yaml"),
    ],
)  # fmt: skip
def test_a_run_with_bad_scorecards_makes_nothing(project, cards, more, error, said):
    path, parameters = project / "params" / "cards.yaml", project / "params" / "small.yaml"
    parameters.write_text(parameters.read_text() + more)
    path.unlink() if cards is None else path.write_text(cards)
    with pytest.raises(error, match=said) as caught:
        make(project, "tcp://127.0.0.1:1", QUARTER)
    assert isinstance(caught.value, ChannelnbError)
    assert not (project / "runs").exists()
