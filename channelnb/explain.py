"""`channelnb metrics`: the catalogue by category, and all about one metric."""

from __future__ import annotations

import sqlglot
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from channelnb.errors import unknown
from channelnb.metrics.registry import METRICS, Metric
from channelnb.metrics.wording import ASKED, first_sentence, told, unit_words

_COLUMNS = ("metric", "unit", "better", "data", "what it means")


def show_catalogue(console: Console, *, category: str | None = None) -> None:
    """Print the metrics of each category, or of one; raises UnknownName for a category that there is not."""
    groups: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        groups.setdefault(metric.category, []).append(metric)
    if category is not None and category not in groups:
        raise unknown("category", category, groups)
    for name in sorted(groups) if category is None else [category]:
        console.print(_listed(name, groups[name]))
        console.print()
    said = "`channelnb metrics NAME` tells all about one; `--sql` prints the SQL behind it."
    console.print(Text(said, style="dim"), soft_wrap=True)


def _listed(category: str, metrics: list[Metric]) -> Table:
    title = f"{category.capitalize()} ({len(metrics)})"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in _COLUMNS:
        shown.add_column(column, no_wrap=column == "metric", overflow="fold")
    for metric in metrics:
        data = ASKED if metric.asked else "the vendor's own"
        cells = (metric.name, unit_words(metric), metric.better, data, first_sentence(metric.about))
        shown.add_row(*map(Text, cells))
    return shown


def show_metric(metric: Metric, console: Console) -> None:
    """Print all about one metric: meaning and traps, formula, unit, direction, keys, what it needs, and an example."""
    console.print(Text.assemble((metric.name, "bold"), "  ", metric.label))
    for paragraph in metric.about.split("\n\n"):
        console.print()
        console.print(Text(" ".join(paragraph.split())))
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for head, words in told(metric):
        facts.add_row(head, Text(words))
    console.print()
    console.print(facts, highlight=False)
    if metric.example:
        console.print()
        console.print(Text("Worked example", style="bold"))
        console.print(_indented(metric.example))


def laid_out(sql: str) -> str:
    """SQL with a line for each of its clauses.

    >>> print(laid_out("SELECT 1 AS one FROM sales; SELECT 2"))
    SELECT
      1 AS one
    FROM sales;
    <BLANKLINE>
    SELECT
      2;
    """
    statements = sqlglot.transpile(sql, read="duckdb", write="duckdb", pretty=True)
    return "\n\n".join(f"{statement};" for statement in statements)


def _indented(text: str) -> RenderableType:
    return Padding(Text(text), (0, 0, 0, 2))
