"""Kernels that are forked: their life, their end, and what they share with nobody."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from channelnb.errors import KernelsUnavailable
from channelnb.fleet.forks import Zygote, kernel_environment, private_folder
from channelnb.fleet.zygote import PRELOAD, threads


@pytest.fixture(scope="module")
def zygote():
    with Zygote() as started:
        yield started


def launch(zygote: Zygote, folder: Path):
    connection = zygote.connection_file()
    connection.write_text("{}")
    return zygote.launch(["-f", str(connection)], environment=kernel_environment(), folder=folder)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def within(seconds: float, condition) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_a_forked_kernel_lives_until_it_is_killed(zygote, tmp_path):
    process = launch(zygote, tmp_path)
    assert process.poll() is None
    assert within(5, lambda: Path(f"/proc/{process.pid}/cwd").resolve() == tmp_path)
    process.kill()
    assert process.wait(5) == -signal.SIGKILL
    process.send_signal(signal.SIGTERM)


def test_kernels_of_one_zygote_are_told_apart(zygote, tmp_path):
    first, second = launch(zygote, tmp_path), launch(zygote, tmp_path)
    first.terminate()
    assert first.wait(5) == -signal.SIGTERM
    assert second.poll() is None
    second.kill()
    assert second.wait(5) == -signal.SIGKILL


def test_waiting_for_a_living_kernel_has_an_end(zygote, tmp_path):
    process = launch(zygote, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired, match="kernel"):
        process.wait(0.05)
    process.kill()
    process.wait(5)


def test_the_zygote_holds_one_thread_with_everything_imported(zygote):
    assert len(list(Path(f"/proc/{zygote.pid}/task").iterdir())) == 1


@pytest.mark.parametrize("name", PRELOAD)
def test_what_is_preloaded_is_there(name):
    assert importlib.util.find_spec(name)


def test_a_kernel_has_the_libraries_of_reports_already():
    code = "import sys; from channelnb.fleet.zygote import preload; preload(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kernel_environment()
    )
    needed = {
        "pandas",
        "seaborn",
        "sklearn.cluster",
        "great_tables",
        "duckdb",
        "channelnb.report.qbr",
        "channelnb.slice",
    }
    assert needed <= set(done.stdout.split())


def test_a_second_thread_is_refused(tmp_path):
    code = (
        "import sys, threading; sys.argv = ['zygote', sys.argv[1], sys.argv[2]]\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "from channelnb.fleet import zygote; zygote.PRELOAD = (); zygote.main()"
    )
    with pytest.raises(KernelsUnavailable, match=r"2 threads run in it: .*plain kernels"):
        Zygote(command=[sys.executable, "-c", code])


def test_a_thread_that_comes_later_is_refused_too(tmp_path):
    code = (
        "import sys, threading, signal; from channelnb.fleet import zygote; zygote.PRELOAD = ()\n"
        "late = threading.Thread(target=threading.Event().wait, daemon=True)\n"
        "signal.signal(signal.SIGUSR1, lambda *_: late.start())\n"
        "zygote.main()"
    )
    with Zygote(command=[sys.executable, "-c", code]) as zygote:
        os.kill(zygote.pid, signal.SIGUSR1)
        assert within(5, lambda: len(list(Path(f"/proc/{zygote.pid}/task").iterdir())) == 2)
        with pytest.raises(KernelsUnavailable, match="cannot be forked safely: 2 threads run in it"):
            launch(zygote, tmp_path)


def test_a_zygote_that_cannot_start_says_why():
    with pytest.raises(KernelsUnavailable, match="no such import"):
        Zygote(command=[sys.executable, "-c", "raise SystemExit('no such import')"])


def test_closing_the_zygote_ends_its_kernels_and_empties_its_folder(tmp_path):
    with Zygote() as zygote:
        process = launch(zygote, tmp_path)
        folder = zygote.folder
        assert folder.stat().st_mode & 0o777 == 0o700
    assert within(2, lambda: not alive(process.pid))
    assert not folder.exists()
    assert process.poll() == -signal.SIGKILL
    with pytest.raises(KernelsUnavailable, match="has gone"):
        zygote.launch(["-f", "none.json"], environment={}, folder=tmp_path)


def test_a_killed_owner_takes_zygote_and_kernels_along(tmp_path):
    code = (
        "import os, sys, signal\nfrom channelnb.fleet.forks import Zygote, kernel_environment\n"
        "zygote = Zygote(); file = zygote.connection_file(); file.write_text('{}')\n"
        "kernel = zygote.launch(['-f', str(file)], environment=kernel_environment(), folder='/')\n"
        "print(zygote.pid, kernel.pid, zygote.folder, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout.split()
    assert within(3, lambda: not alive(int(said[0])) and not alive(int(said[1])))
    assert within(3, lambda: not Path(said[2]).exists())


def test_a_killed_zygote_is_an_error_not_a_wait(tmp_path):
    zygote = Zygote()
    process = launch(zygote, tmp_path)
    # A kernel that serves has written its ports.
    assert within(10, lambda: "shell_port" in (zygote.folder / "1.json").read_text())
    os.kill(zygote.pid, signal.SIGKILL)
    assert within(3, lambda: process.poll() == -signal.SIGKILL)
    assert not zygote.alive
    # The kernel looks each second whether its parent is still there.
    assert within(5, lambda: not alive(process.pid))


def test_a_private_folder_is_short_enough_for_sockets(monkeypatch, tmp_path):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    folder = private_folder()
    try:
        assert len(os.fsencode(folder / "123456-ipc-5")) <= 107
    finally:
        folder.rmdir()


def test_threads_are_counted():
    ready = threading.Event()
    before = len(threads())
    waiting = threading.Thread(target=ready.wait)
    waiting.start()
    assert len(threads()) == before + 1
    ready.set()
    waiting.join()
