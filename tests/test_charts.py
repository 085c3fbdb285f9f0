from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from channelnb.errors import ColumnsMissing, NotUsable
from channelnb.narrative.facts import Fact
from channelnb.report import charts
from channelnb.report.charts.look import CLUSTER_INKS, CLUSTER_MARKS, LOOK
from channelnb.report.charts.marks import labels_at_right
from channelnb.report.charts.recruits import MOST_SHAPES
from channelnb.report.shown import Shown
from channelnb.report.tables import ColumnFormat, table


@pytest.fixture
def ax() -> Axes:
    return charts.canvas().add_subplot()


def bars(ax: Axes, color: str) -> list[tuple[float, float]]:
    """Centre and length of the bars that have a colour, whichever way they lie."""
    found = [bar for bar in ax.patches if to_hex(bar.get_facecolor()) == color or to_hex(bar.get_edgecolor()) == color]
    upright = all(bar.get_height() >= bar.get_width() or bar.get_width() < 1 for bar in found)
    if upright:
        return [(round(bar.get_x() + bar.get_width() / 2, 6), bar.get_height()) for bar in found]
    return [(round(bar.get_y() + bar.get_height() / 2, 6), bar.get_width()) for bar in found]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(ax: Axes, axis: str = "y") -> list[str]:
    return [label.get_text() for label in getattr(ax, f"get_{axis}ticklabels")()]


def dots(ax: Axes) -> list[tuple[float, float, str, str]]:
    """Place, marker and fill of each point that is drawn as a line of one point."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]), line.get_marker(), line.get_markerfacecolor())
        for line in ax.lines
        if len(line.get_xdata()) == 1
    ]


def spans(ax: Axes) -> list[list[tuple[float, float]]]:
    """The ends of each line that hlines or vlines drew."""
    return [
        [(round(float(x), 9), float(y)) for x, y in segment]
        for collection in ax.collections
        if hasattr(collection, "get_segments")
        for segment in collection.get_segments()
    ]


REVENUE = pd.DataFrame(
    [
        ("2026Q2", "actual", 100_000.0),
        ("2026Q1", "actual", 80_000.0),
        ("2026Q1", "prior", 90_000.0),
        ("2026Q2", "prior", 95_000.0),
        ("2026Q2", "plan", 120_000.0),
        ("2026Q3", "forecast", 130_000.0),
        ("2026Q3", "plan", 125_000.0),
        ("2026Q3", "actual", None),
    ],
    columns=["period", "role", "value"],
)


def test_revenue_by_period_draws_bars_at_their_quarters_and_names_the_last(ax: Axes) -> None:
    assert charts.revenue_by_period(REVENUE, ax=ax, currency="EUR") is ax
    assert bars(ax, LOOK.partner.light) == [(0, 80_000), (1, 100_000), (2, 0)]
    assert bars(ax, LOOK.prior.light) == [(0, 90_000), (1, 95_000), (2, 0)]
    assert bars(ax, LOOK.forecast.light) == [(0, 0), (1, 0), (2, 130_000)]
    assert spans(ax) == [
        [(0.58, 120_000), (1.42, 120_000)],
        [(1.58, 125_000), (2.42, 125_000)],
    ]
    assert ticks(ax, "x") == ["2026Q1", "2026Q2", "2026Q3"]
    assert texts(ax) == ["forecast 130 k", "plan 125 k"]
    assert ax.get_title(loc="left") == "EUR"


def test_labels_beside_the_last_quarter_do_not_overlap(ax: Axes) -> None:
    ax.set_ylim(0, 100)
    labels_at_right(ax, 0, [(50, "plan", "k"), (50.5, "actual", "b"), (49, "a year before", "b")])
    heights = sorted(text.xy[1] for text in ax.texts)
    assert texts(ax) == ["plan", "actual", "a year before"]
    assert heights[0] == 49
    assert min(np.diff(heights)) > 3


def test_attainment_bullets_draw_shares_and_say_where_there_is_no_plan(ax: Axes) -> None:
    frame = pd.DataFrame({"label": ["2026Q3", "Year to date", "2026Q4"], "value": [0.84, 1.12, None]})
    charts.attainment_bullets(frame, ax=ax)
    assert bars(ax, LOOK.partner.light) == [(0, 0.84), (1, 1.12)]
    assert [segment[0][0] for segment in spans(ax)] == [0.8, 1.0, 0.8, 1.0]
    assert ticks(ax) == ["2026Q3", "Year to date", "2026Q4"]
    assert texts(ax) == ["84 % of plan, behind", "112 % of plan, ahead", "no plan"]


def test_coverage_marks_over_and_under_by_shape_and_word(ax: Axes) -> None:
    frame = pd.DataFrame({"period": ["2026Q4", "2027Q1", "2027Q2", "2027Q3"], "value": [4.0, 3.44, None, 2.0]})
    charts.coverage_by_period(frame, ax=ax, target=4.0, band=(3.0, 5.0))
    over, under = (0, 4.0, "o", LOOK.over.light), (3, 2.0, "v", LOOK.under.light)
    assert dots(ax) == [over, (1, 3.44, "D", LOOK.soft.light), under]
    assert texts(ax) == ["4× over", "3.4× healthy", "no plan", "2× under", "target 4×", "healthy 3 to 5×"]
    band = ax.patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == (3.0, 5.0)
    assert {float(y) for line in ax.lines if len(line.get_xdata()) == 2 for y in line.get_ydata()} == {4.0}


def test_pipeline_by_month_keeps_the_distance_in_time(ax: Axes) -> None:
    months = pd.to_datetime(["2027-01-01", None, "2026-09-01", "2026-11-01"])
    frame = pd.DataFrame({"month": months, "value": [3e5, 9e4, 1e5, 2e5], "overdue": [False, False, True, False]})
    charts.pipeline_by_month(frame, ax=ax, currency="EUR")
    assert bars(ax, LOOK.under.light) == [(0, 1e5)]
    assert bars(ax, LOOK.forecast.light) == [(2, 2e5), (4, 3e5)]
    assert bars(ax, LOOK.uncertain.light) == [(5, 9e4)]
    assert ticks(ax, "x") == ["Sep\n2026", "Oct", "Nov", "Dec", "Jan\n2027", "no date"]
    assert texts(ax) == ["100 k", "200 k", "300 k", "90 k", "overdue"]
    assert [bar.get_hatch() for bar in ax.patches if bar.get_hatch()] == ["///"]


def test_what_is_overdue_in_a_month_stands_below_what_is_still_due_in_it(ax: Axes) -> None:
    month = pd.Timestamp("2026-08-01")
    frame = pd.DataFrame({"month": [month, month], "value": [300.0, 100.0], "overdue": [False, True]})
    charts.pipeline_by_month(frame, ax=ax, currency="EUR")
    spans_of = sorted((bar.get_y(), bar.get_height(), to_hex(bar.get_edgecolor())) for bar in ax.patches)
    assert spans_of == [(0, 100, LOOK.under.light), (100, 300, LOOK.forecast.light)]


def test_of_many_months_the_largest_is_labelled_and_each_year_named(ax: Axes) -> None:
    months = pd.date_range("2026-09-01", periods=20, freq="MS")
    frame = pd.DataFrame({"month": months, "value": range(1, 21), "overdue": [True] + [False] * 19})
    charts.pipeline_by_month(frame, ax=ax, currency="EUR")
    assert texts(ax) == ["1", "20", "overdue"]
    assert ticks(ax, "x") == ["Oct\n2026", "Jan\n2027", "Apr", "Jul", "Oct", "Jan\n2028", "Apr"]


PEERS = ["metric", "value", "low", "median", "high", "better", "text"]


@pytest.mark.parametrize(
    "row, place, marker, band",
    [
        (("Growth", 0.2, 0.0, 0.1, 0.2, "higher", "20 %"), 1.0, "o", (-1.0, 2.0)),
        (("Days", 2.0, 3.0, 4.0, 7.0, "lower", "2 days"), 1.0, "o", (-1.5, 2.0)),
        (("Win rate", 0.9, 0.3, 0.4, 0.5, "higher", "90 %"), 3.0, ">", (-1.0, 2.0)),
        (("Days", 90.0, 3.0, 4.0, 5.0, "lower", "90 days"), -3.0, "<", (-1.0, 2.0)),
        (("Alike", 6.0, 4.0, 4.0, 4.0, "higher", "6"), 0.5, "o", (0.0, 0.0)),
    ],
)
def test_position_among_peers(
    ax: Axes, row: tuple[object, ...], place: float, marker: str, band: tuple[float, float]
) -> None:
    charts.position_among_peers(pd.DataFrame([row], columns=PEERS), ax=ax)
    [(x, y, shape, _)] = dots(ax)
    assert (round(x, 9), y, shape) == (place, 0, marker)
    bar = ax.patches[0]
    assert (round(bar.get_x(), 9), round(bar.get_width(), 9)) == band
    assert texts(ax) == [row[-1]]


def test_position_without_a_value_shows_the_peers_and_why(ax: Axes) -> None:
    frame = pd.DataFrame([("Growth", None, 0.0, 0.1, 0.2, "higher", "no data")], columns=PEERS)
    charts.position_among_peers(frame, ax=ax)
    assert dots(ax) == []
    assert len(ax.patches) == 1
    assert texts(ax) == ["no data"]


@pytest.mark.parametrize("plot, label", [(charts.revenue_by_line, "line"), (charts.revenue_by_salesperson, "name")])
def test_ranked_bars_come_largest_first_with_the_change_in_words(
    ax: Axes, plot: Callable[..., Axes], label: str
) -> None:
    frame = pd.DataFrame(
        {
            label: ["c", "a", "b", "d", "e"],
            "value": [10.0, 500.0, 300.0, 20.0, 299.9],
            "prior": [None, 400.0, 350.0, 0.0, 300.0],
            "plan": [None, 600.0, None, None, None],
        }
    )
    plot(frame, ax=ax, currency="EUR")
    assert ticks(ax) == ["a", "b", "e", "d", "c"]
    assert bars(ax, LOOK.partner.light) == [(0, 500), (1, 300), (2, 299.9), (3, 20), (4, 10)]
    assert bars(ax, LOOK.prior.light) == [(0, 400), (1, 350), (2, 300), (3, 0), (4, 0)]
    assert spans(ax) == [[(600, -0.4), (600, 0.4)]]
    assert texts(ax) == ["500, 25 % up", "300, 14 % down", "300, level", "20, new", "10", "a year before", "plan"]
    assert ax.get_title(loc="left") == "EUR"
    before, plan = ax.texts[-2:]
    assert (before.xy[0], before.get_ha(), plan.xy[0], plan.get_ha()) == (400, "right", 600, "left")


def test_a_mark_that_the_first_bar_lacks_is_named_in_the_title(ax: Axes) -> None:
    frame = pd.DataFrame({"line": ["a", "b"], "value": [9.0, 5.0], "prior": [None, 4.0], "plan": [8.0, None]})
    charts.revenue_by_line(frame, ax=ax, currency="EUR")
    assert texts(ax)[-1] == "plan"
    assert ax.get_title(loc="left") == "EUR · pale bar: a year before"


SCORES = ["category", "period", "score", "low", "high", "joined"]


def test_score_panels_share_one_scale_and_join_only_what_can_be_compared() -> None:
    axes = list(charts.canvas().subplots(1, 3))
    rows = [
        ("In all", "2026Q1", 60.0, 55.0, 66.0, False),
        ("In all", "2026Q2", 70.0, 64.0, 75.0, True),
        ("In all", "2026Q3", 72.4, 70.0, 80.0, False),
        ("Capability", "2026Q1", 40.0, 40.0, 40.0, False),
        ("Capability", "2026Q2", None, None, None, False),
        ("Capability", "2026Q3", None, None, None, False),
    ]
    charts.score_panels(pd.DataFrame(rows, columns=SCORES), axes=axes)
    assert [ax.get_title(loc="left") for ax in axes] == ["In all", "Capability", ""]
    assert {ax.get_ylim() for ax in axes[:2]} == {(-4.0, 104.0)}
    assert spans(axes[0]) == [[(0, 55), (0, 66)], [(1, 64), (1, 75)], [(2, 70), (2, 80)]]
    joined = [line.get_xdata() for line in axes[0].lines if line.get_linestyle() != "None"]
    assert [list(ends) for ends in joined] == [[0, 1]]
    assert (texts(axes[0]), texts(axes[1])) == (["72"], ["no score"])
    assert ticks(axes[0], "x") == ["2026Q1", "2026Q3"]


MATRIX = ["name", "x", "x_low", "x_high", "y", "y_low", "y_high", "decided"]
HOW = {"borders": (70.0, 50.0), "quadrants": ["help", "grow", "decide", "secure"], "scales": ("across", "up")}


def test_a_matrix_draws_ranges_and_fills_only_the_dots_that_are_decided(ax: Axes) -> None:
    rows = [("Ada", 90.0, 85.0, 95.0, 80.0, 75.0, 85.0, True), ("Bea", 71.0, 65.0, 75.0, 20.0, 10.0, 30.0, False)]
    charts.matrix_with_ranges(pd.DataFrame(rows, columns=MATRIX), ax=ax, **HOW)  # type: ignore[arg-type]  # options
    across, upwards = [[(85, 80), (95, 80)], [(65, 20), (75, 20)]], [[(90, 75), (90, 85)], [(71, 10), (71, 30)]]
    assert spans(ax) == [across[0], upwards[0], across[1], upwards[1]]
    assert dots(ax) == [(90.0, 80.0, "o", LOOK.partner.light), (71.0, 20.0, "o", LOOK.paper.light)]
    assert set(texts(ax)) == {"help", "grow", "decide", "secure", "median 70", "median 50", "Ada", "Bea"}
    assert max(ax.get_xticks()) <= 100


def test_names_on_a_crowded_matrix_never_meet_and_some_are_left_to_the_table(ax: Axes) -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(rng.uniform(40, 100, size=(40, 2)), columns=["x", "y"])
    for axis in "xy":
        rows = rows.assign(**{f"{axis}_low": rows[axis] - 4, f"{axis}_high": rows[axis] + 4})
    rows = rows.assign(name=[f"Partner number {number}" for number in range(40)], decided=True)
    charts.matrix_with_ranges(rows, ax=ax, **HOW)  # type: ignore[arg-type]  # options of the plot
    boxes = [text.get_window_extent() for text in ax.texts]
    assert 10 < len(boxes) < 46
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def test_trait_gaps_fill_the_dots_that_set_high_performers_apart(ax: Axes) -> None:
    frame = pd.DataFrame(
        [("Credit", -0.1, -0.6, 0.4, False), ("Staff", 0.5, 0.2, 0.8, True), ("Age", -0.6, -1.0, -0.2, True)],
        columns=["trait", "gap", "low", "high", "distinct"],
    )
    charts.trait_gaps(frame, ax=ax)
    assert ticks(ax) == ["Age", "Staff", "Credit"]
    assert dots(ax) == [
        (-0.6, 0, "o", LOOK.partner.light),
        (0.5, 1, "o", LOOK.partner.light),
        (-0.1, 2, "o", LOOK.paper.light),
    ]
    assert spans(ax) == [[(-1.0, 0), (-0.2, 0)], [(0.2, 1), (0.8, 1)], [(-0.6, 2), (0.4, 2)]]
    assert texts(ax) == ["sets them apart", "sets them apart", "cannot tell"]


def test_trait_gaps_tell_a_small_gap_from_one_that_is_left_open(ax: Axes) -> None:
    columns = ["trait", "gap", "low", "high", "distinct", "small"]
    frame = pd.DataFrame([("Credit", -0.1, -0.3, 0.1, False, True), ("Age", 0.3, -0.2, 0.8, False, False)])
    charts.trait_gaps(frame.set_axis(columns, axis=1), ax=ax)
    assert texts(ax) == ["cannot tell", "no"]


def test_cluster_map_names_each_cluster_at_its_middle(ax: Axes) -> None:
    frame = pd.DataFrame(
        {
            "x": [0.0, 2.0, 1.0, 9.0, 8.0],
            "y": [1.0, 1.0, 4.0, 9.0, 8.0],
            "cluster": ["Movers", "Movers", "Movers", "Builders", "Builders"],
            "high": [True, False, False, True, True],
        }
    )
    charts.cluster_map(frame, ax=ax, x_label="staff")
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("Builders", (8.5, 8.5)), ("Movers", (1.0, 1.0))]
    groups = {tuple(map(tuple, points.get_offsets().tolist())): points for points in ax.collections}
    assert set(groups) == {((9.0, 9.0), (8.0, 8.0)), ((2.0, 1.0), (1.0, 4.0)), ((0.0, 1.0),)}
    assert to_hex(groups[((0.0, 1.0),)].get_facecolor()[0]) == CLUSTER_INKS[1].light
    assert len(groups[((2.0, 1.0), (1.0, 4.0))].get_facecolor()) == 0
    assert not any(points.get_rasterized() for points in ax.collections)


def test_one_cluster_alone_needs_no_name(ax: Axes) -> None:
    charts.cluster_map(pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0], "cluster": "all"}), ax=ax)
    assert texts(ax) == []
    assert len(ax.collections[0].get_offsets()) == 2


def test_many_partners_are_drawn_as_pixels_so_that_the_page_stays_light() -> None:
    rng = np.random.default_rng(1)
    many = pd.DataFrame(rng.normal(size=(MOST_SHAPES * 4, 2)), columns=["x", "y"]).assign(cluster="all")
    assert len(charts.draw(charts.cluster_map, many, alt="Partners by trait.", table=None).html) < 150_000


def test_every_role_has_a_colour_of_its_own_in_light_and_dark() -> None:
    for shade in ("light", "dark"):
        assert len({getattr(ink, shade) for ink in LOOK.inks.values()}) == len(LOOK.inks)
    assert len(CLUSTER_MARKS) == len(set(CLUSTER_MARKS))


PLOTS = {
    charts.revenue_by_period: ["period", "role", "value"],
    charts.attainment_bullets: ["label", "value"],
    charts.coverage_by_period: ["period", "value"],
    charts.pipeline_by_month: ["month", "value", "overdue"],
    charts.position_among_peers: PEERS,
    charts.revenue_by_line: ["line", "value"],
    charts.revenue_by_salesperson: ["name", "value"],
    charts.trait_gaps: ["trait", "gap", "low", "high", "distinct"],
    charts.cluster_map: ["x", "y", "cluster"],
    charts.range_against_plan: ["period", "low", "mid", "high", "plan", "chance"],
    charts.waterfall: ["label", "value", "role"],
    charts.matrix_with_ranges: MATRIX,
}


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)
def test_a_plot_says_which_columns_it_lacks_and_that_there_is_nothing_to_draw(
    ax: Axes, plot: Callable[..., Axes]
) -> None:
    money: dict[str, object] = {"currency": "EUR"} if "currency" in plot.__annotations__ else {}
    money |= HOW if plot is charts.matrix_with_ranges else {}
    with pytest.raises(ColumnsMissing, match=rf"{plot.__name__} needs \['{PLOTS[plot][0]}'"):
        plot(pd.DataFrame({"other": [1]}), ax=ax, **money)
    with pytest.raises(NotUsable, match="was given no rows"):
        plot(pd.DataFrame(columns=PLOTS[plot]), ax=ax, **money)


def svg_in(shown: Shown) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown.html)
    assert found
    return b64decode(found[1]).decode()


def drawn(**options: object) -> Shown:
    given: dict[str, object] = {"alt": "Revenue rose.", "table": None, "currency": "EUR", **options}
    return charts.draw(charts.revenue_by_period, REVENUE, **given)  # type: ignore[arg-type]  # options of any kind


def test_figure_holds_words_picture_and_data() -> None:
    fact = Fact("revenue", "2026Q3", 1.0, unit="money")
    formats = {"quarter": ColumnFormat("Quarter")}
    behind = table(pd.DataFrame({"quarter": ["2026Q3"]}), id="behind", columns=formats, facts=[fact])
    shown = drawn(alt='Up "fast" & <far>', caption="Revenue <rose>.", table=behind)
    assert shown.html.startswith(
        '<figure><div class="plot" role="group" tabindex="0" aria-label="Picture"><img alt="Up &quot;fast&quot; '
    )
    assert "<figcaption>Revenue &lt;rose&gt;.</figcaption>" in shown.html
    assert f"<details><summary>The figures behind it</summary>{behind.html}</details></figure>" in shown.html
    assert shown.facts == (fact,)
    assert shown.text.startswith('Up "fast" & <far>\nRevenue <rose>.\nQuarter')


def test_a_picture_needs_words() -> None:
    with pytest.raises(NotUsable, match="no alternative text"):
        drawn(alt=" ")


def test_svg_is_small_the_same_each_time_and_follows_light_and_dark() -> None:
    svg = svg_in(drawn())
    assert svg == svg_in(drawn())
    assert len(svg) < 12_000
    assert "prefers-color-scheme:dark" in svg
    assert "var(--partner)" in svg
    outside = svg.replace(svg[svg.index("<style>") : svg.index("*{")], "")
    assert not [color for color in LOOK.variables if color in outside]
    assert set(re.findall(r"var\(--(\w+)\)", svg)) == set(re.findall(r"--(\w+):#", svg))
    for unwanted in ("<?xml", "DOCTYPE", "<metadata", "<script", "DejaVu", "http://www.w3.org/Graphics"):
        assert unwanted not in svg


@pytest.mark.parametrize("name", ["<script>alert()</script>", "#0072b2", "1.23456 & more", 'id="x"', "$x_1$ $y$"])
def test_names_stand_in_a_picture_as_they_are(name: str) -> None:
    frame = pd.DataFrame({"line": [name], "value": [1.0]})
    svg = svg_in(charts.draw(charts.revenue_by_line, frame, alt="One line.", table=None, currency=""))
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f">{escaped}</text>" in svg
    assert "<script" not in svg


def test_small_pictures_share_a_canvas() -> None:
    rows = [(name, "2026Q1", 50.0, 40.0, 60.0, False) for name in "abcd"]
    svg = svg_in(
        charts.draw(charts.score_panels, pd.DataFrame(rows, columns=SCORES), alt="Four.", table=None, panels=4)
    )
    assert [f">{name}</text>" in svg for name in "abcd"] == [True] * 4
