"""The vendor's side: what the vendor gives, how fast it answers, and whether it keeps its word."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.derived import derive
from channelnb.metrics.held import DONE
from channelnb.metrics.parts import Amount, Part, Ratio, count, days_since, distinct, stock, total
from channelnb.metrics.registry import metric

CONTACTS = ("meeting", "qbr", "exec_call", "joint_call", "training", "event")
"""The kinds of activities at which people of both sides speak to each other."""

VENDORS_SIDE = (
    ("Leads", ("leads_given", "leads_given_value", "lead_score")),
    ("Answers", ("lead_handover_time", "registration_approval_time", "mdf_days_to_decide", "mdf_days_to_pay")),
    ("Contact", ("days_since_contact", "contacts_held", "reviews_held", "review_rate", "partners_without_manager")),
    ("Training", ("training_sessions", "training_days")),
    ("Rewards", ("incentives_new_business", "incentives_growth")),
    ("Satisfaction", ("vendor_csat", "vendor_nps")),
)
"""What a review shows of the vendor's side: headings, each with its metrics in order.

What became of promises it tells from the data, not by the word of whoever owns them as `vendor_promises_kept` does."""

PARTNERS_SIDE = (
    ("Leads", ("lead_acceptance", "leads_worked", "lead_response_time")),
    ("Deals", ("deal_registrations", "pipeline_created", "forecast_accuracy")),
    ("People", ("certified_people", "certified_coverage", "trained_people")),
    ("Marketing", ("events_held", "webinars_held", "content_published", "case_studies", "mdf_utilisation")),
    ("Satisfaction", ("csat", "nps")),
)
"""What a review shows of the partner's side, in the same way."""

_MANAGER = "LEFT JOIN managers AS own_manager ON own_manager.manager_id = f.manager_id"
derive(
    "partners",
    "manager_left_on",
    "CASE WHEN own_manager.left_on IS NOT NULL THEN greatest(own_manager.left_on, f.joined_on) END",
    needs=("partners.manager_id", "managers.left_on"),
    join=_MANAGER,
)
# What a firm that merged had is its survivor's.
_A_FIRM = "survivor_id = partner_id"
_GIVEN = "partner_id IS NOT NULL"
_KEPT = "partner_id IS NULL"


def _firms(where: str, since: str = "joined_on") -> Part:
    return stock("partners", "partner_id", since=since, until="left_on", where=where, distinct=True)


def _held(*kinds: str) -> str:
    return f"{DONE} AND kind IN ({', '.join(repr(kind) for kind in kinds)})"


@metric(category="vendor", unit="count", better="higher", absent="no record of leads")
def leads_given() -> Amount:
    """Leads that the vendor gave to partners in the period.

    A lead counts when it was handed over, not when it came in, and for the partner that has it now.

    Source: common practice in channel management.

    >>> worked("leads_given", leads="partner_id assigned_at / P1 2026-07-01T09:00:00Z / P1 2026-09-30T09:00:00Z / "
    ...        "P1 2026-06-30T09:00:00Z / P1 -")
    2
    """
    return Amount(count("leads", at="assigned_at", where=_GIVEN))


@metric(category="vendor", unit="money", better="higher", absent="no record of leads")
def leads_given_value() -> Amount:
    """What the leads given to partners in the period may be worth.

    It is the estimate of when they were given or later, as the source has it today; leads without one add nothing.

    Source: common practice in channel management.

    >>> worked("leads_given_value", leads="partner_id assigned_at amount / P1 2026-07-01T09:00:00Z 100 / "
    ...        "P1 2026-08-01T09:00:00Z - / P1 2026-06-30T09:00:00Z 900 / - - 70")
    100
    """
    return Amount(total("leads", "amount", at="assigned_at", where=_GIVEN))


@metric(category="vendor", unit="score", better="higher", absent="no lead with a score", at_least=5, resample=True)
def lead_score() -> Ratio:
    """Average of the vendor's own score of the leads given to partners in the period.

    Set it beside `kept_lead_score`: a vendor that keeps the best leads shows it here. Leads without a
    score are left out.

    Source: common practice in lead scoring.

    >>> worked("lead_score", leads="partner_id assigned_at score / P1 2026-07-01T09:00:00Z 40 / "
    ...        "P1 2026-08-01T09:00:00Z 60 / P1 2026-08-01T09:00:00Z - / - - 90")
    100 / 2 = 50 (2 cases, too few)
    """
    scored = f"{_GIVEN} AND score IS NOT NULL"
    return Ratio(
        total("leads", "score", at="assigned_at", where=scored), count("leads", at="assigned_at", where=scored)
    )


@metric(category="vendor", unit="count", better="neither", absent="no record of leads")
def leads_kept_direct() -> Amount:
    """Leads that came in in the period and that the vendor gave to no partner.

    They are nobody's: measured by partner, all of them stand under ``(none)``. In a running period some may
    yet be given away.

    Source: common practice in channel management.

    >>> worked("leads_kept_direct", leads="partner_id created_at / - 2026-07-01T09:00:00Z / P1 2026-07-01T09:00:00Z / "
    ...        "- 2026-06-30T09:00:00Z")
    1
    """
    return Amount(count("leads", at="created_at", where=_KEPT))


@metric(category="vendor", unit="money", better="neither", absent="no record of leads")
def leads_kept_value() -> Amount:
    """What the leads that came in in the period and were given to no partner may be worth.

    Leads without an estimate add nothing. They are nobody's: measured by partner, they stand under ``(none)``.

    Source: common practice in channel management.

    >>> worked("leads_kept_value", leads="partner_id created_at amount / - 2026-07-01T09:00:00Z 100 / "
    ...        "P1 2026-07-01T09:00:00Z 40 / - 2026-06-30T09:00:00Z 900")
    100
    """
    return Amount(total("leads", "amount", at="created_at", where=_KEPT))


@metric(
    category="vendor",
    unit="score",
    better="neither",
    absent="no lead kept direct with a score",
    at_least=5,
    resample=True,
)
def kept_lead_score() -> Ratio:
    """Average of the vendor's own score of the leads that came in in the period and were given to no partner.

    Set it beside `lead_score`. They are nobody's: measured by partner, they stand under ``(none)``.

    Source: common practice in lead scoring.

    >>> worked("kept_lead_score", leads="partner_id created_at score / - 2026-07-01T09:00:00Z 80 / "
    ...        "- 2026-07-01T09:00:00Z 90 / P1 2026-07-01T09:00:00Z 10 / - 2026-07-01T09:00:00Z -")
    170 / 2 = 85 (2 cases, too few)
    """
    scored = f"{_KEPT} AND score IS NOT NULL"
    return Ratio(total("leads", "score", at="created_at", where=scored), count("leads", at="created_at", where=scored))


@metric(category="vendor", unit="days", better="higher", absent="no record of activities")
def training_days() -> Amount:
    """Days of training held for the partner in the period.

    They are days of the training, whoever came; how many trainings they were is `training_sessions`. Trainings of no
    known length add nothing.

    Source: common practice in channel management.

    >>> worked("training_days", activities="kind held_on status days / training 2026-07-01 done 2 / "
    ...        "training 2026-08-01 done 0.5 / training 2026-08-01 planned 3 / event 2026-08-01 done 1 / "
    ...        "training 2026-08-02 done -")
    2.5
    """
    return Amount(total("activities", "days", at="held_on", where=_held("training")))


@metric(category="vendor", unit="days", better="lower", absent="no contact on record")
def days_since_contact() -> Amount:
    """Days from the last contact with the partner to the period's last day.

    Contact is a meeting, a review, an executive's or joint call, a training or an event that was held. Calls and mail
    that nobody entered are not known, so a gap may be one of the records. For several partners it is the days since
    anybody's.

    Source: common practice in account management.

    >>> worked("days_since_contact", activities="kind held_on status / meeting 2026-09-10 done / "
    ...        "social 2026-09-20 done / meeting 2026-09-25 planned / qbr 2026-10-05 planned / qbr 2026-07-01 done")
    20
    """
    return Amount(days_since("activities", at="held_on", where=_held(*CONTACTS)))


@metric(category="vendor", unit="count", better="higher", absent="no record of activities")
def contacts_held() -> Amount:
    """Contacts with the partner in the period: meetings, reviews, calls, trainings and events that were held.

    Source: common practice in account management.

    >>> worked("contacts_held", activities="kind held_on status / meeting 2026-09-10 done / social 2026-09-20 done / "
    ...        "meeting 2026-09-25 planned / qbr 2026-07-01 done / exec_call 2026-06-30 done")
    2
    """
    return Amount(count("activities", at="held_on", where=_held(*CONTACTS)))


@metric(category="vendor", unit="count", better="higher", absent="no record of activities")
def reviews_held() -> Amount:
    """Reviews held with the partner in the period.

    Source: common practice in account management: the quarterly business review.

    >>> worked("reviews_held", activities="kind held_on status / qbr 2026-07-10 done / qbr 2026-09-25 planned / "
    ...        "qbr 2026-06-30 done / meeting 2026-07-01 done")
    1
    """
    return Amount(count("activities", at="held_on", where=_held("qbr")))


@metric(category="vendor", unit="share", better="higher", absent="no partner", at_least=5)
def review_rate() -> Ratio:
    """Share of the partners there were in the period with whom a review was held in it.

    Each is due one a quarter. Two reviews with one partner count once. Firms that left during the period count; a
    firm that merged counts as the one that took it over.

    Source: common practice in account management: the quarterly business review.

    >>> worked("review_rate", partners="partner_id left_on / P1 - / P2 - / P3 2026-05-01 / P4 2026-08-01",
    ...        activities="partner_id kind held_on status / P1 qbr 2026-07-10 done / P1 qbr 2026-09-10 done / "
    ...        "P2 qbr 2026-09-25 planned / P2 meeting 2026-08-01 done / P4 qbr 2026-07-10 done")
    2 / 3 = 0.667 (3 cases, too few)
    """
    # Nobody left in most periods, and some sources never say who did.
    left = replace(distinct("partners", "partner_id", at="left_on", where=_A_FIRM), optional=True)
    return Ratio(distinct("activities", "partner_id", at="held_on", where=_held("qbr")), _firms(_A_FIRM) + left)


@metric(category="vendor", unit="count", better="lower", absent="no partner")
def partners_without_manager() -> Amount:
    """Partners that have no named manager of the vendor on the period's last day.

    One whose manager has left counts from that day on. Who looks after a partner is as the book has it on
    its own date: earlier periods are told by today's managers.

    Source: common practice in account management.

    >>> worked("partners_without_manager", managers="manager_id left_on / M1 - / M2 2026-08-31 / M3 2026-11-30",
    ...        partners="partner_id manager_id joined_on left_on / P1 M1 2020-01-01 - / P2 M2 2020-01-01 - / "
    ...        "P3 M3 2020-01-01 - / P4 - 2020-01-01 - / P5 - 2020-01-01 2026-06-01 / P6 - 2026-10-01 -")
    2
    """
    never = _firms(f"{_A_FIRM} AND manager_id IS NULL")
    left = _firms(f"{_A_FIRM} AND manager_left_on IS NOT NULL", since="manager_left_on")
    return Amount(never + replace(left, optional=True))


def _paid(basis: str) -> Part:
    return total("incentives", "amount", at="paid_on", where=f"basis = '{basis}'")


@metric(category="vendor", unit="money", better="neither", absent="no record of rewards")
def incentives_new_business() -> Amount:
    """Rewards paid in the period for new business; those for growth, and others, stand apart.

    They are dated by payment, often a quarter after what they are for.

    Source: common practice in channel incentives.

    >>> worked("incentives_new_business", incentives="paid_on basis amount / 2026-07-01 new_business 10 / "
    ...        "2026-07-01 growth 20 / 2026-08-01 other 40 / 2026-06-30 new_business 80")
    10
    """
    return Amount(_paid("new_business"))


@metric(category="vendor", unit="money", better="neither", absent="no record of rewards")
def incentives_growth() -> Amount:
    """Rewards paid in the period for growth; those for new business, and others, stand apart.

    They are dated by payment, often a quarter after what they are for.

    Source: common practice in channel incentives.

    >>> worked("incentives_growth", incentives="paid_on basis amount / 2026-07-01 new_business 10 / "
    ...        "2026-07-01 growth 20 / 2026-08-01 other 40 / 2026-06-30 growth 80")
    20
    """
    return Amount(_paid("growth"))


def _kept(side: str) -> Ratio:
    due = f"side = '{side}'"
    return Ratio(
        count("commitments", at="due_on", where=f"{due} AND status = 'done'"),
        count("commitments", at="due_on", where=due),
    )


@metric(category="vendor", unit="share", better="higher", absent="no promise of the vendor was due", at_least=5)
def vendor_promises_kept() -> Ratio:
    """Share of the vendor's promises due in the period that are done, by the word of whoever owns them.

    Nobody checks that word here. Done late is done; dropped is not.

    Source: common practice in joint business planning.

    >>> worked("vendor_promises_kept", commitments="side due_on made_on status / vendor 2026-07-31 2026-04-01 done / "
    ...        "vendor 2026-09-30 2026-04-01 dropped / vendor 2026-10-01 2026-04-01 done / "
    ...        "partner 2026-07-31 2026-04-01 done")
    1 / 2 = 0.5 (2 cases, too few)
    """
    return _kept("vendor")


@metric(category="vendor", unit="share", better="higher", absent="no promise of the partner was due", at_least=5)
def partner_promises_kept() -> Ratio:
    """Share of the partner's promises due in the period that are done, by the word of whoever owns them.

    It stands beside `vendor_promises_kept`, and is read in the same way. Goals that name a metric can be checked
    against it; here only their owner's word counts.

    Source: common practice in joint business planning.

    >>> worked("partner_promises_kept", commitments="side due_on made_on status / partner 2026-07-31 2026-04-01 done / "
    ...        "partner 2026-09-30 2026-04-01 open / partner 2026-06-30 2026-04-01 done / "
    ...        "vendor 2026-07-31 2026-04-01 done")
    1 / 2 = 0.5 (2 cases, too few)
    """
    return _kept("partner")
