"""Workbooks that are the same bytes every time, and in which no text is taken for a formula."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell

from channelnb.formulas import is_formula

_DAY = datetime(2000, 1, 1)
_SAVED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def bytes_of(book: Workbook) -> bytes:
    """A workbook as bytes in which nothing tells when it was saved.

    >>> bytes_of(Workbook()) == bytes_of(Workbook())
    True
    """
    saved, same = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = _SAVED.sub(rb"\g<1>" + _DAY.isoformat().encode() + b"Z", before.read(name))
            after.writestr(zipfile.ZipInfo(name, _DAY.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return same.getvalue()


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def put(cell: Cell, value: Any) -> Cell:
    """Write a value into a cell: text stays text, whatever it begins with.

    >>> sheet = Workbook().active
    >>> put(sheet["A1"], "=1+1").data_type
    's'
    """
    if isinstance(value, str):
        # What no workbook can hold is shown as what it is: nothing.
        cell.value = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"
        # Otherwise a text like "=1+1" becomes a formula as soon as somebody edits the cell.
        cell.quotePrefix = is_formula(value)
    else:
        cell.value = value
    return cell
