"""Money that flows between the two sides, and the rates between currencies."""

from __future__ import annotations

from channelnb.book.contract import RATE, Table
from channelnb.book.tables.columns import CURRENCY, column, money, one_of

MONEY_TABLES = (
    Table(
        "mdf_claims",
        "Claims on market development funds.",
        "MDF use, approvals, days to pay",
        (
            column("claim_id*", "the claim"),
            column("partner_id*", "the firm"),
            column("requested_on*", "day it was made"),
            money("amount_requested*", "money asked for"),
            one_of("decision", "approved denied pending", "what the vendor said"),
            column("decided_on", "day the vendor said it"),
            money("amount_approved", "money granted"),
            column("paid_on", "day it was paid"),
            money("amount_paid", "money paid"),
            column("reason", "why it was denied"),
            column("campaign_id", "what it is for"),
            CURRENCY,
        ),
        key="claim_id",
        dated="requested_on",
        known="requested_on",
        later={
            "decided_on": {"decision": "'pending'", "amount_approved": "NULL", "reason": "NULL"},
            "paid_on": {"amount_paid": "NULL"},
        },
    ),
    Table(
        "mdf_budgets",
        "Market development funds set aside for a partner.",
        "use of the budget before it expires",
        (
            column("partner_id*", "the firm"),
            column("quarter*", "fiscal quarter"),
            money("allocated*", "money set aside"),
            column("expires_on", "last day on which it can be claimed"),
            CURRENCY,
        ),
    ),
    Table(
        "incentives",
        "Rewards paid to partners.",
        "rewards for new business and for growth",
        (
            column("partner_id*", "the firm"),
            column("paid_on*", "day it was paid"),
            money("amount*", "money paid"),
            one_of("basis", "new_business growth other", "what it was for"),
            CURRENCY,
        ),
        dated="paid_on",
        known="paid_on",
    ),
    Table(
        "costs",
        "What it cost the vendor to serve a partner.",
        "contribution of a partner",
        (
            column("partner_id*", "the firm"),
            column("month*", "first day of the month"),
            column("kind*", "what kind of cost"),
            money("amount*", "the cost"),
            CURRENCY,
        ),
        dated="month",
        known="month",
    ),
    Table(
        "fx_rates",
        "Exchange rates by month.",
        "amounts in several currencies",
        (
            column("month*", "first day of the month"),
            column("currency*", "three-letter code"),
            column("rate*", "units of the vendor's currency for one of this currency", RATE),
            one_of("kind", "plan actual", "fixed for the year, or of the month"),
        ),
        known="CASE WHEN kind = 'plan' THEN NULL ELSE month END",
    ),
)
