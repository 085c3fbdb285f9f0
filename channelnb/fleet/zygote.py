"""The process that kernels are forked from: everything is imported once, each kernel starts from there.

Started by `forks.Zygote` as ``python -P -m channelnb.fleet.zygote FD FOLDER``. It holds exactly one thread, since a
thread that holds a lock while another forks leaves that lock shut for ever in the child. It makes no DuckDB or Arrow
call, as these start threads. When its end of the connection closes it ends every kernel, empties FOLDER and goes.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import shutil
import signal
import sys
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import channelnb

# What reports draw and compute with, then what an IPython kernel loads as it starts: half of its time to be ready.
PRELOAD = (
    "numpy",
    "pandas",
    "pandas.core.arrays.arrow.extension_types",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "duckdb",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "scipy.stats",
    "sklearn.cluster",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "great_tables",
    "IPython",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "tornado.platform.asyncio",
    "channelnb",
)
SEED = 0


def main() -> None:
    """Import what reports use, then fork a kernel for each request until the connection closes."""
    requests: Connection[Any, Any] = Connection(int(sys.argv[1]))
    folder = Path(sys.argv[2])
    preload()
    gc.collect()
    # Objects moved out of the collector's sight stay shared with the children, page by page.
    gc.freeze()
    try:
        _Forks(requests).serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def preload() -> None:
    """Import what reports use; what channelnb itself loads only when asked for is asked for here."""
    for name in PRELOAD:
        # A module that another version of a library lacks costs time, nothing else.
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    if "channelnb" in PRELOAD:
        for name in channelnb.__all__:
            getattr(channelnb, name)


def threads() -> list[str]:
    """The names of this process's operating system threads, Python's and the libraries' alike.

    >>> len(threads()) >= 1
    True
    """
    return [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]


class _Forks:
    """The kernels forked so far, and the loop that answers requests about them."""

    def __init__(self, requests: Connection[Any, Any]) -> None:
        self.requests = requests
        self.living: set[int] = set()
        # A child's end interrupts nothing here: it writes a byte into this pipe, which `wait` sees.
        self.ended, self.ending = os.pipe()
        os.set_blocking(self.ending, False)
        signal.set_wakeup_fd(self.ending, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Answer until the other end closes, then end every kernel that still lives."""
        if len(running := threads()) != 1:
            self._refuse(running)
            return
        self.requests.send(("ready",))
        try:
            while True:
                ready = wait([self.requests, self.ended])
                if self.ended in ready:
                    os.read(self.ended, 4096)
                    self._report_ends()
                if self.requests in ready:
                    self._answer(*self.requests.recv())
        except (EOFError, ConnectionError):
            for pid in self.living:
                os.killpg(pid, signal.SIGKILL)
            # Each must be gone before its folder goes, or it could still write into it.
            for pid in self.living:
                os.waitpid(pid, 0)

    def _answer(self, request: str, *details: Any) -> None:
        if request == "launch":
            self._launch(*details)
        elif request == "signal":
            pid, number = details
            # Only a pid that was not yet waited for is sure to be this kernel and no later process.
            if pid in self.living:
                os.killpg(pid, number)

    def _launch(self, argv: list[str], environment: dict[str, str], folder: str) -> None:
        if len(running := threads()) != 1:
            self._refuse(running)
            return
        pid = os.fork()
        if pid == 0:
            self._become_kernel(argv, environment, folder)
        # Both sides set the group: whichever comes first, a signal to the group finds the kernel.
        os.setpgid(pid, pid)
        self.living.add(pid)
        self.requests.send(("launched", pid))

    def _refuse(self, running: list[str]) -> None:
        self.requests.send(("refused", f"{len(running)} threads run in it: {', '.join(sorted(running))}"))

    def _report_ends(self) -> None:
        for pid in list(self.living):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self.living.discard(pid)
                self.requests.send(("ended", pid, os.waitstatus_to_exitcode(status)))

    def _become_kernel(self, argv: list[str], environment: dict[str, str], folder: str) -> None:
        code = 1
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.requests.close()
            os.close(self.ended)
            os.close(self.ending)
            run_kernel(argv, environment, folder)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            # Never back into the loop above, nor through its clean-up: this is no longer the zygote.
            os._exit(code)


def run_kernel(argv: list[str], environment: dict[str, str], folder: str) -> None:
    """Serve as an IPython kernel in this process until told to stop."""
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    # Siblings would draw the same numbers anyhow; a fixed seed makes it the same in every run too.
    random.seed(SEED)
    numpy.random.seed(SEED)  # noqa: NPY002  # the state that a notebook's own code may draw from
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize([*argv, "--HistoryManager.enabled=False"])
    app.start()


if __name__ == "__main__":
    main()
