"""Figures that are no metric of the catalogue: what reports count, add up or work out of others, each in a line."""

from __future__ import annotations

from collections.abc import Mapping

_DEALS, _SALES, _PROMISED = "opportunities", "sales", "commitments"

COUNTED: Mapping[str, tuple[str, str, str]] = {
    # What stands beside any figure.
    "cases": ("Cases", "number of rows or firms that the figure rests on", ""),
    "interval_low": ("Lower end", "lower end of the 95 % interval; of a score, of the range it takes", ""),
    "interval_high": ("Upper end", "upper end of the 95 % interval; of a score, of the range it takes", ""),
    "score": ("Score", "share of its target reached, by metric; mean by the weights of the scorecard", ""),
    # The partner, and what is told of it.
    "employees": ("Employees", "as the vendor's data have it", "partners"),
    "firms_of_group": ("Firms of the group", "number of firms under the same firm that are still partners", "partners"),
    "resellers": ("Resellers", "number of firms that buy through the distributor", "partners"),
    "people_assessed": ("People assessed", "number of people with an assessment", "assessments"),
    "knowledge": ("Knowledge", "mean score of a person's latest assessments in the area", "assessments"),
    "periods_covered": ("Periods", "number of periods that sales data cover", _SALES),
    "lines_sold": ("Lines", "number of product lines with revenue on record in the period", _SALES),
    "share_of_revenue": ("Share of revenue", "revenue of the line ÷ revenue", _SALES),
    "missing_revenue": ("Missing revenue", "(goal − share) × all that the partner sold in the line", "sales, wallet"),
    "measures": ("Measures", "number of measures of the category that tell something of one partner", ""),
    "measures_with_figure": ("Measures with a figure", "of them, those with a figure", ""),
    "measures_compared": ("Measures compared", "number of measures with a figure of the partner and of its peers", ""),
    "measures_beside_peers": ("Measures beside peers", "number of measures with a sure figure of both", ""),
    "measures_drawn": ("Measures drawn", "of them, those that the picture has room for", ""),
    "notably_better": ("Notably better", "number of measures better than peers by more than chance", ""),
    "notably_worse": ("Notably worse", "number of measures worse than peers by more than chance", ""),
    "signs_of_leaving": ("Signs of leaving", "number of signs that are on, of those that can be told", ""),
    "good_leads": ("Good leads", "leads given × their score, or those accepted, in four quarters", "leads"),
    # What was restated.
    "restatement": ("Restatement", "revenue now − revenue as first reported, by cause", _SALES),
    "periods_restated": ("Periods restated", "number of earlier periods whose revenue changed", _SALES),
    # What changed since the review before.
    "partners_now_under_plan": ("Now under plan", "number of partners at plan or over before and under it now", ""),
    "partners_now_over_plan": ("Now at plan", "number of partners under plan before and at it or over now", ""),
    "partners_now_under_target": ("Now under target", "number of partners whose pipeline index fell under target", ""),
    "partners_now_over_target": ("Now at target", "number of partners whose pipeline index came to target", ""),
    "partners_new_since": ("New partners", "number of partners that the review before did not know", "partners"),
    "partners_left_since": ("Partners that left", "number of partners that left since the review before", "partners"),
    "partners_merged_since": ("Firms merged in", "number of partners that a firm merged into since", "partners"),
    "partners_of_other_tier": ("Other tiers", "number of partners whose tier is another one now", "partners"),
    # Promises, goals and proposals.
    "promises": ("Promises", "number of promises due in the period, by side and result", _PROMISED),
    "misses": ("Misses", "times that the promise was missed", _PROMISED),
    "missed_again": ("Missed again", "number of promises missed for a second time or more", _PROMISED),
    "proposals": ("Proposals", "number of promises proposed for the period", ""),
    "proposal_cost": ("Cost of a proposal", "what the action costs, as the run's parameters say", ""),
    "proposal_gain": (
        "Gain of a proposal",
        "what reaching its target would bring, worked out from what it rests on",
        "",
    ),
    "goals": ("Goals", "number of goals that the plan proposes", ""),
    "next_target": ("Target", "what the last periods reached, carried on; set in the meeting", ""),
    # The open pipeline.
    "open_deals": ("Open deals", "number of deals open on the period's last day", _DEALS),
    "deal_amount": ("Amount of the deal", "as the partner's data have it", _DEALS),
    "top_three_share": ("Share of the three largest", "amount of the three largest open deals ÷ of all", _DEALS),
    "undated_deals": ("Deals without a date", "number of open deals that do not say when they are due", _DEALS),
    "overdue_deals": ("Overdue deals", "number of open deals past the day on which they were due", _DEALS),
    "overdue_pipeline": ("Overdue pipeline", "sum of amount of open deals past their day", _DEALS),
    "due_deals": ("Deals due", "number of open deals due in the period", _DEALS),
    "due_share": ("Share of the pipeline due", "amount of the deal ÷ amount of all due in the period", _DEALS),
    "top_three_due_share": ("Share of the three largest", "amount of the three largest due ÷ of all due", _DEALS),
    "pulled_deal": ("Deal to bring forward", "amount of the deal", _DEALS),
    "pulled_deals": ("Deals to bring forward", "number of deals that would close the gap", _DEALS),
    "pulled_value": ("Value brought forward", "sum of amount of the deals that move", _DEALS),
    # The chance of meeting plan, and how such chances fared.
    "plan_chance": ("Chance of meeting plan", "runs that reach plan ÷ runs of the simulation", "opportunities, plans"),
    "runs": ("Runs", "number of runs of the simulation", ""),
    "runs_at_plan": ("Runs at plan", "number of runs that reach plan", ""),
    "foretold_revenue": ("Revenue foretold", "the middle of all runs; eight in ten lie between the ends", _DEALS),
    "foretold_open_deals": ("Open deals counted", "number of deals that the simulation counts", _DEALS),
    "foretold_won": ("Won of open deals", "mean over the runs of what open deals bring", _DEALS),
    "usually_won": (
        "Usually won",
        "what deals open at this point of a period bring in it: the last year's mean, at the season's level",
        _DEALS,
    ),
    "won_on_top": (
        "Share that shows in revenue",
        "of what open deals bring beyond or below the usual, the part seen in revenue (least squares, all partners)",
        "sales, opportunities, plans",
    ),
    "revenue_to_date": ("Revenue to date", "sum of revenue of the period up to the day", _SALES),
    "opened_within_share": (
        "From deals opened afterwards",
        "won from deals opened and won after this point of a period ÷ revenue after it, over the last year",
        "sales, opportunities",
    ),
    "without_deal_share": (
        "Without a deal",
        "revenue after this point of a period without a deal won ÷ all of it, over the last year",
        "sales, opportunities",
    ),
    "past_forecasts": ("Past forecasts", "number of past forecasts made the same way", _DEALS),
    "past_reached": ("Plans reached", "of them, those whose period reached plan", "sales, plans"),
    "past_chance": ("Chance given", "mean of the chances that were given", _DEALS),
    "past_share_reached": ("Share reached", "plans reached ÷ past forecasts", "sales, plans"),
    "past_error": ("Error", "mean squared difference of the chance and what came (Brier)", _DEALS),
    "past_error_of_base": ("Error of the base rate", "the same, had each chance been the mean", _DEALS),
    "past_within": ("Within the range", "share of past periods whose revenue lay in the range foretold", _SALES),
    # Slippage of the past.
    "slip_due_deals": (
        "Deals due",
        "number of deals due in the quarter as it began",
        "opportunities, pipeline_history",
    ),
    "slip_slipped_deals": (
        "Deals slipped",
        "of them, those that closed later or are open",
        "opportunities, pipeline_history",
    ),
    "slip_due": ("Due", "sum of amount of the deals due", "opportunities, pipeline_history"),
    "slip_slipped": ("Slipped", "sum of amount of the deals that slipped", "opportunities, pipeline_history"),
    "slip_share": ("Share slipped", "amount that slipped ÷ amount due", "opportunities, pipeline_history"),
    "slip_days": ("Days late", "median of the days by which deals slipped", "opportunities, pipeline_history"),
    # Bridges.
    "plan_bridge": ("Step from plan to actual", "the part of the difference that goes with the step", "sales, plans"),
    "year_bridge": ("Step from last year to this", "the part of the difference that goes with the step", _SALES),
    # The business plan.
    "plan_growth": ("Growth planned", "planned revenue ÷ revenue of the twelve months before − 1", "sales, plans"),
    "plan_compared": (
        "Difference of plans",
        "what a plan holds − what the one in force holds, month by month",
        "plans",
    ),
    "plan_input": ("Input of the plan", "what was put in for the line: a percentage, or an amount", ""),
    "plan_input_later": ("Input for later years", "the percentage put in for what follows the first year", ""),
    "planned_lines": ("Lines planned", "number of lines planned in this way", ""),
    "vendor_keeps": ("What the vendor keeps", "revenue − cost − rebate − MDF − incentives − cost to serve", ""),
    "partner_keeps": ("What the partner keeps", "resale revenue − revenue + rebate + MDF + incentives", ""),
    "vendor_keeps_share": ("Share that the vendor keeps", "what the vendor keeps ÷ revenue", ""),
    "partner_keeps_share": ("Share that the partner keeps", "what the partner keeps ÷ what it pays (revenue)", ""),
    "agenda_minutes": ("Length of the meeting", "minutes of each item on the agenda, added up", ""),
    "agenda_more": ("More on the agenda", "number of items on the agenda that the summary does not name", ""),
    # A manager's partners.
    "portfolio_partners": ("Partners", "number of partners that are the manager's on the day", "partners"),
    "portfolio_left": (
        "Partners that left",
        "number of the manager's partners that left within the period",
        "partners",
    ),
    "plans_of_left": (
        "Plans of those that left",
        "number of partners that left and have a plan for the period",
        "plans",
    ),
    "partners_with_plan": ("Partners with a plan", "number of them with a plan for the period", "plans"),
    "partners_without_plan": ("Partners without a plan", "number of them that sold and have no plan", "sales, plans"),
    "partners_behind_plan": ("Partners behind plan", "number of them whose revenue is below plan", "sales, plans"),
    "partners_at_or_above_plan": ("Partners at plan", "number of them at or above plan", "sales, plans"),
    "partners_with_index": ("Partners with an index", "number of them with a pipeline index", "opportunities, plans"),
    "partners_under_target": (
        "Partners under target",
        "number of them under the pipeline target",
        "opportunities, plans",
    ),
    "promises_due": ("Promises due", "number of promises due in the period", _PROMISED),
    "promises_met": ("Promises met", "of them, those that were met", _PROMISED),
    "promises_missed": ("Promises missed", "of them, those that were missed", _PROMISED),
    "promises_missed_again": ("Missed again", "of them, those missed before too", _PROMISED),
    "promises_not_scored": ("Promises not scored", "of them, those that are open or cannot be measured", _PROMISED),
    "reviews_overdue": ("Reviews overdue", "number of partners whose review is overdue", "activities"),
    "reviews_told": ("Reviews on record", "number of partners of whose reviews the data tell", "activities"),
    "partners_with_signs_of_leaving": ("Signs of leaving", "number of partners with a sign that is on", ""),
    "partners_watched": ("Partners watched", "number of partners that are watched for signs of leaving", ""),
    "partners_placed": ("Partners scored", "number of them with a score in both performance and activity", ""),
    "partners_without_scores": ("Partners not scored", "number of them that lack one of the two scores", ""),
    "partners_in_quadrant": (
        "Partners by what they call for",
        "number of them whose scores, with their ranges, lie on one side of both medians; the others are undecided",
        "",
    ),
    "score_median": ("Median score", "median of the scores of all the vendor's partners in the period", ""),
    # Funds, marketing and capability.
    "earned": ("Earned", "rebates, incentives and MDF paid in the period", "sales, incentives, mdf_claims"),
    "funds_left": ("Funds left", "allocated − approved or paid, before they expire", "mdf_budgets, mdf_claims"),
    "funds_lapsed": ("Funds lapsed", "what was left of budgets as they expired", "mdf_budgets, mdf_claims"),
    "mdf_claims_approved": ("Claims approved", "number of claims approved", "mdf_claims"),
    "mdf_claims_denied": ("Claims denied", "number of claims denied", "mdf_claims"),
    "mql": ("Marketing qualified leads", "number of leads that became marketing qualified", "leads"),
    "sql": ("Sales qualified leads", "number of leads that became sales qualified", "leads"),
    "share_of_years_revenue": ("Share of a year's revenue", "revenue of the line ÷ revenue, in twelve months", _SALES),
    "certificates_ending": (
        "Certificates ending",
        "number of people whose certificate ends in the quarter",
        "certifications",
    ),
    "certified_then": ("Certified then", "number of people still certified at the quarter's end", "certifications"),
    "certified_needed": (
        "Certified people needed",
        "number that the next tier or the plan asks for",
        "tiers, certifications",
    ),
    "certified_missing": ("Certified people missing", "number needed − number certified", "tiers, certifications"),
    "training_planned": ("Training planned", "number of sessions planned in the quarter", "activities"),
    # What a side keeps waiting.
    "waiting": ("Waiting", "number of cases that wait for an answer", ""),
    "waiting_late": ("Waiting late", "of them, those that wait longer than three in four take", ""),
    "waiting_money": ("Money waiting", "sum of amount of the cases that wait", ""),
    "waiting_late_money": ("Money waiting late", "sum of amount of those that wait late", ""),
    "waiting_oldest": ("Longest wait", "days since the oldest case began to wait", ""),
    "waiting_usual": ("Usual wait", "days within which three in four are answered", ""),
}
"""By the name of the figure: its label, how it is worked out, and the tables that it is worked out from."""

OF_PLANS: Mapping[str, str] = {
    "list_price": "List price",
    "resale_revenue": "Resale revenue",
    "discount": "Discount",
    "cost": "Cost",
    "rebate": "Rebate",
    "mdf": "MDF",
    "incentives": "Incentives",
    "cost_to_serve": "Cost to serve",
}
"""Amounts that a plan is worked out in; each has a rate of the same name, which the last twelve months give."""
INTERNAL = frozenset({"cost", "cost_rate", "cost_to_serve_rate", "vendor_keeps", "vendor_keeps_share", "vendor_profit"})
"""Figures whose formulas a partner's edition leaves out."""
