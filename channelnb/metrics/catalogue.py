"""The catalogue as a table: a frame in code, and a table to search in JupyterLab."""

from __future__ import annotations

from channelnb.glance import Listing, styled
from channelnb.metrics.known import tables_of
from channelnb.metrics.registry import METRICS, Metric

# The script makes the box: where none runs there is a plain table, and no box that does nothing.
_SCRIPT = """
for (const shown of document.querySelectorAll(".channelnb-catalogue:not(:has(input))")) {
  const [box, count] = [document.createElement("input"), shown.querySelector("output")];
  const lines = [...shown.querySelectorAll("tbody tr")];
  Object.assign(box, {type: "search", placeholder: "Find: all of these words", ariaLabel: "Find metrics", size: 40});
  shown.prepend(box, " ");
  box.oninput = () => {
    const words = box.value.toLowerCase().split(/\\s+/);
    for (const line of lines) {
      const text = line.textContent.toLowerCase();
      line.hidden = !words.every((word) => text.includes(word));
    }
    count.textContent = `${lines.filter((line) => !line.hidden).length} of ${lines.length}`;
  };
}
"""


class Catalogue(Listing):
    """A frame of metrics that JupyterLab shows with a box to search it; what is made from it is a plain frame."""

    def _repr_html_(self) -> str:
        count = f"<output>{len(self)} of {len(self)}</output>"
        return styled(f'<div class="channelnb-catalogue">{count}{self.table_html()}</div><script>{_SCRIPT}</script>')

    def said(self, column: str, cell: object) -> str:
        """A cell as people read it; that a metric is asked of the partner is said in words."""
        return ("asked of the partner" if cell else "") if column == "asked" else super().said(column, cell)


def catalogue(words: str = "") -> Catalogue:
    """The catalogue: one row per metric, with its category, unit, direction and meaning.

    `words` keep the metrics that mention all of them in their name, label, meaning, category or tables. `asked` says
    whether the data must be asked of the partner, `tables` which tables of the contract it is measured from.

    >>> catalogue().set_index("metric").loc["win_rate", "unit"]
    'share'
    >>> "win_rate" in set(catalogue("won opportunities")["metric"])
    True
    """
    wanted = words.casefold().split()
    rows = [row for row in map(_row, METRICS.values()) if all(word in _text(row) for word in wanted)]
    return Catalogue(rows, columns=["metric", "label", "category", "unit", "better", "asked", "tables", "about"])


def _row(metric: Metric) -> dict[str, object]:
    return {
        "metric": metric.name,
        "label": metric.label,
        "category": metric.category,
        "unit": metric.unit,
        "better": metric.better,
        "asked": metric.asked,
        "tables": ", ".join(tables_of(metric)),
        "about": " ".join(metric.about.split()),
    }


def _text(row: dict[str, object]) -> str:
    return " ".join(str(value) for value in row.values() if isinstance(value, str)).casefold()
