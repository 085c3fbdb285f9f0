"""Why a report could not be made, in plain words."""

from __future__ import annotations

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from channelnb.errors import ChannelnbError
from channelnb.redaction import told

WHAT_TO_DO = (
    "Look at the notebook as it stood: it lies beside this page.",
    "Mend what it says; then the same command makes this report, and whatever else is missing.",
)


def reason(error: BaseException, notebook: NotebookNode | None, *, time_limit: float) -> str:
    """One sentence on what went wrong, and where in the notebook as it stood; no path or password of the machine.

    >>> reason(ValueError("no such thing"), None, time_limit=60)
    'ValueError: no such thing.'
    """
    return told(_reason(error, _failed_cell(notebook), time_limit=time_limit))


def _reason(error: BaseException, where: str, *, time_limit: float) -> str:
    if isinstance(error, PapermillExecutionError):
        return f"{where} stopped with {_sentence(error.ename, error.evalue)}"
    if isinstance(error, DeadKernelError):
        return f"{where} ended its own kernel, or the system did: it may have needed more memory than there is."
    if isinstance(error, CellTimeoutError):
        return f"{where} was still running when the notebook's {time_limit:g} seconds were over."
    return _sentence("" if isinstance(error, ChannelnbError) else type(error).__name__, str(error))


def _sentence(name: str, text: str) -> str:
    first = text.strip().splitlines()[0].strip() if text.strip() else ""
    said = ": ".join(part for part in (name, first) if part) or "an error without a message"
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _failed_cell(notebook: NotebookNode | None) -> str:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"] if notebook is not None else []
    for number, cell in enumerate(code, start=1):
        if cell.metadata.get("papermill", {}).get("status") == "failed":
            line = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
            return f"Code cell {number} ({line[:80]})" if line else f"Code cell {number}"
    return "The notebook"
