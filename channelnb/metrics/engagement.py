"""Engagement: what the vendor and its partners do together."""

from __future__ import annotations

from channelnb.metrics.held import DONE
from channelnb.metrics.parts import Amount, Part, count, distinct
from channelnb.metrics.registry import metric


def _done(kind: str) -> Part:
    return count("activities", at="held_on", where=f"{DONE} AND kind = '{kind}'")


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def training_sessions() -> Amount:
    """Training sessions held with the partner in the period.

    Only sessions that took place: one that is planned, or whose day went by while it is still called planned, does
    not count. A session counts once, however many people came; read it with `trained_people`.

    Source: common practice in channel management; hours and people trained are the usual measures of enablement.

    >>> worked("training_sessions", activities="kind held_on status / training 2026-07-07 done / "
    ...        "training 2026-08-04 - / training 2026-09-01 planned / event 2026-08-05 done / training 2026-06-30 done")
    2
    """
    return Amount(_done("training"))


@metric(category="engagement", unit="count", better="higher", absent="no record of who was at activities")
def trained_people() -> Amount:
    """Different people of the partner who were at a training in the period.

    A person who came to three sessions counts once, and whoever was not written down as present does not count.
    It tells nothing of what was learnt.

    Source: common practice in channel management; compare level 0, attendance, of D. L. Kirkpatrick's levels of
    the evaluation of training, which begin only after it.

    >>> worked("trained_people", activities="activity_id kind held_on status / A training 2026-07-07 done / "
    ...        "B training 2026-08-04 done / C event 2026-08-05 done / D training 2026-06-30 done",
    ...        attendance="activity_id salesperson_id customer_id / A S1 - / A S2 - / B S1 - / C S3 - / "
    ...        "D S4 - / A - C1")
    2
    """
    return Amount(distinct("attendance", "salesperson_id", at="held_on", where=f"{DONE} AND kind = 'training'"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def events_held() -> Amount:
    """Events held with the partner in the period.

    Only those that took place; webinars are counted apart. How many customers came is `customers_at_events`.

    Source: common practice in channel management.

    >>> worked("events_held", activities="kind held_on status / event 2026-07-07 done / webinar 2026-08-04 done / "
    ...        "event 2026-09-01 planned")
    1
    """
    return Amount(_done("event"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def webinars_held() -> Amount:
    """Webinars held with the partner in the period.

    Only those that took place. A webinar of the vendor's for everybody counts with each partner that it was written
    down for.

    Source: common practice in channel management.

    >>> worked("webinars_held", activities="kind held_on status / webinar 2026-07-07 done / webinar 2026-09-29 done / "
    ...        "webinar 2026-10-01 planned / event 2026-07-08 done")
    2
    """
    return Amount(_done("webinar"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def content_published() -> Amount:
    """Pieces of content that the partner brought out with the vendor in the period.

    Articles, videos and the like, by the day they came out; posts in social media and case studies are counted apart.
    A count says nothing of how good they are.

    Source: common practice in channel management.

    >>> worked("content_published", activities="kind held_on status / content 2026-07-07 done / "
    ...        "content 2026-08-04 planned / social 2026-07-07 done")
    1
    """
    return Amount(_done("content"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def social_posts() -> Amount:
    """Posts, or rounds of posts, in social media that the partner made with the vendor in the period.

    A row counts once, whether it stands for one post or for a week of them; the source must say the same for all
    partners, or they cannot be compared.

    Source: common practice in channel management.

    >>> worked("social_posts", activities="kind held_on status / social 2026-07-07 done / social 2026-07-07 done / "
    ...        "content 2026-07-07 done / social 2025-07-07 done")
    2
    """
    return Amount(_done("social"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def joint_calls() -> Amount:
    """Calls on customers that the partner and the vendor made together in the period.

    Only those that took place. Calls of the vendor's executives count as `executive_requests`, where the partner
    asked for them.

    Source: common practice in channel management.

    >>> worked("joint_calls", activities="kind held_on status / joint_call 2026-07-07 done / "
    ...        "exec_call 2026-07-08 done / joint_call 2026-09-30 planned")
    1
    """
    return Amount(_done("joint_call"))


@metric(category="engagement", unit="count", better="higher", absent="no record of activities")
def case_studies() -> Amount:
    """Case studies of customers that came out with the partner in the period.

    By the day on which they came out. There are few, so compare partners over a year, not over a quarter.

    Source: common practice in channel management.

    >>> worked("case_studies", activities="kind held_on status / case_study 2026-09-30 done / "
    ...        "case_study 2026-10-01 planned / content 2026-09-30 done")
    1
    """
    return Amount(_done("case_study"))
