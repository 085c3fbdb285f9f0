"""Capability: what a partner's people are able to do."""

from __future__ import annotations

from dataclasses import replace

from channelnb.metrics.derived import derive
from channelnb.metrics.held import ACTIVITY, DONE
from channelnb.metrics.parts import Amount, Composed, Numbers, Part, Ratio, Terms, Window, distinct, stock, total
from channelnb.metrics.registry import metric

# A certificate makes a partner able only as long as its holder works there.
_HOLDER = "LEFT JOIN salespeople AS holder ON holder.salesperson_id = f.salesperson_id"
_KNOWN_HOLDER = ("certifications.salesperson_id", "salespeople.partner_id", "salespeople.role")
derive(
    "certifications",
    "held_by_staff",
    "holder.role IN ('sales', 'technical') AND holder.partner_id = f.partner_id",
    needs=_KNOWN_HOLDER,
    join=_HOLDER,
)
derive("certifications", "held_from", "greatest(f.earned_on, holder.joined_on)", needs=_KNOWN_HOLDER, join=_HOLDER)
derive(
    "certifications",
    "holder_left_on",
    "CASE WHEN holder.left_on IS NOT NULL THEN greatest(f.earned_on, holder.left_on) END",
    needs=("certifications.salesperson_id", "salespeople.left_on"),
    join=_HOLDER,
)
derive("certifications", "held_until", "least(f.expires_on, holder.left_on)", needs=_KNOWN_HOLDER, join=_HOLDER)

# A line is one to grow when the vendor says so of any product in it.
_TO_GROW = "bool_or(coalesce(strategic, false) OR coalesce(emerging, false))"
_LINES = ("products.line", "products.strategic")
derive(
    "certifications",
    "line_to_grow",
    "coalesce(to_grow.is_so, false)",
    needs=("certifications.line", *_LINES),
    join=f"LEFT JOIN (SELECT line, {_TO_GROW} AS is_so FROM products WHERE line IS NOT NULL GROUP BY line) AS to_grow "
    "ON to_grow.line = f.line",
)
derive(
    "sales",
    "line_to_grow",
    "product_to_grow.is_so",
    needs=("sales.product_id", *_LINES),
    join=f"LEFT JOIN (SELECT product_id, {_TO_GROW} OVER (PARTITION BY coalesce(line, product_id)) AS is_so "
    "FROM products) AS product_to_grow ON product_to_grow.product_id = f.product_id",
)

_ASSESSED = "LEFT JOIN salespeople AS assessed ON assessed.salesperson_id = f.salesperson_id"
derive("assessments", "partner_id", "assessed.partner_id", needs=("salespeople.partner_id",), join=_ASSESSED)
derive("assessments", "person_and_area", "f.salesperson_id || ' ' || f.area", needs=("assessments.area",))
derive(
    "assessments",
    "stands_until",
    "least(lead(f.assessed_on) OVER (PARTITION BY f.salesperson_id, f.area "
    "ORDER BY f.assessed_on, f.tested NULLS FIRST, f.score), assessed.left_on)",
    needs=("assessments.assessed_on", "salespeople.partner_id"),
    join=_ASSESSED,
)

MONTHS_TO_APPLY = 6
"""How many months after the one of a training count for its being put to use: two quarters."""

_TRAINED_IN = (
    "%s.salesperson_id = f.salesperson_id AND %s.line = act.line AND %s.month > date_trunc('month', act.held_on) "
    f"AND %s.month <= date_trunc('month', act.held_on) + INTERVAL {MONTHS_TO_APPLY} MONTH"
)
derive(
    "attendance",
    "person_and_line",
    "f.salesperson_id || ' ' || act.line",
    needs=("attendance.salesperson_id", "activities.line"),
    join=ACTIVITY,
)
derive(
    "attendance",
    "sold_what_was_taught",
    f"EXISTS (SELECT 1 FROM {{sales.sold_on}} AS sold WHERE {_TRAINED_IN.replace('%s', 'sold')})",
    needs=("attendance.salesperson_id", "activities.line", "sales.salesperson_id", "sales.product_id", "products.line"),
    join=ACTIVITY,
)
derive(
    "attendance",
    "piped_what_was_taught",
    f"EXISTS (SELECT 1 FROM {{opportunities.created_on}} AS piped WHERE {_TRAINED_IN.replace('%s', 'piped')})",
    needs=(
        *("attendance.salesperson_id", "activities.line", "products.line"),
        *("opportunities.salesperson_id", "opportunities.product_id", "opportunities.created_on"),
    ),
    join=ACTIVITY,
)


def _certified(where: str = "true") -> Terms:
    """People who hold a certificate, less those of them who have left, where the source says who did."""
    holders = stock(
        "certifications", "salesperson_id", since="earned_on", until="expires_on", where=where, distinct=True
    )
    gone = replace(holders, at="holder_left_on", where=f"{where} AND holder_left_on IS NOT NULL", optional=True)
    return holders - gone


def _to_grow(window: Window) -> Part:
    return total("sales", "revenue", at="sold_on", where="is_revenue AND line_to_grow", window=window)


def _in_known_line(window: Window) -> Part:
    return total("sales", "revenue", at="sold_on", where="is_revenue AND line_to_grow IS NOT NULL", window=window)


@metric(category="capability", unit="count", better="higher", absent="no record of certificates")
def certified_people() -> Amount:
    """People who hold at least one certificate on the period's last day, and have not left the partner.

    A person certified in three lines counts once, and once in each line when measured by line. Where the source doesn't
    say who left, people who did count until their certificates end. People of any role count.

    Source: common practice in partner programmes, where tiers ask for a number of certified people.

    >>> worked("certified_people", certifications="salesperson_id line earned_on expires_on / "
    ...        "S1 Backup 2026-01-10 2027-01-10 / S1 Wireless 2026-02-10 2027-02-10 / "
    ...        "S2 Backup 2024-09-30 2026-09-30 / S3 Backup 2026-03-01 - / S4 Backup 2026-03-01 -",
    ...        salespeople="salesperson_id left_on / S1 - / S2 - / S3 2026-12-31 / S4 2026-08-31")
    2
    """
    return Amount(_certified())


@metric(category="capability", unit="share", better="higher", absent="no people who sell or advise", at_least=5)
def certified_coverage() -> Ratio:
    """Share of the partner's people who sell or advise, on the period's last day, who hold a certificate that day.

    By line it is the share of all those people who are certified in it, so lines don't add up. Certificates
    of people who left, moved to another firm or do something else count for nothing, and so do people of no known role.

    Source: common practice in partner programmes.

    >>> worked("certified_coverage", salespeople="salesperson_id partner_id role left_on / S1 P1 sales - / "
    ...        "S2 P1 technical - / S3 P1 other - / S4 P1 sales 2026-08-31",
    ...        certifications="salesperson_id earned_on / S1 2026-01-10 / S3 2026-01-10 / S4 2026-01-10")
    1 / 2 = 0.5 (2 cases, too few)
    """
    certified = stock(
        "certifications",
        "salesperson_id",
        since="held_from",
        until="held_until",
        where="held_by_staff",
        distinct=True,
    )
    people = stock(
        "salespeople",
        "salesperson_id",
        since="joined_on",
        until="left_on",
        where="role IN ('sales', 'technical')",
        distinct=True,
    )
    return Ratio(certified, replace(people, across=("line",)))


@metric(category="capability", unit="count", better="lower", absent="no record of certificates")
def certificates_expiring() -> Amount:
    """People one of whose certificates ends in the next period, as long as this one.

    Whoever has renewed it by then, or holds another one in the same line, is counted all the same: the certificate
    ends. By line a person counts once in each line in which one ends.

    Source: common practice in partner programmes.

    >>> worked("certificates_expiring", certifications="salesperson_id earned_on expires_on / "
    ...        "S1 2024-10-01 2026-10-01 / S1 2024-12-01 2026-12-01 / S2 2024-09-30 2026-09-30 / "
    ...        "S3 2025-01-01 2027-01-01")
    1
    """
    return Amount(distinct("certifications", "salesperson_id", at="expires_on", window=Window.NEXT))


@metric(category="capability", unit="share", better="higher", absent="nobody trained two quarters before", at_least=5)
def training_relevance() -> Ratio:
    """Share of the people trained in a line who sold it, or opened a deal in it, within the two quarters that followed.

    A case is a person and a line. Those trained two quarters ago are looked at now, when their time is up: a
    training of 15 January counts in July. What was sold or opened in the month of the training is left out,
    for it may have come before it. That they sold afterwards doesn't say that they sold because of it.

    Source: the third level, behaviour, of D. L. Kirkpatrick's evaluation of training (1959), read from sales.

    >>> worked("training_relevance", products="product_id line / G1 Backup / G2 Wireless",
    ...        activities="activity_id kind line held_on status / A1 training Backup 2026-02-10 done",
    ...        attendance="activity_id salesperson_id / A1 S1 / A1 S2 / A1 S3",
    ...        sales="salesperson_id product_id sold_on revenue / S1 G1 2026-08-20 5 / S2 G2 2026-03-20 5",
    ...        opportunities="salesperson_id product_id created_on / S2 G1 2026-02-03 / S3 G1 2026-09-02")
    1 / 3 = 0.333 (3 cases, too few)
    """
    trained = distinct(
        "attendance",
        "person_and_line",
        at=f"held_on + INTERVAL {MONTHS_TO_APPLY} MONTH",
        where=f"{DONE} AND kind = 'training'",
    )
    put_to_use = f"{trained.where} AND (sold_what_was_taught OR piped_what_was_taught)"
    return Ratio(replace(trained, where=put_to_use), trained)


@metric(category="capability", unit="score", better="higher", absent="no assessment")
def knowledge() -> Ratio:
    """Average score, 0 to 100, of what people were found to know, each by the latest assessment of each area.

    An assessment stands until the next one of the same person and area, and until the person leaves. The average
    hides who knows what: measure it by `area` and by `salesperson_id`. Scores that a manager judged are in it
    beside tested ones; `tested_share` says how many.

    Source: common practice in sales enablement.

    >>> worked("knowledge", salespeople="salesperson_id partner_id / S1 P1 / S2 P1",
    ...        assessments="salesperson_id area score assessed_on / S1 product 40 2025-05-01 / "
    ...        "S1 product 70 2026-05-01 / S1 market 60 2026-05-01 / S2 product 50 2026-05-01 / "
    ...        "S2 product 90 2026-10-01")
    180 / 3 = 60
    """
    standing = stock("assessments", "score", since="assessed_on", until="stands_until")
    return Ratio(standing, replace(standing, of="1"))


@metric(category="capability", unit="share", better="higher", absent="no assessment", at_least=5)
def tested_share() -> Ratio:
    """Share of the assessments standing on the period's last day that are the result of a test.

    The others are a manager's judgement, or nobody said how they came about.

    Source: common practice in sales enablement.

    >>> worked("tested_share", salespeople="salesperson_id partner_id / S1 P1",
    ...        assessments="salesperson_id area score assessed_on tested / S1 product 40 2025-05-01 true / "
    ...        "S1 product 70 2026-05-01 false / S1 market 60 2026-05-01 true / S1 skills 60 2026-05-01 -")
    1 / 3 = 0.333 (3 cases, too few)
    """
    standing = stock("assessments", "person_and_area", since="assessed_on", until="stands_until", distinct=True)
    return Ratio(replace(standing, where="tested"), standing)


@metric(category="capability", unit="share", better="higher", absent="no twelve months of sales of known products")
def strategic_share() -> Ratio:
    """Share of the last twelve months' revenue that is in lines which the vendor calls strategic or emerging.

    A line is one when any of its products is, as the source has it today. Sales that name no product are
    in neither side.

    Source: industry practice: specialisation in a supplier's focus lines.

    >>> worked("strategic_share", products="product_id line strategic emerging / G1 Backup true false / "
    ...        "G2 Backup false false / G3 Wireless false true / G4 Switching false false",
    ...        sales="product_id sold_on revenue / G2 2025-10-01 10 / G3 2026-09-01 20 / G4 2026-08-01 70 / "
    ...        "- 2026-08-01 900 / G4 2025-09-01 500")
    30 / 100 = 0.3
    """
    return Ratio(_to_grow(Window.T12), _in_known_line(Window.T12))


def _points_gained(now: Numbers, whole: Numbers, before: Numbers, whole_before: Numbers) -> Numbers:
    """The share now less the share before, in percentage points."""
    gained = 100 * (now / whole - before / whole_before)
    told: Numbers = gained.copy()
    told[~((whole > 0) & (whole_before > 0))] = float("nan")
    return told


@metric(category="capability", unit="points", better="higher", absent="no two years of sales of known products")
def strategic_share_change() -> Composed:
    """Change of the share in strategic or emerging lines on the twelve months before, in percentage points.

    Lines are those called strategic or emerging today, in both years: it tells what was sold, not what was renamed.

    Source: industry practice: the trajectory of a partner's specialisation.

    >>> worked("strategic_share_change", products="product_id line strategic / G1 Backup true / G2 Wireless false",
    ...        sales="product_id sold_on revenue / G1 2024-10-01 10 / G2 2025-09-30 90 / G1 2025-10-01 30 / "
    ...        "G2 2026-09-01 70")
    20
    """
    parts = (_to_grow(Window.T12), _in_known_line(Window.T12))
    return Composed(_points_gained, (*parts, *(part.over(Window.PRIOR_T12) for part in parts)))


@metric(category="capability", unit="count", better="higher", absent="no record of certificates")
def strategic_certified_people() -> Amount:
    """People who hold a certificate in a strategic or emerging line on the period's last day.

    A person counts once, whatever the number of such lines. Lines are those called so today; whoever has left the
    partner doesn't count.

    Source: industry practice: certified depth in a supplier's focus lines.

    >>> worked("strategic_certified_people", products="product_id line strategic / G1 Backup true / G2 Wireless false",
    ...        certifications="salesperson_id line earned_on / S1 Backup 2026-01-10 / S1 Backup 2026-02-10 / "
    ...        "S2 Wireless 2026-01-10 / S3 Backup 2026-10-01")
    1
    """
    return Amount(_certified("line_to_grow"))
