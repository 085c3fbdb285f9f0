"""Marketing: what is spent together with partners, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.activity import MARKETING
from channelnb.metrics.derived import derive, quarter_start
from channelnb.metrics.held import DONE
from channelnb.metrics.parts import Amount, Median, Part, Ratio, Terms, Window, count, durations, total
from channelnb.metrics.registry import metric

ATTRIBUTION = (
    "A sale belongs to the campaign of the deal that it closes, all of it (last touch); "
    "a sale that closes no deal, and one whose deal names no campaign, belong to none."
)
"""The rule by which sales are put down to marketing, as pages print it."""

SPEND = (
    "Spent is what events, webinars, campaigns, content, social media and case studies held with a partner cost "
    "the vendor, and the market development funds paid to the partner. What a campaign cost centrally is not in it, "
    "for nobody says on which partner it was spent."
)
"""What counts as spent on marketing, as pages print it."""

derive(
    "sales",
    "campaign_id",
    "deal_closed.campaign_id",
    needs=("sales.opportunity_id", "opportunities.campaign_id"),
    join="LEFT JOIN {opportunities} AS deal_closed ON deal_closed.opportunity_id = f.opportunity_id",
)
derive("mdf_budgets", "starts_on", quarter_start("f.quarter"), needs=("mdf_budgets.quarter",))


def _spend() -> Terms:
    """Money spent in the twelve months that ended a sales cycle ago; a source may have only one of the two kinds."""
    named = ", ".join(f"'{kind}'" for kind in MARKETING)
    held = total("activities", "cost", at="held_on", where=f"{DONE} AND kind IN ({named})", window=Window.LAGGED)
    claimed = total("mdf_claims", "amount_paid", at="paid_on", window=Window.LAGGED)
    return replace(held, optional=True) + replace(claimed, optional=True)


def _attributed(figure: str, costed: str = "") -> Part:
    where = f"is_revenue AND campaign_id IS NOT NULL{costed}"
    return total("sales", figure, at="sold_on", where=where, window=Window.T12)


@metric(category="marketing", unit="share", better="higher", absent="no marketing spend a sales cycle ago")
def return_on_marketing() -> Ratio:
    """ROMI: the gross margin that marketing brought, less what was spent on it, over what was spent.

    Margin of the last twelve months from sales that belong to a campaign, against the spend of the twelve months that
    ended a sales cycle earlier, for that long it takes to sell. At 0 % it paid for itself. A sale belongs to the
    campaign of the deal that it closes, all of it (last touch). Spent is what marketing activities held with a
    partner cost the vendor, and development funds paid; what a campaign cost centrally is not in it, so neither the
    figure in all nor that of a campaign is the whole return on campaigns. An activity's cost must not hold claims
    paid. Sales without a cost are left out, so the return is at least this.

    It is not `gross_marketing_return`, which sets revenue against spend.

    Source: J. Lenskold, Marketing ROI (2003): margin less investment, over investment.

    >>> worked("return_on_marketing", opportunities="opportunity_id campaign_id / O1 R1 / O2 -",
    ...        sales="opportunity_id sold_on revenue cost / O1 2026-08-01 500 200 / O2 2026-08-01 900 100 / "
    ...        "O1 2025-09-01 70 10 / - 2025-01-01 1 1",
    ...        activities="kind held_on status cost / event 2025-12-01 done 40 / qbr 2025-12-01 done 1000 / "
    ...        "event 2026-08-01 done 7 / event 2025-01-01 done 5",
    ...        mdf_claims="requested_on paid_on amount_paid / 2025-11-01 2026-01-15 60 / 2024-11-01 2025-01-15 8")
    200 / 100 = 2
    """
    spend = _spend()
    return Ratio(_attributed("revenue - cost", " AND cost IS NOT NULL") - spend, spend)


@metric(category="marketing", unit="index", better="higher", absent="no marketing spend a sales cycle ago")
def gross_marketing_return() -> Ratio:
    """Revenue that marketing brought for each unit of money spent on it.

    It is no return in the sense of profit: what was sold had its cost. Revenue of the last twelve months from sales
    that belong to a campaign, over the spend of the twelve months that ended a sales cycle earlier; what belongs and
    what is spent is as for `return_on_marketing`.

    Source: P. Farris et al., Marketing Metrics (2010): revenue attributed to marketing, over marketing spend.

    >>> worked("gross_marketing_return", opportunities="opportunity_id campaign_id / O1 R1 / O2 -",
    ...        sales="opportunity_id sold_on revenue / O1 2026-08-01 500 / O2 2026-08-01 900 / - 2025-01-01 1",
    ...        activities="kind held_on status cost / event 2025-12-01 done 40 / event 2025-01-01 done 5",
    ...        mdf_claims="requested_on paid_on amount_paid / 2025-11-01 2026-01-15 60 / 2024-11-01 2025-01-15 8")
    500 / 100 = 5
    """
    return Ratio(_attributed("revenue"), _spend())


@metric(category="marketing", unit="share", better="higher", absent="no funds set aside")
def mdf_utilisation() -> Ratio:
    """Development funds granted on the claims of the last twelve months, over those set aside for these months.

    A quarter's funds count in its first month. Claims don't say on which quarter's funds they draw, so it can pass
    100 % where old funds are used up. Claims that are not decided yet count as nothing.

    Source: common practice in channel management.

    >>> worked("mdf_utilisation", mdf_budgets="quarter allocated / 2025Q3 900 / 2025Q4 100 / 2026Q3 100 / 2026Q4 700",
    ...        mdf_claims="requested_on decision amount_approved / 2025-10-01 approved 30 / 2026-09-30 approved 20 / "
    ...        "2026-09-01 pending - / 2025-09-30 approved 60")
    50 / 200 = 0.25
    """
    granted = total(
        "mdf_claims", "amount_approved", at="requested_on", where="decision = 'approved'", window=Window.T12
    )
    return Ratio(granted, total("mdf_budgets", "allocated", at="starts_on", window=Window.T12))


@metric(category="marketing", unit="money", better="neither", absent="no funds set aside")
def mdf_expiring() -> Amount:
    """Development funds set aside whose last day is in the next period, as long as this one.

    What was claimed of them is still in it: claims don't say on which quarter's funds they draw.

    Source: common practice in channel management.

    >>> worked("mdf_expiring", mdf_budgets="quarter allocated expires_on / 2026Q1 900 2026-09-30 / "
    ...        "2026Q2 100 2026-12-31 / 2026Q3 50 2026-10-01 / 2026Q3 700 2027-03-31")
    150
    """
    return Amount(total("mdf_budgets", "allocated", at="expires_on", window=Window.NEXT))


@metric(category="marketing", unit="count", better="neither", absent="no record of claims")
def mdf_claims() -> Amount:
    """Claims on development funds made in the period, whatever was decided.

    Source: common practice in channel management.

    >>> worked("mdf_claims", mdf_claims="requested_on decision / 2026-07-01 denied / 2026-09-01 pending / "
    ...        "2026-06-30 approved")
    2
    """
    return Amount(count("mdf_claims", at="requested_on"))


@metric(category="marketing", unit="share", better="higher", absent="no claim decided", at_least=5)
def mdf_approval_rate() -> Ratio:
    """Share of the claims decided in the period, approved or denied, that were approved.

    The rest were denied. By number: a large claim counts as much as a small one.

    Source: common practice in channel management.

    >>> worked("mdf_approval_rate", mdf_claims="requested_on decided_on decision / 2026-06-01 2026-07-01 approved / "
    ...        "2026-08-01 2026-08-20 denied / 2026-08-01 2026-09-01 approved / 2026-09-01 - pending / "
    ...        "2026-05-01 2026-06-30 denied")
    2 / 3 = 0.667 (3 cases, too few)
    """
    return Ratio(
        count("mdf_claims", at="decided_on", where="decision = 'approved'"),
        count("mdf_claims", at="decided_on", where="decision IN ('approved', 'denied')"),
    )


@metric(category="marketing", unit="money", better="neither", absent="no claim approved", at_least=5, resample=True)
def mdf_amount_per_claim() -> Ratio:
    """Average money granted on the claims approved in the period.

    It is what was granted, not what was asked for or paid. One large claim moves it.

    Source: common practice in channel management.

    >>> worked("mdf_amount_per_claim", mdf_claims="decided_on decision amount_requested amount_approved / "
    ...        "2026-07-01 approved 100 80 / 2026-08-01 approved 20 20 / 2026-08-01 denied 500 - / "
    ...        "2026-06-01 approved 9 9")
    100 / 2 = 50 (2 cases, too few)
    """
    approved = "decision = 'approved' AND amount_approved IS NOT NULL"
    return Ratio(
        total("mdf_claims", "amount_approved", at="decided_on", where=approved),
        count("mdf_claims", at="decided_on", where=approved),
    )


@metric(category="marketing", unit="days", better="lower", absent="no claim made", at_least=5)
def mdf_days_to_decide() -> Median:
    """Median days from a claim made in the period to the vendor's decision, approved or denied.

    Claims that are open at the period's end count as taking longer than they have; one that was decided on no known
    day is left out. It is the vendor's time.

    Source: median of E. L. Kaplan and P. Meier (1958), J. Am. Stat. Assoc. 53, 457–481.

    >>> worked("mdf_days_to_decide", mdf_claims='''requested_on decided_on decision
    ...        2026-07-01 2026-07-05 approved / 2026-07-01 2026-07-11 denied / 2026-07-01 2026-07-11 approved
    ...        2026-08-01 2026-08-21 denied / 2026-07-01 - pending
    ...        2026-06-01 2026-06-02 approved / 2026-07-01 - approved''')
    4 / 5 = 10
    """
    # One that was decided on no known day is not open.
    told = "decided_on IS NOT NULL OR coalesce(decision, 'pending') = 'pending'"
    return Median(durations("mdf_claims", since="requested_on", until="decided_on", where=told))


@metric(category="marketing", unit="days", better="lower", absent="no claim approved", at_least=5)
def mdf_days_to_pay() -> Median:
    """Median days from the approval of a claim, if in the period, to its payment.

    Claims that are not paid at the period's end count as taking longer than they have. It is the vendor's time.

    Source: median of E. L. Kaplan and P. Meier (1958), J. Am. Stat. Assoc. 53, 457–481.

    >>> worked("mdf_days_to_pay", mdf_claims="decision decided_on paid_on / approved 2026-07-01 2026-07-31 / "
    ...        "approved 2026-07-01 2026-07-31 / approved 2026-07-01 2026-07-31 / approved 2026-07-01 2026-08-30 / "
    ...        "approved 2026-07-01 - / denied 2026-07-01 - / approved 2026-06-30 2026-07-01")
    4 / 5 = 30
    """
    return Median(durations("mdf_claims", since="decided_on", until="paid_on", where="decision = 'approved'"))


@metric(category="marketing", unit="money", better="higher", absent="no record of opportunities")
def pipeline_created() -> Amount:
    """Value, not weighted, of the deals opened in the period, whatever has become of them.

    Amounts are as known today, not as first entered.

    Source: industry practice: sourced pipeline.

    >>> worked("pipeline_created", opportunities="created_on amount outcome closed_on / "
    ...        "2026-07-01 10 lost 2026-08-01 / 2026-09-30 20 open - / 2026-06-30 40 open -")
    30
    """
    return Amount(total("opportunities", "amount", at="created_on"))


@metric(category="marketing", unit="money", better="higher", absent="no record of opportunities")
def marketing_pipeline() -> Amount:
    """Value, not weighted, of the deals opened in the period that came from a campaign.

    A deal belongs to the campaign that it names, all of it. Amounts are as known today.

    Source: industry practice: marketing-sourced pipeline.

    >>> worked("marketing_pipeline", opportunities="created_on amount campaign_id / 2026-07-01 10 R1 / "
    ...        "2026-09-30 20 - / 2026-06-30 40 R1")
    10
    """
    return Amount(total("opportunities", "amount", at="created_on", where="campaign_id IS NOT NULL"))


@metric(category="marketing", unit="share", better="higher", absent="no marketing-qualified lead", at_least=5)
def mql_to_sql() -> Ratio:
    """Share of the leads that were marketing-qualified in the period which sales has qualified since.

    It follows a cohort: a lead counts in the period in which marketing qualified it, so the newest periods read low
    until sales has come to them. One that sales qualified before marketing did counts as one that it didn't.

    Source: industry practice: the lead funnel of marketing-qualified (MQL) to sales-qualified (SQL).

    >>> worked("mql_to_sql", leads="mql_on sql_on / 2026-07-01 2026-09-01 / 2026-07-02 - / 2026-08-01 2026-08-01 / "
    ...        "2026-08-02 2026-08-01 / 2026-06-01 2026-07-01 / - 2026-08-01 / 2026-08-03 2026-10-01")
    2 / 5 = 0.4
    """
    return Ratio(count("leads", at="mql_on", where="sql_on >= mql_on"), count("leads", at="mql_on"))


@metric(
    category="marketing",
    unit="money",
    better="lower",
    absent="no lead from a campaign whose cost is known",
    at_least=5,
    resample=True,
)
def cost_per_lead() -> Ratio:
    """Average of what it cost to win and hand over a lead from a campaign, of those that came in in the period.

    Leads kept direct are among them; those whose cost is unknown are in neither side. A cheap lead that nobody wants
    is dear: read it with `lead_acceptance`. Leads of every source, when given to a partner, are in `lead_cost`.

    Source: P. Farris et al., Marketing Metrics (2010): cost per lead.

    >>> worked("cost_per_lead", leads="created_at campaign_id cost partner_id / 2026-07-01T09:00:00Z R1 30 P1 / "
    ...        "2026-09-30T09:00:00Z R2 50 - / 2026-08-01T09:00:00Z R1 - P1 / 2026-06-30T09:00:00Z R1 900 P1 / "
    ...        "2026-07-01T09:00:00Z - 400 P1")
    80 / 2 = 40 (2 cases, too few)
    """
    known = "campaign_id IS NOT NULL AND cost IS NOT NULL"
    return Ratio(total("leads", "cost", at="created_at", where=known), count("leads", at="created_at", where=known))
