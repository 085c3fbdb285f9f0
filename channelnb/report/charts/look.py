"""One visual language: what the partner, peers, plan, forecast and uncertainty look like in every picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Ink:
    """A colour on a light page, and its counterpart on a dark one."""

    light: str
    dark: str


@dataclass(frozen=True)
class Look:
    """The colours by role; colour-blind readers can tell them apart, in light and dark.

    A role has a form of its own too, and never colour alone: the partner is a filled bar or dot, the
    year before a pale bar, the plan a black tick, peers a grey band, the forecast a hollow bar or dot,
    uncertainty a thin line, a range that somebody wants to be in a wash. What is pale has an edge. Each
    colour is used for nothing else, since the picture's style sheet swaps it by its code when the page
    is dark.
    """

    paper: Ink = Ink("#ffffff", "#14181d")
    ink: Ink = Ink("#1c2430", "#e9ecf0")
    soft: Ink = Ink("#566270", "#a7b1bc")
    grid: Ink = Ink("#e3e8ed", "#2c343d")
    wash: Ink = Ink("#edf0f3", "#222a32")
    edge: Ink = Ink("#868e97", "#727b85")
    partner: Ink = Ink("#0072b2", "#4aa8de")
    prior: Ink = Ink("#9cc4e2", "#2a5377")
    plan: Ink = Ink("#11161d", "#f7f8fa")
    peers: Ink = Ink("#d2d1c8", "#4a453f")
    forecast: Ink = Ink("#7d3c74", "#d9b3cf")
    uncertain: Ink = Ink("#7f8790", "#7d8690")
    over: Ink = Ink("#006135", "#52d89b")
    under: Ink = Ink("#b85a04", "#f2762e")

    def style(self, names: Iterable[str]) -> str:
        """The style sheet of a picture: each named colour as a variable, light or dark as the reader's screen is.

        >>> LOOK.style(["ink"]).partition("*")[0]
        'svg{--ink:#1c2430;}@media(prefers-color-scheme:dark){svg{--ink:#e9ecf0;}}'
        """
        inks = [(name, self.inks[name]) for name in names]
        light = "".join(f"--{name}:{ink.light};" for name, ink in inks)
        dark = "".join(f"--{name}:{ink.dark};" for name, ink in inks)
        return (
            f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
            "*{stroke-linejoin:round}text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif}"
        )

    @property
    def inks(self) -> dict[str, Ink]:
        """Each colour by the name of its variable: the roles, and those of clusters."""
        roles = {role.name: getattr(self, role.name) for role in fields(self)}
        return roles | {f"kind{number}": ink for number, ink in enumerate(CLUSTER_INKS)}

    @property
    def variables(self) -> dict[str, str]:
        """The variable that stands for each light colour.

        >>> LOOK.variables["#0072b2"]
        'var(--partner)'
        """
        return {ink.light: f"var(--{name})" for name, ink in self.inks.items()}


# Clusters are told apart by shape and by their name beside them; the colours come second, and mean no role.
CLUSTER_MARKS = ("o", "s", "^", "D", "P", "X", "v", "*")
CLUSTER_INKS = (
    Ink("#5a4fcf", "#a8a0f5"),
    Ink("#8a6a00", "#d9b84a"),
    Ink("#00807a", "#45c7c0"),
    Ink("#b5305f", "#f288ab"),
)

LOOK = Look()

SIZE, SMALL = 9.5, 8.5

# Any: matplotlib's stubs name each key, pandas and seaborn know none of them.
RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LOOK.edge.light,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": LOOK.soft.light,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": LOOK.paper.light,
    "font.size": SIZE,
    "grid.color": LOOK.grid.light,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "channelnb",
    "text.color": LOOK.ink.light,
    # A name may hold dollar signs; it is not a formula.
    "text.parse_math": False,
    "xtick.color": LOOK.soft.light,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 0,
    "ytick.color": LOOK.soft.light,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
}
