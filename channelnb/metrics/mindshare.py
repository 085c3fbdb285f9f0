"""Activity: how much of a partner's attention is the vendor's, and how soon a new partner sells."""

from __future__ import annotations

from channelnb.metrics.derived import derive, quarter_holding, quarter_start
from channelnb.metrics.held import DONE
from channelnb.metrics.parts import Amount, Median, Ratio, Window, count, durations, total
from channelnb.metrics.registry import metric

MINDSHARE = ("customers_at_events", "executive_requests", "share_of_deals_worked")
"""The metrics that are shown together as mindshare, for each firm and salesperson."""

_TOLD = f"SELECT DISTINCT partner_id, {quarter_start('quarter')} AS begins FROM {{deals_worked}}"
_ASKED = f"""LEFT JOIN ({_TOLD}) AS asked \
ON asked.partner_id = f.partner_id AND asked.begins = {quarter_holding("f.created_on")}"""
_ONLY = "CASE WHEN count(DISTINCT salesperson_id) = 1 THEN min(salesperson_id) END AS salesperson_id"
_PRESENT = f"LEFT JOIN (SELECT activity_id, {_ONLY} FROM {{attendance}} GROUP BY activity_id) AS present "
_FIRST = "LEFT JOIN (SELECT partner_id, min(first_day) AS day FROM {sales.sold_on} GROUP BY ALL) AS first_sale "
_ALL = "LEFT JOIN (SELECT min(first_day) AS day FROM {sales.sold_on}) AS all_sales ON true"
_SALES = ["sales.sold_on", "sales.partner_id"]

derive("deals_worked", "quarter_begins", quarter_start("f.quarter"), needs=["deals_worked.quarter"])
# A quarter of which the partner was not asked must not count above when it counts nothing below.
_NEEDS = ["opportunities.created_on", "deals_worked.quarter"]
derive("opportunities", "asked_quarter", "asked.begins", needs=_NEEDS, join=_ASKED)
derive(
    "partners",
    "first_sale_on",
    "first_sale.day",
    needs=_SALES,
    join=f"{_FIRST}ON first_sale.partner_id = f.partner_id",
)
derive("partners", "sales_told_from", "all_sales.day", needs=_SALES, join=_ALL)
# What was done with several people is nobody's alone, so that no customer who was there is counted twice.
derive(
    "activities",
    "salesperson_id",
    "present.salesperson_id",
    needs=["attendance.activity_id", "attendance.salesperson_id"],
    join=f"{_PRESENT}ON present.activity_id = f.activity_id",
)


@metric(category="activity", unit="count", better="higher", absent="no record of activities")
def customers_at_events() -> Amount:
    """Customers who were at events and webinars held with the partner in the period.

    Heads of customers as they were counted at the door, not people of the partner or the vendor; whoever came twice
    counts twice. Of a salesperson: at those where nobody else of the partner was.

    Source: common practice in channel management.

    >>> worked("customers_at_events", activities='''kind held_on status customer_attendees
    ...        event 2026-07-07 done 12 / webinar 2026-09-30 done 30 / joint_call 2026-07-08 done 3
    ...        event 2026-09-29 planned 50 / event 2026-06-30 done 7''')
    42
    """
    events = f"{DONE} AND kind IN ('event', 'webinar')"
    return Amount(total("activities", "customer_attendees", at="held_on", where=events))


@metric(category="activity", unit="count", better="higher", absent="no record of activities")
def executive_requests() -> Amount:
    """Times in the period that the partner asked for an executive of the vendor's to join a closing call.

    By the day of the request, whether or not the call took place: a partner asks for help with deals that it means to
    win. Calls that the vendor offered, or of which nobody wrote down who asked and when, do not count. Of a
    salesperson: calls held at which nobody else of the partner was.

    Source: common practice in channel management.

    >>> worked("executive_requests", activities='''kind requested_on requested_by held_on status
    ...        exec_call 2026-09-20 partner 2026-10-05 planned / exec_call 2026-06-20 partner 2026-07-05 done
    ...        exec_call 2026-07-20 vendor 2026-08-05 done / exec_call 2026-07-20 partner 2026-08-05 done
    ...        meeting 2026-07-20 partner 2026-08-05 done / exec_call - partner 2026-08-05 done''')
    2
    """
    asked = "kind = 'exec_call' AND requested_by = 'partner'"
    return Amount(count("activities", at="requested_on", where=asked))


@metric(category="activity", unit="share", better="higher", absent="the partner was not asked", at_least=5, asked=True)
def share_of_deals_worked() -> Ratio:
    """Share of all deals that the partner worked on in the period, whoever's goods they were, with ours in them.

    Our deals by the day on which they were opened, over all that the partner says it began, both at the start of the
    fiscal quarter that they fall in: by month, the quarter's first one holds all of it. Quarters that the partner
    told nothing of are left out of both sides. The partner's own count is what it rests on: of a salesperson or line,
    it holds only where the partner told of all of them.

    Source: common practice in channel management, as share of mind; compare share of wallet.

    >>> worked("share_of_deals_worked", deals_worked="quarter deals / 2026Q3 4 / 2026Q3 4 / 2026Q2 9",
    ...        opportunities="created_on / 2026-07-01 / 2026-09-30 / 2026-06-30 / 2026-10-01")
    2 / 8 = 0.25
    """
    return Ratio(count("opportunities", at="asked_quarter"), total("deals_worked", "deals", at="quarter_begins"))


@metric(category="activity", unit="days", better="lower", absent="no firm that joined in two years", at_least=5)
def time_to_first_deal() -> Median:
    """Median days from the day on which a firm became a partner to its first sale.

    Firms that joined in the 24 months that end with the period. One that has not sold yet, or that left without, counts
    as longer than it has been since; so one quick firm does not speak for five that sell nothing. Any sale counts,
    whatever it was worth. Firms that joined before the sales data begin are left out, as their first sale is not
    known; so are those that sold before they joined.

    Source: E. L. Kaplan and P. Meier (1958) for the median of what is not over; time to first deal is a usual measure
    of how partners are brought on board.

    >>> worked("time_to_first_deal", partners='''partner_id joined_on
    ...        P1 2026-01-01 / P2 2026-01-01 / P3 2026-01-01 / P4 2026-01-01 / P5 2026-01-01
    ...        OLD 2025-05-01 / AGO 2024-01-01''',
    ...        sales='''partner_id sold_on revenue / AGO 2025-06-01 5 / OLD 2025-06-15 5 / P1 2026-01-11 5
    ...        P1 2026-01-31 5 / P2 2026-01-21 5 / P3 2026-02-10 5 / P4 2026-03-02 5''')
    4 / 5 = 40
    """
    return Median(
        durations(
            "partners",
            since="joined_on",
            until="first_sale_on",
            where="survivor_id = partner_id AND joined_on >= sales_told_from",
            window=Window.T24,
        )
    )
