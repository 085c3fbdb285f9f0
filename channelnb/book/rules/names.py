"""Rules on names: firms, ids and labels that are written in more than one way."""

from __future__ import annotations

from channelnb.book.contract import TEXT, Table
from channelnb.book.rules.rule import Rule
from channelnb.book.tables import CONTRACT

_LEGAL_FORMS = (
    "ab ag aps as asa bhd bv co company corp corporation eg ek ev gbr gmbh inc incorporated kg kgaa kk "
    "limited llc llp lp ltd mbh nv ohg oy oyj plc pte pty pvt sa sab sarl sas sasu sdn se sl spa srl ug zrt"
).replace(" ", "|")
_LABELS = frozenset(["channel", "region", "country", "segment", "tier", "line", "category", "territory", "programme"])

# Points and strokes within a legal form go before the other marks do, so that "S.A." and "A/S" are one word.
_PLAIN = "regexp_replace(regexp_replace(lower(strip_accents(name)), '[./''’]', '', 'g'), '[^\\p{L}\\p{N}]+', ' ', 'g')"
_SAME_FIRM = f"replace(regexp_replace(trim({_PLAIN}), '( ({_LEGAL_FORMS}|and|und|et))+$', ''), ' ', '')"

# Tables whose keys other tables name: an id written in two ways splits what belongs together.
_REFERRED = {column.refers: None for table in CONTRACT.values() for column in table.columns if column.refers}

_NEAR_DUPLICATES = Rule(
    name="near_duplicate_partner",
    severity="warning",
    table="partners",
    column="name",
    needs=("partners.name",),
    reason="Partners with different ids have the same name, but for case, spaces, marks and legal form: one firm "
    "may be counted as two, each with half of its revenue.",
    remedy="If they are one firm, set `merged_into` or map both to one id; if one owns the other, set `parent_id`.",
    # A firm's own parent, or the firm that took it over, may well have its name.
    sql=f"""
        WITH named AS (
            SELECT partner_id, parent_id, merged_into, name, {_SAME_FIRM} AS firm
            FROM partners WHERE merged_into IS NULL
        ),
        owned AS (
            SELECT child.partner_id FROM named AS child JOIN named AS parent
            ON child.parent_id = parent.partner_id AND child.firm = parent.firm
        )
        SELECT min(partner_id) AS id, count(*) AS rows,
            string_agg(concat('''', name, ''' (', partner_id, ')'), ', ' ORDER BY partner_id) AS found
        FROM named ANTI JOIN owned USING (partner_id)
        WHERE firm <> '' GROUP BY firm HAVING count(*) > 1
    """,
)


def _case_twins(table: Table) -> Rule:
    key = table.key
    return Rule(
        name="id_case_twins",
        severity="warning",
        table=table.name,
        column=key,
        needs=(table.name,),
        reason="Ids differ only in case or in outer spaces: they may mean the same, and are counted apart.",
        remedy=f"Spell `{key}` one way in every table, or confirm that they differ.",
        sql=_twins(table, f"lower(trim({_one_form(key)}))", differ=f"count(DISTINCT {_one_form(key)}) > 1"),
    )


def _form_twins(table: Table) -> Rule:
    key = table.key
    return Rule(
        name="id_form_twins",
        severity="warning",
        table=table.name,
        column=key,
        needs=(table.name,),
        reason="Ids look the same, and differ in how an accented letter is stored (Unicode normal form).",
        remedy=f"Write `{key}` in one normal form in every table: nfc_normalize({key}) in a mapping does it.",
        sql=_twins(table, _one_form(key), differ="true", where=f"NOT ({_is_ascii(key)})"),
    )


def _is_ascii(text: str) -> str:
    return f"strlen({text}) = length({text})"


def _one_form(text: str) -> str:
    """SQL for a text in one normal form; ASCII has no other, so nearly every id is passed over."""
    return f"CASE WHEN {_is_ascii(text)} THEN {text} ELSE nfc_normalize({text}) END"


def _twins(table: Table, same: str, *, differ: str, where: str = "true") -> str:
    # Found first and told then: the ids of a large table are not to be listed one by one.
    return f"""
        WITH twins AS (
            SELECT {same} AS same FROM {table.name} WHERE {where} GROUP BY same HAVING count(*) > 1 AND {differ}
        )
        SELECT min({table.key}) AS id, count(*) AS rows,
            string_agg(concat('''', {table.key}, ''''), ', ' ORDER BY {table.key}) AS found
        FROM {table.name} JOIN twins ON {same} = twins.same WHERE {where} GROUP BY twins.same
    """


def _label_twins(table: Table, name: str) -> Rule:
    return Rule(
        name="label_twins",
        severity="warning",
        table=table.name,
        column=name,
        needs=(f"{table.name}.{name}",),
        reason="A label is spelt in several ways that differ only in case or spaces: one group is shown as several.",
        remedy="Spell it one way in the mapping.",
        sql=f"""
            WITH labels AS (SELECT {name} AS label, count(*) AS rows FROM {table.name} GROUP BY label)
            SELECT arg_min(label, (-rows, label)) AS id, sum(rows) AS rows,
                string_agg(concat('''', label, ''' (', rows, ')'), ', ' ORDER BY rows DESC, label) AS found
            FROM labels WHERE label IS NOT NULL
            GROUP BY regexp_replace(lower(nfc_normalize(label)), '\\s+', '', 'g') HAVING count(*) > 1
        """,
    )


NAMES: tuple[Rule, ...] = (
    _NEAR_DUPLICATES,
    *(_case_twins(CONTRACT[name]) for name in _REFERRED),
    *(_form_twins(CONTRACT[name]) for name in _REFERRED),
    *(
        _label_twins(table, column.name)
        for table in CONTRACT.values()
        for column in table.columns
        if column.name in _LABELS and column.kind == TEXT
    ),
)
"""The same thing under two names."""
