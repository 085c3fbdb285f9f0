"""A worker's handle on its zygote: start it, fork kernels from it, signal them, hear of their ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from channelnb.errors import KernelsUnavailable

# What a kernel's libraries must be told before they are imported: one thread each, so that the process can be forked,
# figures as outputs, no warnings in a report, and sets in the same order in every run.
ENVIRONMENT = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONWARNINGS": "ignore",
}

# -P: what lies in the working folder must not pass for a library.
COMMAND = (sys.executable, "-P", "-m", "channelnb.fleet.zygote")

# A Unix socket's path has at most 107 bytes; a kernel's sockets are named FOLDER/123456-ipc-5.
_LONGEST_FOLDER = 107 - len("/123456-ipc-5")


class Zygote:
    """A process with every library imported, from which kernels are forked; use it in a ``with``, or close it.

    Raises `KernelsUnavailable` when it cannot start, or holds more than one thread once everything is imported.
    """

    def __init__(self, *, command: Sequence[str] = COMMAND, start_timeout: float = 120) -> None:
        if sys.platform != "linux":
            raise KernelsUnavailable(f"kernels are forked on Linux only, this is {sys.platform}; use plain kernels.")
        self.folder = private_folder()
        self._lock = threading.RLock()
        self._ends: dict[int, int] = {}
        self._numbers = count(1)
        self._connection, other = Pipe()
        self._log = self.folder / "zygote.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(other.fileno()), str(self.folder)],
                env={**kernel_environment(), "IPYTHONDIR": str(self.folder / "ipython")},
                pass_fds=[other.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        other.close()
        self.close = weakref.finalize(self, _end, self._connection, self._process, self.folder)
        if not self._connection.poll(start_timeout):
            raise self._gone(f"was not ready after {start_timeout:g} s")
        if (answer := self._read())[0] == "refused":
            raise self._gone(f"cannot be forked safely, {answer[1]}; run with plain kernels")

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the zygote itself."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether kernels can still be forked from it."""
        return self.close.alive and self._process.poll() is None

    def connection_file(self) -> Path:
        """A new path for a kernel's connection file, short enough for the sockets beside it."""
        return self.folder / f"{next(self._numbers)}.json"

    def launch(self, argv: list[str], *, environment: dict[str, str], folder: str | Path) -> ForkedProcess:
        """Fork a kernel: an IPython kernel with these arguments, this environment, in this working folder.

        Raises `KernelsUnavailable` when the zygote holds more than one thread, or has gone.
        """
        with self._lock:
            self._send("launch", argv, {**environment, "IPYTHONDIR": str(self.folder / "ipython")}, str(folder))
            while (answer := self._read())[0] not in ("launched", "refused"):
                pass
        if answer[0] == "refused":
            raise KernelsUnavailable(f"a kernel cannot be forked safely: {answer[1]}. Run with plain kernels.")
        return ForkedProcess(self, int(answer[1]))

    def exit_code(self, pid: int) -> int | None:
        """The exit code of a kernel that has ended (minus the signal's number if killed), None while it lives."""
        with self._lock:
            while pid not in self._ends and self._heard():
                self._read()
            return self._ends.get(pid)

    def send_signal(self, pid: int, number: int) -> None:
        """Send a signal to a kernel and what it started; nothing happens if it has ended."""
        with self._lock:
            self._send("signal", pid, number)

    def _heard(self) -> bool:
        try:
            return self._connection.poll()
        except OSError as error:
            raise self._gone("has gone") from error

    def _send(self, *request: Any) -> None:
        try:
            self._connection.send(request)
        except OSError as error:
            raise self._gone("has gone") from error

    def _read(self) -> tuple[Any, ...]:
        try:
            message: tuple[Any, ...] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._gone("has gone") from error
        if message[0] == "ended":
            self._ends[message[1]] = message[2]
        return message

    def _gone(self, what: str) -> KernelsUnavailable:
        said = self._log.read_text(errors="replace").strip().splitlines()[-3:] if self._log.exists() else []
        self.close()
        return KernelsUnavailable(f"the process that kernels are forked from {what}; it said: {said or 'nothing'}")


def _end(connection: Connection[Any, Any], process: subprocess.Popen[bytes], folder: Path) -> None:
    connection.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


class ForkedProcess:
    """A forked kernel, with what `subprocess.Popen` offers for it; it is the zygote's child, not ours."""

    stdin = stdout = stderr = None

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self.pid = pid
        self._zygote = zygote

    def poll(self) -> int | None:
        """The exit code, or None while the kernel lives; -9 if its zygote has gone and took it along."""
        try:
            return self._zygote.exit_code(self.pid)
        except KernelsUnavailable:
            return -signal.SIGKILL

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once the kernel has ended; raises `subprocess.TimeoutExpired` if it takes too long."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0)
            time.sleep(0.002)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and what it started."""
        if self.poll() is None:
            self._zygote.send_signal(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)


_zygotes: list[Zygote] = []
_starting = threading.Lock()


def zygote() -> Zygote:
    """This process's zygote, started when first asked for, and again if it has gone."""
    with _starting:
        if not (_zygotes and _zygotes[0].alive):
            _zygotes[:] = [Zygote()]
        return _zygotes[0]


def close_zygote() -> None:
    """End this process's zygote and its kernels, if there is one."""
    with _starting:
        while _zygotes:
            _zygotes.pop().close()


def kernel_environment() -> dict[str, str]:
    """This process's environment with what a kernel needs set before its libraries are imported.

    >>> kernel_environment()["OMP_NUM_THREADS"]
    '1'
    """
    return {**os.environ, **ENVIRONMENT}


def private_folder() -> Path:
    """A new folder that only this user can read, with a path short enough for a kernel's sockets.

    Raises `KernelsUnavailable` when neither the usual temporary folder nor /tmp has a short enough path.
    """
    for base in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(base)) + len("/cnb-12345678") <= _LONGEST_FOLDER:
            return Path(tempfile.mkdtemp(prefix="cnb-", dir=base))
    raise KernelsUnavailable(f"the temporary folder's path is too long for a socket: {tempfile.gettempdir()!r}")
