"""What each figure is, in words: its label, what it means, its formula, and the tables that it is worked out from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from channelnb.metrics.known import KNOWN, Described, Told, tables_of
from channelnb.metrics.registry import Metric
from channelnb.metrics.wording import first_sentence, formula_in_short
from channelnb.narrative.counted import COUNTED, OF_PLANS


@dataclass(frozen=True)
class Origin:
    """Where a figure comes from: what it is called, what it means, how it is worked out, and of which tables."""

    label: str
    about: str = ""
    formula: str = ""
    tables: tuple[str, ...] = ()


def origin_of(metric: str) -> Origin:
    """Where the figures of a metric come from: of the catalogue's, or of those that reports count and add up.

    >>> origin_of("win_rate").label, origin_of("win_rate").tables, origin_of("cases").label
    ('Win rate', ('opportunities',), 'Cases')
    >>> origin_of("something_new")
    Origin(label='Something new', about='', formula='', tables=())
    """
    if metric in KNOWN:
        return _of_catalogue(KNOWN[metric])
    if metric in COUNTED:
        label, formula, tables = COUNTED[metric]
        return Origin(label, "", formula, tuple(filter(None, tables.split(", "))))
    amount = metric.removesuffix("_rate")
    if amount in OF_PLANS:
        return _of_plan(OF_PLANS[amount], rate=amount != metric)
    label = metric.replace("_", " ")
    return Origin(label[:1].upper() + label[1:])


def _of_plan(label: str, *, rate: bool) -> Origin:
    if rate:
        return Origin(f"{label}, as a rate", "", f"{label.lower()} ÷ revenue, in the last twelve months")
    return Origin(label, "", "planned revenue × the rate of the last twelve months")


def _of_catalogue(metric: Described) -> Origin:
    formula = ""
    if isinstance(metric, Metric):
        formula = formula_in_short(metric.formula)
    elif isinstance(metric, Told):
        formula = metric.formula
    return Origin(metric.label, first_sentence(metric.about), formula, tables_of(metric))


@dataclass(frozen=True)
class Role:
    """What a role says of a figure: `means` stands beside its label, `formula` and `tables` in place of its own."""

    means: str
    formula: str = ""
    tables: tuple[str, ...] = ()


def role_of(role: str) -> Role:
    """What a role says of a figure; of one that nobody has told of, its name in words.

    >>> role_of("prior").means, role_of("actual").means, role_of("by_chance").means
    ('a year earlier', '', 'by chance')
    """
    return ROLES.get(role) or Role(role.replace("_", " "))


_PLANNED = "sum of target_revenue of the plan in force"

ROLES: Mapping[str, Role] = {
    "actual": Role(""),
    "prior": Role("a year earlier"),
    "plan": Role("as planned", _PLANNED, ("plans",)),
    "plan_to_date": Role("as planned to date", f"{_PLANNED}, for what has gone by of the period", ("plans",)),
    "pipeline": Role("open pipeline", "sum of amount of open deals due in the period", ("opportunities",)),
    "target": Role("target", "set beforehand, not measured"),
    "gap": Role("missing to target", "what the target asks for, less what there is"),
    "sum": Role("in all", "added up over the periods"),
    "change": Role("change", "the figure less the one of the period or year before"),
    "told_before": Role("as the review before told it", "as it stood in the review of the period before"),
    "first_reported": Role("as first reported", "as it stood in the first report on the period"),
    "ahead_of": Role("ahead of", "firms compared that do worse ÷ firms compared"),
    "peer_q25": Role("of its peers", "a quarter of the firms compared lie below"),
    "peer_median": Role("median of its peers", "half of the firms compared lie below"),
    "peer_q75": Role("of its peers", "a quarter of the firms compared lie above"),
    "peer_mean": Role("average of its peers", "the mean of the firms compared"),
    "peer_top_quarter": Role("top quarter of its peers", "where the best quarter of the firms compared begins"),
    "shrunk": Role("with peers", "the rate, with the cases of its peers given their due weight"),
    "average": Role("average", "the mean of everybody"),
    "funds_open": Role(
        "funds open for it", "left of funds open in the period + asked for and not decided", ("mdf_budgets",)
    ),
    "those_there": Role("of partners that have not left"),
    "plan_of_left": Role("planned of partners that left", _PLANNED, ("plans",)),
    "plan_of_left_ahead": Role("planned of partners that left", _PLANNED, ("plans",)),
    "gap_of_those_there": Role(
        "missing to target, of partners that have not left", "what the target asks for, less what there is"
    ),
    "proposed": Role("as the plan proposes", "each line's year × the season's share of the month", ("sales",)),
    "in_force": Role("in force", _PLANNED, ("plans",)),
    "drafted": Role("in the latest draft", "sum of target_revenue of the draft made last", ("plans",)),
    "planned_profit": Role("in the plan in force", "sum of target_profit of the plan in force", ("plans",)),
    "proposed_beside": Role("as proposed, in months that have a plan in force", tables=("sales",)),
    "drafted_beside": Role("in the latest draft, in months that have a plan in force", tables=("plans",)),
    "version": Role("in a version of the plan", "sum of target_revenue of that version", ("plans",)),
}

_KEPT = (
    ("vendor", "What is left to the vendor.", "revenue − cost − rebates − incentives − MDF − cost to serve"),
    ("partner", "What is left to the partner, before its own costs.", "resale − revenue + rebates + incentives + MDF"),
)
