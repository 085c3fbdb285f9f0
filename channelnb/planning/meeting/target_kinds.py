"""The kinds of targets that a run may set for the next period, each bound to what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from channelnb.errors import NotUsable, unknown

DEFAULT = ""
"""In place of a partner's id, for targets of every partner that has none of its own."""


@dataclass(frozen=True)
class TargetKind:
    """A kind of target: what it is called, its unit, the measures that reach it, and what is in place for it."""

    label: str
    unit: str
    metrics: tuple[str, ...]
    """What was reached in a period is the sum of these metrics; none where no metric tells it."""
    ahead: tuple[str, ...] = ()
    """Metrics of the period's end that say what is in place for the next one."""
    activity: str = ""
    """The kind of planned activities that are in place for the next one."""


TARGET_KINDS: Mapping[str, TargetKind] = {
    "case_studies": TargetKind("Case studies", "count", ("case_studies",), activity="case_study"),
    "digital_campaigns": TargetKind(
        "Digital co-marketing campaigns",
        "count",
        ("digital_campaigns_done",),
        ahead=("digital_campaigns_running", "digital_campaigns_planned"),
    ),
    "events": TargetKind("Events", "count", ("events_held",), activity="event"),
    "webinars": TargetKind("Webinars", "count", ("webinars_held",), activity="webinar"),
    "trainings": TargetKind("Training sessions", "count", ("training_sessions",), activity="training"),
    "certified_people": TargetKind("Certified people", "count", ("certified_people",)),
    "deals_registered": TargetKind("Deals registered", "count", ("deal_registrations",)),
    "registered": TargetKind("Value of deals registered", "money", ()),
    "mdf_secured": TargetKind("Development funds granted", "money", ()),
    "pipeline_created": TargetKind("Pipeline created", "money", ("pipeline_created",)),
    "revenue": TargetKind("Revenue", "money", ("revenue",)),
}
"""The kinds of targets that can be set for the next period, by the name under which parameters set them."""


def check_target(kind: str, value: float, *, where: str = "") -> None:
    """Raise UnknownName for a kind that there is not, NotUsable for a target that is none.

    >>> check_target("case_study", 2)
    Traceback (most recent call last):
    ...
    channelnb.errors.UnknownName: there is no target 'case_study'; did you mean 'case_studies'? There are 11: ...
    >>> check_target("case_studies", 1.5)
    Traceback (most recent call last):
    channelnb.errors.NotUsable: the target of case_studies is 1.5; give a whole number above 0, such as 2.
    """
    if kind not in TARGET_KINDS:
        raise unknown("target", kind, TARGET_KINDS, where=where)
    prefix = f"{where}: " if where else ""
    counted = TARGET_KINDS[kind].unit == "count"
    if not 0 < value < float("inf") or (counted and value != int(value)):
        wanted = "a whole number above 0, such as 2" if counted else "an amount above 0, such as 100_000"
        raise NotUsable(f"{prefix}the target of {kind} is {value:g}; give {wanted}.")
