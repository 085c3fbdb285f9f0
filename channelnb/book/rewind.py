"""SQL that shows a landed table as it was known on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from channelnb.book.contract import QUARTER, TIMESTAMP, Table
from channelnb.book.given import literal, quoted
from channelnb.fiscal import FiscalCalendar

# A budget is set before its quarter begins; what else is told by quarter is known once it has begun.
_AHEAD = frozenset({"mdf_budgets"})

CHANGING = {
    "channel": "channel",
    "tier": "tier",
    "manager_id": "manager",
    "employees": "headcount",
    "sales_staff": "sales staff",
}
"""What is true of a partner on a day, and carries no date in its own row: only its history can tell it."""


def with_all_columns(table: Table, rows: str, *, columns: Iterable[str]) -> str:
    """The SELECT of rows with every column of the contract, absent ones NULL, then the others.

    `columns` are those that `rows` has.

    >>> from channelnb.book.tables import CONTRACT
    >>> with_all_columns(CONTRACT["tiers"], "kept.tiers", columns=["tier", "metric", "remark"])
    'SELECT "tier", "metric", CAST(NULL AS DOUBLE) AS "at_least", "remark" FROM kept.tiers'
    """
    given = list(columns)
    whole = [
        quoted(c.name) if c.name in given else f"CAST(NULL AS {c.sql_type}) AS {quoted(c.name)}" for c in table.columns
    ]
    extra = [quoted(name) for name in given if name not in table.by_name]
    return f"SELECT {', '.join(whole + extra)} FROM {rows}"


def rewound(table: Table, rows: str, *, columns: Iterable[str], as_of: date, calendar: FiscalCalendar) -> str:
    """The SELECT of a table's rows as they were known on `as_of`, with every column of the contract.

    Rows known later are left out, and what happened later within a row is taken back. `columns` are
    those that `rows` has.

    >>> from channelnb.book.tables import CONTRACT
    >>> con = __import__("duckdb").connect()
    >>> deals = "(SELECT 'D1' AS opportunity_id, 'won' AS outcome, DATE '2026-10-02' AS closed_on)"
    >>> names = ["opportunity_id", "outcome", "closed_on"]
    >>> known = rewound(
    ...     CONTRACT["opportunities"], deals, columns=names, as_of=date(2026, 9, 30), calendar=FiscalCalendar()
    ... )
    >>> con.execute(f"SELECT opportunity_id, outcome, closed_on FROM ({known})").fetchall()
    [('D1', 'open', None)]
    """
    day = f"DATE '{as_of}'"
    told = [f"{sql} AS {quoted(name)}" for name, sql in _as_told(table, day).items()]
    shown = f"* REPLACE ({', '.join(told)})" if told else "*"
    where = _known_by(table, day, calendar.quarter_of(as_of))
    return f"SELECT {shown} FROM ({with_all_columns(table, rows, columns=columns)}){f' WHERE {where}' if where else ''}"


def as_it_was(rows: str, history: str, *, columns: Iterable[str], as_of: date) -> str:
    """The SELECT of partners with what changed after `as_of` as it was before, where their history tells.

    `rows` is the SELECT of the partners, `history` the table of what was true when, `columns` those that it
    has. Without a later change a partner's row stands, and so it does where nothing is told of the time before.

    >>> con = __import__("duckdb").connect()
    >>> partners = "SELECT 'P1' AS partner_id, 'gold' AS tier"
    >>> told = "(SELECT 'P1' AS partner_id, unnest(['silver', 'gold']) AS tier, "
    >>> told += "unnest([DATE '2025-01-01', DATE '2026-10-01']) AS valid_from)"
    >>> then = as_it_was(partners, told, columns=["partner_id", "tier", "valid_from"], as_of=date(2026, 9, 30))
    >>> con.execute(then).fetchall()
    [('P1', 'silver')]
    """
    changing = [name for name in columns if name in CHANGING]
    if not changing:
        return rows
    day = f"DATE '{as_of}'"
    told = ", ".join(
        f"count({name}) FILTER (WHERE valid_from > {day}) > 0 AS later_{name}, "
        f"arg_max({name}, valid_from) FILTER (WHERE valid_from <= {day} AND {name} IS NOT NULL) AS {name}"
        for name in changing
    )
    shown = ", ".join(
        f"CASE WHEN told.later_{name} THEN coalesce(told.{name}, firm.{name}) ELSE firm.{name} END AS {name}"
        for name in changing
    )
    return (
        f"SELECT firm.* REPLACE ({shown}) FROM ({rows}) AS firm "
        f"LEFT JOIN (SELECT partner_id, {told} FROM {history} GROUP BY partner_id) AS told USING (partner_id)"
    )


def undated(partners: Iterable[str], history: Iterable[str] = ()) -> list[str]:
    """What of a partner cannot be taken back to a day, in words: it changes, and no date tells when.

    Needs the columns that the source gives of `partners` and of `partner_history`.

    >>> undated(["partner_id", "name", "channel", "tier", "region"], history=["partner_id", "valid_from", "tier"])
    ['channel', 'region']
    """
    told = {*history}
    changing = {**CHANGING, "region": "region", "segment": "segment"}
    return [word for name, word in changing.items() if name in {*partners} and name not in told]


def last_day(table: Table) -> str:
    """SQL for the last day on which something is told in a row that is placed in time; "" for other tables.

    An event that changes what a row says (a deal closed, a claim paid) counts as much as the row itself.

    >>> from channelnb.book.tables import CONTRACT
    >>> last_day(CONTRACT["surveys"])
    'greatest(CAST(sent_on AS DATE), CAST("answered_on" AS DATE))'
    """
    if not table.dated:
        return ""
    events = [name for name, said in table.later.items() if said and name not in said]
    days = [f"CAST({table.known or table.dated} AS DATE)", *(f"CAST({quoted(name)} AS DATE)" for name in events)]
    return f"greatest({', '.join(days)})"


def _as_told(table: Table, day: str) -> dict[str, str]:
    """The columns that read otherwise before a later event, and the SQL of what they read."""
    cases: dict[str, list[str]] = {}
    for event, before in table.later.items():
        is_time = table.by_name[event].kind == TIMESTAMP
        later = f"{f'CAST({quoted(event)} AS DATE)' if is_time else quoted(event)} > {day}"
        for name, value in {event: "NULL", **before}.items():
            cases.setdefault(name, []).append(f"WHEN {later} THEN {value}")
    return {name: f"CASE {' '.join(whens)} ELSE {quoted(name)} END" for name, whens in cases.items()}


def _known_by(table: Table, day: str, quarter: str) -> str:
    if table.known:
        return f"coalesce({table.known} <= {day}, true)"
    labels = [c.name for c in table.columns if c.kind == QUARTER]
    if labels and table.name not in _AHEAD:
        return f"{quoted(labels[0])} <= {literal(quarter)}"
    return ""


def plans_committed(first_month: int) -> str:
    """The SELECT of the plans that were agreed, at every level, over the view `plans`.

    For each partner, manager, person and month: the latest committed version made by the first day of
    that month's fiscal quarter, else the earliest one made later, with all its lines. A version is the
    whole plan, so a line that it leaves out is planned no more. A plan without a day is as old as can
    be, one without a status is committed. Firms that merged had versions each of its own, so the
    partner is the one that the row was of.

    >>> con = __import__("duckdb").connect()
    >>> _ = con.execute(
    ...     "CREATE VIEW plans AS SELECT 'P1' AS original_partner_id, NULL AS manager_id, NULL AS salesperson_id, "
    ...     "NULL AS line, DATE '2026-08-01' AS month, v AS version, 'committed' AS status, made_on, target_revenue "
    ...     "FROM (VALUES ('a', DATE '2026-06-01', 10), ('b', DATE '2026-07-15', 20)) AS t(v, made_on, target_revenue)"
    ... )
    >>> con.execute(f"SELECT version, target_revenue FROM ({plans_committed(1)})").fetchall()
    [('a', 10)]
    """
    return (
        f"SELECT * EXCLUDE (in_time) FROM (SELECT plans.*, coalesce(made_on <= {_quarter_of_month(first_month)}, true) "
        "AS in_time FROM plans "
        "WHERE coalesce(status, 'committed') = 'committed') "
        # Rows that tie are lines of one version: all of them count.
        "QUALIFY rank() OVER (PARTITION BY original_partner_id, manager_id, salesperson_id, month "
        "ORDER BY in_time DESC, CASE WHEN in_time THEN made_on END DESC NULLS LAST, "
        "CASE WHEN in_time THEN version END DESC NULLS LAST, made_on, version) = 1"
    ).replace("in_time", '"#in_time"')


def plans_in_force(first_month: int) -> str:
    """The SELECT of the plans that count, each amount once, over the views `plans` and `partners`.

    Of `plans_committed`, month by month: a partner's plan is its own rows where it has any, else those of its
    people. Where it has both, its people's rows count by person, and rows of the person NULL, of the same amounts
    taken off, leave to nobody what the partner's own rows hold beyond them (less than nothing where its people are
    to sell more than the partner). They are of the person's line, unless the partner's own rows name no line. Rows
    of a manager, without a partner, count where none of the manager's partners or people has any; rows that name
    nobody where no row of the month names anybody. A row of a partner that names no manager is of the partner's.

    >>> con = __import__("duckdb").connect()
    >>> _ = con.execute(
    ...     "CREATE TABLE partners AS SELECT 'P1' AS partner_id, 'M1' AS manager_id; CREATE VIEW plans AS SELECT firm "
    ...     "AS partner_id, firm AS original_partner_id, manager AS manager_id, person AS salesperson_id, "
    ...     "NULL AS line, DATE '2026-08-01' AS month, NULL AS version, NULL AS status, NULL::DATE AS made_on, "
    ...     "target AS target_revenue, NULL::INT AS target_profit FROM (VALUES ('P1', NULL, NULL, 100), "
    ...     "('P1', NULL, 'S1', 70), (NULL, 'M1', NULL, 900)) AS t(firm, manager, person, target)"
    ... )
    >>> con.execute(f"SELECT salesperson_id, target_revenue FROM ({plans_in_force(1)}) ORDER BY ALL").fetchall()
    [('S1', 70), (None, -70), (None, 100)]
    """
    below = "(original_partner_id IS NOT NULL OR salesperson_id IS NOT NULL)"
    of_firm = "OVER (PARTITION BY original_partner_id, month)"
    levels = (
        "SELECT *, original_partner_id IS NOT NULL AND salesperson_id IS NOT NULL "
        f"AND bool_or(salesperson_id IS NULL) {of_firm} AS twice, "
        f"bool_or(salesperson_id IS NULL AND line IS NOT NULL) {of_firm} AS by_line, "
        f"CASE WHEN {below} THEN false WHEN manager_id IS NULL "
        f"THEN bool_or({below} OR manager_id IS NOT NULL) OVER (PARTITION BY month) "
        f"ELSE bool_or({below}) OVER (PARTITION BY manager_id, month) END AS held_below "
        "FROM (SELECT plan.* REPLACE (coalesce(plan.manager_id, firm.manager_id) AS manager_id) "
        f"FROM ({plans_committed(first_month)}) AS plan "
        "LEFT JOIN partners AS firm ON firm.partner_id = plan.partner_id)"
    )
    once = (
        "SELECT * EXCLUDE (held_below), unnest(CASE WHEN twice THEN [false, true] ELSE [false] END) AS taken_off "
        f"FROM ({levels}) WHERE NOT held_below"
    )
    off = ", ".join(
        f"CASE WHEN taken_off THEN -{name} ELSE {name} END AS {name}" for name in ("target_revenue", "target_profit")
    )
    sql = (
        "SELECT * EXCLUDE (twice, by_line, taken_off) REPLACE "
        "(CASE WHEN NOT taken_off THEN salesperson_id END AS salesperson_id, "
        f"CASE WHEN by_line OR NOT taken_off THEN line END AS line, {off}) FROM ({once})"
    )
    for name in ("held_below", "twice", "by_line", "taken_off"):
        sql = sql.replace(name, f'"#{name}"')
    return sql


def forecasts_in_force(first_month: int) -> str:
    """The SELECT of the forecasts as they stood at the start of a quarter, over the view `forecasts`.

    For each partner, month, line and maker: the last one made by the first day of that month's fiscal quarter. A
    later one in one sum takes the place of those by line, and later ones by line that of the sum. Rows of one
    day are parts of one forecast: all of them count. Firms that merged had forecasts each of its own.

    >>> con = __import__("duckdb").connect()
    >>> _ = con.execute(
    ...     "CREATE VIEW forecasts AS SELECT 'P1' AS original_partner_id, DATE '2026-08-01' AS month, NULL AS line, "
    ...     "NULL AS made_by, * FROM "
    ...     "(VALUES (DATE '2026-06-01', 10), (DATE '2026-07-01', 20), (DATE '2026-07-02', 30)) AS t(as_of, amount)"
    ... )
    >>> con.execute(f"SELECT amount FROM ({forecasts_in_force(1)})").fetchall()
    [(20,)]
    """
    made = "original_partner_id, month, made_by"
    return (
        f"SELECT * FROM forecasts WHERE as_of <= {_quarter_of_month(first_month)} "
        f"QUALIFY as_of = max(as_of) OVER (PARTITION BY {made}, line) "
        f"AND as_of >= coalesce(max(as_of) FILTER (line IS NULL) OVER (PARTITION BY {made}), as_of) "
        f"AND (line IS NOT NULL OR as_of = max(as_of) OVER (PARTITION BY {made}))"
    )


def _quarter_of_month(first_month: int) -> str:
    """SQL for the first day of the fiscal quarter in which the column `month` lies."""
    return f"CAST(month - to_months((month(month) - {first_month} + 12) % 12 % 3) AS DATE)"
