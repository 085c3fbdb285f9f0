"""Activity: what becomes of the leads that the vendor gives to partners."""

from __future__ import annotations

from channelnb.metrics.derived import derive
from channelnb.metrics.parts import Amount, Median, Part, Ratio, count, durations, total
from channelnb.metrics.registry import metric

FOLLOW_UP_HOURS = 72
"""Hours after which a first call is late: three days, so that a lead given on a Friday may be called on the Monday."""

_GIVEN = "partner_id IS NOT NULL"
_DROPPED = f"{_GIVEN} AND (outcome = 'dropped' OR given_back)"
_WRONG = f"{_DROPPED} AND (returned_at IS NOT NULL OR misplaced)"
_FIT = f"{_GIVEN} AND outcome = 'dropped' AND returned_at IS NULL AND NOT misplaced"
_LATE = f"(first_contact_at IS NULL OR first_contact_at > assigned_at + INTERVAL {FOLLOW_UP_HOURS} HOUR)"

# Not every source says when leads were given back; then none is known to have been.
derive("leads", "given_back", "f.returned_at IS NOT NULL", needs=["leads.assigned_at"])

# A firm's line is one that it had sold by the month of the lead; before its first sale it has none to be outside of.
# Its segments are the one that it is said to serve and those of the customers to whom it had sold, which nobody knows
# before the sales data begin. What is not told of a lead, or of a firm, fits.
_OUTSIDE = (
    "f.region <> firm.region",
    "f.segment <> firm.segment AND told.since <= f.assigned_at AND coalesce(served.since > f.assigned_at, true)",
    "f.line IS NOT NULL AND began.since <= f.assigned_at AND coalesce(sold.since > f.assigned_at, true)",
)
_SINCE = "min(month) AS since FROM {sales.sold_on} AS s"
_SERVED = f"{_SINCE} JOIN customers AS c ON c.customer_id = s.customer_id"
_FIRM = f"""LEFT JOIN partners AS firm ON firm.partner_id = f.partner_id
LEFT JOIN (SELECT {_SINCE}) AS told ON true
LEFT JOIN (SELECT partner_id, {_SINCE} GROUP BY ALL) AS began ON began.partner_id = f.partner_id
LEFT JOIN (SELECT partner_id, line, {_SINCE} GROUP BY ALL) AS sold \
ON sold.partner_id = f.partner_id AND sold.line = f.line
LEFT JOIN (SELECT s.partner_id, c.segment, {_SERVED} GROUP BY ALL) AS served \
ON served.partner_id = f.partner_id AND served.segment = f.segment"""

derive(
    "leads",
    "misplaced",
    f"coalesce(({') OR ('.join(_OUTSIDE)}), false)",
    needs=[
        *(f"leads.{name}" for name in ("assigned_at", "line", "segment", "region")),
        *("partners.segment", "partners.region", "sales.customer_id", "customers.segment"),
        *("sales.product_id", "products.line"),
    ],
    join=_FIRM,
)


def _leads(where: str = _GIVEN) -> Part:
    return count("leads", at="assigned_at", where=where)


@metric(category="activity", unit="share", better="higher", absent="no lead", at_least=5)
def lead_acceptance() -> Ratio:
    """Share of the leads given to the partner in the period that it accepted.

    Leads given late in a period may yet be accepted, so the newest period reads low. Leads kept direct were given to
    nobody.

    Source: common practice in channel management.

    >>> worked("lead_acceptance", leads="assigned_at accepted_at partner_id / "
    ...        "2026-07-01T09:00:00Z 2026-07-02T09:00:00Z P1 / 2026-07-05T09:00:00Z - P1 / "
    ...        "2026-07-05T09:00:00Z 2026-07-06T09:00:00Z -")
    1 / 2 = 0.5 (2 cases, too few)
    """
    return Ratio(_leads(f"{_GIVEN} AND accepted_at IS NOT NULL"), _leads())


@metric(category="activity", unit="share", better="higher", absent="no lead", at_least=5)
def leads_worked() -> Ratio:
    """Share of the leads given to the partner in the period that it called.

    A lead that was accepted and never called is not worked; one that was called late is, which is what
    `lead_response_time` is for. Leads given late in a period may yet be called, so the newest period reads low.

    Source: common practice in channel management.

    >>> worked("leads_worked", leads="assigned_at accepted_at first_contact_at / "
    ...        "2026-07-01T09:00:00Z 2026-07-02T09:00:00Z 2026-07-03T09:00:00Z / "
    ...        "2026-07-01T09:00:00Z 2026-07-02T09:00:00Z - / 2026-07-05T09:00:00Z - -")
    1 / 3 = 0.333 (3 cases, too few)
    """
    return Ratio(_leads(f"{_GIVEN} AND first_contact_at IS NOT NULL"), _leads())


@metric(category="activity", unit="hours", better="lower", absent="no lead", at_least=5)
def lead_response_time() -> Median:
    """Median hours from the day and hour at which a lead was given to the partner's first call.

    All leads given in the period. One that has not been called by the period's end is known to take longer than it
    has, so that silence does not make a partner quick; where fewer than half were called there is no median. A lead
    given back without a call was answered in its own way and is left out. Hours run through nights and weekends.

    Source: E. L. Kaplan and P. Meier (1958) for the median of what is not over; on why hours matter, J. B. Oldroyd,
    K. McElheran and D. Elkington, The Short Life of Online Sales Leads, Harvard Business Review, March 2011.

    >>> worked("lead_response_time", leads="assigned_at first_contact_at returned_at / "
    ...        "2026-07-01T09:00:00Z 2026-07-01T19:00:00Z - / 2026-07-01T09:00:00Z 2026-07-02T05:00:00Z - / "
    ...        "2026-07-01T09:00:00Z 2026-07-02T15:00:00Z - / 2026-07-01T09:00:00Z 2026-07-03T01:00:00Z - / "
    ...        "2026-07-01T09:00:00Z - - / 2026-07-01T09:00:00Z - 2026-07-02T09:00:00Z")
    4 / 5 = 30
    """
    answered = f"{_GIVEN} AND (first_contact_at IS NOT NULL OR NOT given_back)"
    return Median(durations("leads", since="assigned_at", until="first_contact_at", unit="hour", where=answered))


@metric(category="vendor", unit="hours", better="lower", absent="no lead", at_least=5)
def lead_handover_time() -> Median:
    """Median hours from the day and hour at which a lead came in to the vendor's giving it to the partner.

    The vendor's own delay, which is no part of the partner's `lead_response_time`. All leads that came in in the
    period and went, or are to go, to a partner; those that have not been given yet count as longer than they have
    waited. Leads kept direct are left out.

    Source: E. L. Kaplan and P. Meier (1958) for the median of what is not over.

    >>> worked("lead_handover_time", leads="created_at assigned_at partner_id / "
    ...        "2026-07-01T08:00:00Z 2026-07-01T09:00:00Z P1 / 2026-07-01T08:00:00Z 2026-07-01T11:00:00Z P1 / "
    ...        "2026-07-01T08:00:00Z 2026-07-01T18:00:00Z P1 / 2026-07-01T08:00:00Z 2026-07-02T08:00:00Z P1 / "
    ...        "2026-07-01T08:00:00Z - P1 / 2026-07-01T08:00:00Z - -")
    4 / 5 = 10
    """
    return Median(durations("leads", since="created_at", until="assigned_at", unit="hour", where=_GIVEN))


@metric(category="activity", unit="share", better="lower", absent="no lead", at_least=5)
def dropped_leads() -> Ratio:
    """Share of the leads given to the partner in the period that were dropped or given back.

    Leads that were lost to a competitor are not dropped. Those given late in a period may yet be dropped, so the
    newest period reads low. Why they were is told by `dropped_to_wrong_partner` and `dropped_for_follow_up`.

    Source: common practice in channel management.

    >>> worked("dropped_leads", leads="assigned_at outcome returned_at / 2026-07-01T09:00:00Z dropped - / "
    ...        "2026-07-01T09:00:00Z open 2026-07-02T09:00:00Z / 2026-07-01T09:00:00Z lost - / "
    ...        "2026-07-01T09:00:00Z open - / 2026-06-30T09:00:00Z dropped -")
    2 / 4 = 0.5 (4 cases, too few)
    """
    return Ratio(_leads(_DROPPED), _leads())


@metric(category="activity", unit="money", better="lower", absent="no lead")
def dropped_lead_value() -> Amount:
    """What the leads given to the partner in the period that were dropped or given back may have been worth.

    By the estimate that stands on the lead, which is not what anybody would have bought for; a lead without one adds
    nothing.

    Source: common practice in channel management.

    >>> worked("dropped_lead_value", leads="assigned_at outcome returned_at amount / "
    ...        "2026-07-01T09:00:00Z dropped - 100 / 2026-07-01T09:00:00Z dropped 2026-07-02T09:00:00Z 40 / "
    ...        "2026-07-01T09:00:00Z lost - 500 / 2026-07-01T09:00:00Z dropped - -")
    140
    """
    return Amount(total("leads", "amount", at="assigned_at", where=_DROPPED))


@metric(category="activity", unit="share", better="lower", absent="no lead", at_least=5)
def dropped_to_wrong_partner() -> Ratio:
    """Share of the leads given to the partner in the period that were dropped since they had gone to the wrong firm.

    Of `dropped_leads`, those that the partner gave back, for whatever reason, and those outside its region, its
    segments (the one that it is said to serve, and those of customers to whom it had sold) or its lines (those that
    it had sold by the month of the lead; a firm that had sold nothing has none to be outside of). No lead counts
    here and in `dropped_for_follow_up`; what is left was dropped for other reasons. It is the vendor's to mend.

    Source: common practice in channel management.

    >>> worked("dropped_to_wrong_partner",
    ...        partners="partner_id region segment / P1 north retail", products="product_id line / R1 Routers",
    ...        sales="sold_on product_id customer_id revenue / 2026-01-05 R1 C1 10",
    ...        customers="customer_id segment / C1 banks",
    ...        leads='''assigned_at outcome returned_at first_contact_at region segment line
    ...        2026-07-01T09:00:00Z dropped 2026-07-02T09:00:00Z - north retail Routers
    ...        2026-07-01T09:00:00Z dropped - - south retail Routers
    ...        2026-07-01T09:00:00Z dropped - - north farms Routers
    ...        2026-07-01T09:00:00Z dropped - - north retail Disks
    ...        2026-07-01T09:00:00Z dropped - - north banks Routers
    ...        2026-07-01T09:00:00Z open - - south farms Disks''')
    4 / 6 = 0.667
    """
    return Ratio(_leads(_WRONG), _leads())


@metric(category="activity", unit="share", better="lower", absent="no lead", at_least=5)
def dropped_for_follow_up() -> Ratio:
    """Share of the leads given to the partner in the period that were dropped after no call, or a late one.

    Of `dropped_leads`, those that had gone to the right firm and were never called, or first called more than 72
    hours after they were given: three days, so that a lead given on a Friday may be called on the Monday. A lead that
    went to the wrong firm counts in `dropped_to_wrong_partner` alone; what was called in time and dropped all the
    same counts in neither.

    Source: common practice in channel management; the limit is this catalogue's own.

    >>> worked("dropped_for_follow_up",
    ...        partners="partner_id region segment / P1 north retail", products="product_id line / R1 Routers",
    ...        sales="sold_on product_id customer_id revenue / 2026-01-05 R1 C1 10",
    ...        customers="customer_id segment / C1 banks",
    ...        leads='''assigned_at outcome returned_at first_contact_at region segment line
    ...        2026-07-01T09:00:00Z dropped - - north retail Routers
    ...        2026-07-01T09:00:00Z dropped - 2026-07-04T10:00:00Z north banks Routers
    ...        2026-07-01T09:00:00Z dropped - 2026-07-04T09:00:00Z north retail Routers
    ...        2026-07-01T09:00:00Z dropped 2026-07-02T09:00:00Z - north retail Routers
    ...        2026-07-01T09:00:00Z dropped - - south retail Routers
    ...        2026-07-01T09:00:00Z open - - north retail Routers''')
    2 / 6 = 0.333
    """
    return Ratio(_leads(f"{_FIT} AND {_LATE}"), _leads())


@metric(category="activity", unit="money", better="lower", absent="no lead with a cost", at_least=5, resample=True)
def lead_cost() -> Ratio:
    """Average cost of winning a lead and handing it over, over the leads given to the partner in the period.

    Leads without a cost are left out of both sides. What it costs the partner to work them is not in it, and a cheap
    lead that is dropped is dear: read it with `dropped_leads`.

    Source: common practice in channel management.

    >>> worked("lead_cost", leads="assigned_at cost partner_id / 2026-07-01T09:00:00Z 100 P1 / "
    ...        "2026-07-01T09:00:00Z 50 P1 / 2026-07-01T09:00:00Z - P1 / 2026-07-01T09:00:00Z 900 -")
    150 / 2 = 75 (2 cases, too few)
    """
    costed = f"{_GIVEN} AND cost IS NOT NULL"
    return Ratio(total("leads", "cost", at="assigned_at", where=costed), _leads(costed))
