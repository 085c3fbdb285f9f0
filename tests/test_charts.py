from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from channelnb.errors import ColumnsMissing, NotUsable
from channelnb.narrative.facts import Fact
from channelnb.report import charts
from channelnb.report.charts.look import CLUSTER_COLOURS, CLUSTER_MARKS, LOOK
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
    assert [segment[0][0] for segment in spans(ax)] == [1.0, 1.0]
    assert ticks(ax) == ["2026Q3", "Year to date", "2026Q4"]
    assert texts(ax) == ["84 % of plan, behind", "112 % of plan, ahead", "no plan"]


def test_coverage_marks_over_and_under_by_shape_and_word(ax: Axes) -> None:
    frame = pd.DataFrame({"period": ["2026Q4", "2027Q1", "2027Q2"], "value": [4.0, 3.44, None]})
    charts.coverage_by_period(frame, ax=ax, target=4.0, band=(3.0, 5.0))
    assert dots(ax) == [(0, 4.0, "o", LOOK.over.light), (1, 3.44, "v", LOOK.under.light)]
    assert texts(ax) == ["4× over", "3.4× under", "no plan", "target 4×"]
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
    assert texts(ax) == ["100 k\noverdue", "200 k", "300 k", "90 k"]
    assert [bar.get_hatch() for bar in ax.patches if bar.get_hatch()] == ["///"]


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
    assert texts(ax) == ["500, 25 % up", "300, 14 % down", "300, level", "20, new", "10"]
    assert ax.get_title(loc="left") == "EUR · pale: a year before · tick: plan"


def test_line_trends_share_one_scale_and_come_largest_first() -> None:
    fig = charts.canvas()
    axes = list(fig.subplots(1, 3))
    frame = pd.DataFrame(
        [("small", "2026Q1", 1.0), ("small", "2026Q3", 2.0), ("large", "2026Q1", 90.0), ("large", "2026Q2", 80.0)],
        columns=["line", "period", "value"],
    )
    charts.line_trends(frame, axes=axes, currency="EUR")
    assert [ax.get_title(loc="left") for ax in axes] == ["large", "small", ""]
    assert {ax.get_ylim() for ax in axes[:2]} == {(0.0, 112.5)}
    drawn = np.asarray(axes[1].lines[0].get_ydata(), dtype=float)
    assert drawn[[0, -1]].tolist() == [1.0, 2.0]
    assert texts(axes[0]) == []
    assert texts(axes[1]) == ["EUR 2"]
    assert ticks(axes[1], "x") == ["2026Q1", "2026Q3"]


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
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        ("Builders", (8.5, 8.5)),
        ("Movers", (1.0, 1.0)),
    ]
    groups = {tuple(map(tuple, points.get_offsets().tolist())): points for points in ax.collections}
    assert set(groups) == {((9.0, 9.0), (8.0, 8.0)), ((2.0, 1.0), (1.0, 4.0)), ((0.0, 1.0),)}
    assert to_hex(groups[((0.0, 1.0),)].get_facecolor()[0]) == CLUSTER_COLOURS[1]
    assert len(groups[((2.0, 1.0), (1.0, 4.0))].get_facecolor()) == 0
    assert not any(points.get_rasterized() for points in ax.collections)


def test_one_cluster_alone_needs_no_name(ax: Axes) -> None:
    charts.cluster_map(pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0], "cluster": "all"}), ax=ax)
    assert texts(ax) == []
    assert len(ax.collections[0].get_offsets()) == 2


def test_many_partners_are_drawn_as_pixels_so_that_the_page_stays_light() -> None:
    rng = np.random.default_rng(1)
    many = pd.DataFrame(rng.normal(size=(MOST_SHAPES * 4, 2)), columns=["x", "y"]).assign(cluster="all")
    assert len(charts.draw(charts.cluster_map, many, alt="Partners by trait.").html) < 150_000


def test_every_role_has_a_colour_of_its_own_in_light_and_dark() -> None:
    inks = [vars(LOOK)[name] for name in vars(LOOK)]
    for shade in ("light", "dark"):
        assert len({getattr(ink, shade) for ink in inks}) == len(inks)
    assert len(CLUSTER_MARKS) == len(set(CLUSTER_MARKS)) == len(CLUSTER_COLOURS)


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("role, least", [("ink", 7), ("soft", 4.5), ("partner", 4.5), ("over", 4.5), ("under", 4.5)])
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_text_in_a_picture_stands_out_from_its_paper(role: str, least: float, shade: str) -> None:
    pair = [_luminance(getattr(getattr(LOOK, name), shade)) + 0.05 for name in (role, "paper")]
    assert max(pair) / min(pair) >= least


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
}


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)
def test_a_plot_says_which_columns_it_lacks_and_that_there_is_nothing_to_draw(
    ax: Axes, plot: Callable[..., Axes]
) -> None:
    money = {"currency": "EUR"} if "currency" in plot.__annotations__ else {}
    with pytest.raises(ColumnsMissing, match=rf"{plot.__name__} needs \['{PLOTS[plot][0]}'"):
        plot(pd.DataFrame({"other": [1]}), ax=ax, **money)
    with pytest.raises(NotUsable, match="was given no rows"):
        plot(pd.DataFrame(columns=PLOTS[plot]), ax=ax, **money)


def svg_in(shown: Shown) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown.html)
    assert found
    return b64decode(found[1]).decode()


def drawn(**options: object) -> Shown:
    given: dict[str, object] = {"alt": "Revenue rose.", "currency": "EUR", **options}
    return charts.draw(charts.revenue_by_period, REVENUE, **given)  # type: ignore[arg-type]  # options of any kind


def test_figure_holds_words_picture_and_data() -> None:
    fact = Fact("revenue", "2026Q3", 1.0, unit="money")
    formats = {"quarter": ColumnFormat("Quarter")}
    behind = table(pd.DataFrame({"quarter": ["2026Q3"]}), id="behind", columns=formats, facts=[fact])
    shown = drawn(alt='Up "fast" & <far>', caption="Revenue <rose>.", table=behind)
    assert shown.html.startswith('<figure><div class="plot"><img alt="Up &quot;fast&quot; &amp; &lt;far&gt;"')
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
    outside = svg.replace(LOOK.style, "")
    assert not [color for color in LOOK.variables if color in outside]
    for unwanted in ("<?xml", "DOCTYPE", "<metadata", "<script", "DejaVu", "http://www.w3.org/Graphics"):
        assert unwanted not in svg


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "#0072b2", "1.23456 & more", 'id="x"', "$x_1$ $y$"])
def test_names_stand_in_a_picture_as_they_are(name: str) -> None:
    frame = pd.DataFrame({"line": [name], "value": [1.0]})
    svg = svg_in(charts.draw(charts.revenue_by_line, frame, alt="One line.", currency=""))
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f">{escaped}</text>" in svg
    assert "<script" not in svg


def test_small_pictures_share_a_canvas() -> None:
    rows = [(line, quarter, 1.0) for line in "abcd" for quarter in ("2026Q1", "2026Q2")]
    frame = pd.DataFrame(rows, columns=["line", "period", "value"])
    svg = svg_in(charts.draw(charts.line_trends, frame, alt="Four lines.", panels=4, currency="EUR"))
    assert [f">{line}</text>" in svg for line in "abcd"] == [True] * 4
