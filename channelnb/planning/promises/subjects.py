"""What a promise is about: figures of one subject say the same, and are promised once."""

from __future__ import annotations

from dataclasses import dataclass

from channelnb.metrics.registry import METRICS

SUBJECTS = {
    **dict.fromkeys(("pipeline_created", "deal_registrations", "open_pipeline", "pipeline_index"), "pipeline"),
    **dict.fromkeys(("marketing_pipeline", "pipeline_to_remaining_plan"), "pipeline"),
    **dict.fromkeys(("revenue", "sell_in", "sell_through", "attainment", "growth_yoy", "growth_qoq"), "revenue"),
    **dict.fromkeys(("revenue_at_plan_rates", "new_customer_revenue", "new_customers"), "revenue"),
    **dict.fromkeys(("certified_people", "certified_coverage", "strategic_certified_people"), "certificates"),
    **dict.fromkeys(("win_rate", "win_rate_by_value", "win_rate_with_no_decision", "cohort_win_rate"), "winning"),
    **dict.fromkeys(("leads_given", "leads_given_value"), "leads given"),
    **dict.fromkeys(("lead_acceptance", "leads_worked", "dropped_leads", "dropped_for_follow_up"), "leads worked"),
    **dict.fromkeys(("customer_retention", "customer_churn"), "customers kept"),
    **dict.fromkeys(("net_revenue_retention", "gross_revenue_retention"), "customers kept"),
    **dict.fromkeys(("mdf_claims", "mdf_utilisation"), "development funds"),
    **dict.fromkeys(("mdf_days_to_decide", "mdf_days_to_pay"), "answers to claims"),
    **dict.fromkeys(("registration_approval_time", "registration_approval_rate"), "answers to registrations"),
    **dict.fromkeys(("days_since_contact", "contacts_held", "reviews_held"), "contact"),
    **dict.fromkeys(("training_sessions", "training_days", "trained_people"), "training"),
}


def subject_of(metric: str) -> str:
    """What a metric is about, as far as a promise goes: that of two metrics of one subject implies the other.

    >>> subject_of("deal_registrations") == subject_of("pipeline_created"), subject_of("csat")
    (True, 'csat')
    """
    return SUBJECTS.get(metric, metric)


@dataclass(frozen=True)
class Wording:
    """How a proposal about a metric is worded, and the area of the business that it belongs to.

    `{target}` is the figure to reach, `{quarter}` when.
    """

    area: str
    text: str


WORDINGS = {
    "revenue": Wording("sales", "Reach revenue of {target} in {quarter}"),
    "pipeline_created": Wording("sales", "Open deals worth {target} in {quarter}"),
    "deal_registrations": Wording("sales", "Register {target} deals in {quarter}"),
    "win_rate": Wording("sales", "Win {target} of the deals decided in {quarter}"),
    "customer_retention": Wording("sales", "Keep {target} of the customers, as of the end of {quarter}"),
    "new_customers": Wording("sales", "Win {target} new customers in {quarter}"),
    "lead_acceptance": Wording("sales", "Accept {target} of the leads given in {quarter}"),
    "leads_worked": Wording("sales", "Call {target} of the leads given in {quarter}"),
    "lead_response_time": Wording("sales", "Call half of the leads within {target} in {quarter}"),
    "forecast_accuracy": Wording("sales", "Forecast {quarter} with an accuracy of {target}"),
    "certified_people": Wording("training", "Have {target} certified people at the end of {quarter}"),
    "events_held": Wording("marketing", "Hold {target} events in {quarter}"),
    "webinars_held": Wording("marketing", "Hold {target} webinars in {quarter}"),
    "case_studies": Wording("marketing", "Publish {target} case studies in {quarter}"),
    "mdf_claims": Wording("marketing", "Hand in {target} claims on development funds in {quarter}"),
    "leads_given": Wording("sales", "Give the partner {target} leads in {quarter}"),
    "lead_handover_time": Wording("sales", "Hand half of the leads over within {target} in {quarter}"),
    "registration_approval_time": Wording("sales", "Answer half of the registrations within {target} in {quarter}"),
    "mdf_days_to_decide": Wording("finance", "Decide on half of the claims within {target} in {quarter}"),
    "mdf_days_to_pay": Wording("finance", "Pay half of the claims within {target} in {quarter}"),
    "days_since_contact": Wording("sales", "Be in touch in the last {target} of {quarter}"),
    "training_sessions": Wording("training", "Hold {target} trainings in {quarter}"),
    "joint_calls": Wording("sales", "Go on {target} joint calls in {quarter}"),
}
"""The metrics that somebody can do something about by the end of a quarter."""

VENDORS = frozenset(
    {
        *("leads_given", "lead_handover_time", "registration_approval_time", "mdf_days_to_decide", "mdf_days_to_pay"),
        *("days_since_contact", "training_sessions", "training_days", "contacts_held", "reviews_held"),
    }
)
"""The metrics that are the vendor's to move; any other is the partner's."""


def side_of(metric: str, category: str = "") -> str:
    """Who can move a metric: vendor or partner.

    >>> side_of("leads_given"), side_of("win_rate"), side_of("vendor_csat", "vendor")
    ('vendor', 'partner', 'vendor')
    """
    return "vendor" if metric in VENDORS or category == "vendor" else "partner"


_SINGULAR = {
    "Have 1 certified people": "Have 1 certified person",
    "Hand in 1 claims": "Hand in 1 claim",
    "1 leads": "1 lead",
    "Register 1 deals": "Register 1 deal",
    "1 new customers": "1 new customer",
    "1 events": "1 event",
    "1 webinars": "1 webinar",
    "1 case studies": "1 case study",
    "1 trainings": "1 training",
    "1 joint calls": "1 joint call",
}


def worded(text: str, *, target: str, quarter: str) -> str:
    """A wording with its target and quarter in it.

    >>> worded("Hold {target} events in {quarter}", target="1", quarter="2026Q4")
    'Hold 1 event in 2026Q4'
    """
    told = text.format(target=target, quarter=quarter)
    if target == "1":
        for many, one in _SINGULAR.items():
            told = told.replace(f" {many} ", f" {one} ") if f" {many} " in told else told.replace(f"{many} ", f"{one} ")
    return told


def worth_moving() -> dict[str, bool]:
    """Of each metric that is registered whether anything is gained by moving it.

    >>> [worth_moving()[name] for name in ("win_rate", "sell_in", "mdf_claims")]
    [True, False, True]
    """
    return {name: metric.better != "neither" or name in WORDINGS for name, metric in METRICS.items()}


def wording_of(metric: str, label: str) -> Wording:
    """How a proposal about a metric is worded; one of which nothing is told is called by its label.

    >>> wording_of("share_of_deals_worked", "Share of deals worked").text
    'Bring share of deals worked to {target} in {quarter}'
    """
    return WORDINGS.get(metric, Wording("other", f"Bring {label[:1].lower()}{label[1:]} to {{target}} in {{quarter}}"))
