"""A papermill engine: forked kernels, one time limit per notebook, written once, a dead kernel is a failure."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager
from papermill.iorw import write_ipynb

from channelnb.fleet.forks import kernel_environment
from channelnb.fleet.kernels import MANAGERS, Kernels

ENGINE = "channelnb"

# What goes wrong is raised and told on a page; a line on stderr would only tear the progress bar.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


class ForkEngine(Engine):  # type: ignore[misc]  # papermill is not typed
    """Runs a notebook on a forked kernel; ``papermill --engine channelnb`` takes it too."""

    @classmethod
    def execute_notebook(
        cls, nb: NotebookNode, kernel_name: str, output_path: str | None = None, **options: Any
    ) -> NotebookNode:
        """Run the notebook in place; it is written once, whatever becomes of it.

        Raises what nbclient raises when the kernel dies or the time is up. A cell's error is left in its outputs,
        where papermill looks for it.
        """
        # Without a path papermill's notes stay in memory: it would rewrite the file at each step.
        state = NotebookExecutionManager(nb, output_path=None, progress_bar=options.pop("progress_bar", False))
        state.notebook_start()
        try:
            cls.execute_managed_notebook(state, kernel_name, **options)
        except Exception:
            state.notebook_complete()
            # After a failed cell papermill writes the notebook itself, after a lost kernel it does not.
            if output_path is not None:
                write_ipynb(nb, output_path)
            raise
        state.notebook_complete()
        return nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        kernels: Kernels = "forked",
        time_limit: float | None = None,
        folder: str | Path | None = None,
        start_timeout: int = 60,
        **_: Any,
    ) -> None:
        """Run each cell; `time_limit` is in seconds for the whole notebook, `folder` the kernel's working folder."""
        deadline = None if time_limit is None else time.monotonic() + time_limit
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=MANAGERS[kernels],
            startup_timeout=start_timeout,
            shutdown_kernel="immediate",
            record_timing=False,
            timeout_func=lambda _cell: None if deadline is None else max(1, math.ceil(deadline - time.monotonic())),
            log=_LOG,
        )
        start = {"env": kernel_environment()}
        client.execute(**(start if folder is None else {**start, "cwd": str(folder)}))


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill is not typed
    """papermill's client, with a cell that lost its kernel or its time marked as failed, not as completed."""

    def papermill_execute_cells(self) -> None:
        """Run the cells in order up to the first that fails."""
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            try:
                self.execute_cell(cell, index)
            except Exception as error:
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                if isinstance(error, CellExecutionError):
                    break
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)
