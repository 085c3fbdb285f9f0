"""What lies in a folder of exports: each file, how a mapping names it, and its header."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from channelnb.book.csv_text import header_of_csv
from channelnb.book.given import quoted
from channelnb.book.mapping import RAW_FILES, raw_files
from channelnb.book.workbook import letters, rows_of_workbook
from channelnb.errors import BadSource

_SHOWN, _TOP = 100, 5


def list_exports(raw: Path) -> tuple[str, int]:
    """A page in Markdown on the files that mappings can read from a folder, and how many they are.

    For each a SELECT of all its columns, to paste; for a workbook the top rows of its first sheet too, as titles often
    stand above the header. Raises BadSource where there is no such folder, or none in it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as raw:
    ...     _ = Path(raw, "orders.csv").write_text("Invoice No,Net\\n7,9.50\\n")
    ...     list_exports(Path(raw))[0].splitlines()[-3:-1]
    ['SELECT "Invoice No", "Net"', 'FROM "orders.csv"']
    """
    if not raw.is_dir():
        raise BadSource(f"there is no folder of exports {str(raw)!r}.")
    names = raw_files(raw)
    if not names:
        raise BadSource(f"the folder of exports {str(raw)!r} holds no file that ends in {', '.join(RAW_FILES)}.")
    more = [f"And {len(names) - _SHOWN} more."] if len(names) > _SHOWN else []
    parts = [f"# Exports in {raw}", *(_section(raw / name, name) for name in names[:_SHOWN]), *more]
    return "\n\n".join(parts) + "\n", len(names)


def _section(path: Path, name: str) -> str:
    top: list[str] = []
    try:
        match path.suffix.lower():
            case ".csv":
                columns = [quoted(cell.strip()) for cell in header_of_csv(path)[1]]
            case ".parquet":
                columns = _columns(path)
            case _:
                columns, top = _workbook(path)
    except BadSource as error:
        return f"## {name}\n\n{error}"
    select = f"```sql\nSELECT {', '.join(columns)}\nFROM {quoted(name)}\n```"
    return "\n\n".join([f"## {name}", select, *(["\n".join(f"- {line}" for line in top)] if top else [])])


def _columns(path: Path) -> list[str]:
    try:
        return [quoted(field.name) for field in pq.read_schema(path)]
    except (pa.ArrowException, OSError) as error:
        raise BadSource(f"{path.name} cannot be read as Parquet: {error}") from None


def _workbook(path: Path) -> tuple[list[str], list[str]]:
    sheets = {sheet: list(rows) for sheet, rows in groupby(rows_of_workbook(path), key=lambda row: row[0])}
    first = next(iter(sheets.values()), [])
    top = [f"Sheets: {', '.join(sheets) or 'none that holds anything'}."]
    for sheet, place, cells in first[:_TOP]:
        filled = ", ".join(f"{letters(at)} = {cell}" for at, cell in enumerate(cells) if cell is not None)
        top.append(f"{sheet}, row {place}: {filled}")
    width = max((len(cells) for _, _, cells in first), default=1)
    return ["sheet", "row", *map(letters, range(width))], top
