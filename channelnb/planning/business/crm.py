"""A plan as a file that a CRM can load."""

from __future__ import annotations

import csv
import hashlib
import io

import pandas as pd

from channelnb.formulas import harmless
from channelnb.frames import records

COLUMNS = [
    *("external_id", "partner_id", "partner_name", "line", "month", "revenue", "currency", "version", "status"),
]


def plan_for_crm(plan: pd.DataFrame, *, partner_name: str, currency: str, version: str, status: str) -> pd.DataFrame:
    """A plan as a CRM takes it: one row for each partner, line and month, as text.

    Needs partner_id, line, month and revenue, as `make_plan` gives them. `external_id` is the same whatever the
    version, so that loading a later one updates the records and doubles none; `month` is the first day of the month,
    `revenue` a plain number with two decimals.

    >>> plan = pd.DataFrame({"partner_id": ["P1"], "line": "Disks", "month": [pd.Timestamp("2026-10-01")]})
    >>> plan = plan.assign(revenue=1234.5)
    >>> rows = plan_for_crm(plan, partner_name="Ada", currency="USD", version="v1", status="draft")
    >>> rows.drop(columns="external_id").iloc[0].tolist()
    ['P1', 'Ada', 'Disks', '2026-10-01', '1234.50', 'USD', 'v1', 'draft']
    """
    rows = plan[["partner_id", "line", "month", "revenue"]].sort_values(["partner_id", "line", "month"])
    months = [pd.Timestamp(month).date().isoformat() for month in rows["month"]]
    keys = zip(rows["partner_id"], rows["line"], months, strict=True)
    made = rows.assign(
        external_id=[external_id(str(firm), str(line), month) for firm, line, month in keys],
        partner_name=partner_name,
        month=months,
        revenue=[f"{amount:.2f}" for amount in rows["revenue"]],
        currency=currency,
        version=version,
        status=status,
    )
    return made[COLUMNS].reset_index(drop=True)


def external_id(partner_id: str, line: str, month: str) -> str:
    """The key of a partner's plan for a line and month; of letters that a CRM keeps apart whatever their case.

    >>> external_id("P1", "Disks", "2026-10-01")
    'cn-0f97045ae9a3ca96'
    """
    return f"cn-{hashlib.sha256(chr(10).join((partner_id, line, month)).encode()).hexdigest()[:16]}"


def crm_csv(rows: pd.DataFrame) -> bytes:
    """The rows of `plan_for_crm` as a CSV file (RFC 4180, UTF-8): a text that a sheet would run is marked as text.

    >>> crm_csv(pd.DataFrame({"line": ["=1+1", "a, b"], "revenue": ["5.00", "-1.00"]})).decode().splitlines()
    ['line,revenue', "'=1+1,5.00", '"a, b",-1.00']
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(rows.columns)
    for row in records(rows):
        writer.writerow([value if name == "revenue" else harmless(str(value)) for name, value in row.items()])
    return buffer.getvalue().encode("utf-8")
