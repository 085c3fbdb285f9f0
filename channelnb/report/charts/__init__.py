"""Charts: one plot function per question, each takes a tidy frame and axes and gives the axes back."""

from channelnb.report.charts.ahead import range_against_plan
from channelnb.report.charts.bridge import waterfall
from channelnb.report.charts.compare import (
    attainment_bullets,
    position_among_peers,
    revenue_by_line,
    revenue_by_salesperson,
)
from channelnb.report.charts.look import LOOK, Look
from channelnb.report.charts.matrix import matrix_with_ranges
from channelnb.report.charts.periods import coverage_by_period, pipeline_by_month, revenue_by_period
from channelnb.report.charts.picture import canvas, draw, to_figure
from channelnb.report.charts.plan import history_and_plan
from channelnb.report.charts.recruits import cluster_map, trait_gaps
from channelnb.report.charts.scores import score_panels

__all__ = [
    "LOOK",
    "Look",
    "attainment_bullets",
    "canvas",
    "cluster_map",
    "coverage_by_period",
    "draw",
    "history_and_plan",
    "matrix_with_ranges",
    "pipeline_by_month",
    "position_among_peers",
    "range_against_plan",
    "revenue_by_line",
    "revenue_by_period",
    "revenue_by_salesperson",
    "score_panels",
    "to_figure",
    "trait_gaps",
    "waterfall",
]
