"""Dask: the workers of a run, here or at a scheduler's address, each with its kernels ready before its first job."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed

from channelnb.errors import RunIncomplete
from channelnb.fleet import forks
from channelnb.fleet.journal import Record
from channelnb.fleet.kernels import Kernels
from channelnb.fleet.make import lost, make
from channelnb.fleet.plan import Job, Order

# A worker that is a daemon may not have children of its own. No pages: nobody looks at them, and others could.
_SETTINGS = {
    "distributed.worker.daemon": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
# Seconds to wait for the answer of a scheduler elsewhere.
PATIENCE = 15
_UNSEEN = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}


@contextmanager
def workers(*, jobs: int | None, scheduler: str | None, kind: Kernels) -> Iterator[Client]:
    """A client of `jobs` local processes (by default one a core), or of the workers at a scheduler's address.

    Raises `KernelsUnavailable` when a worker cannot fork kernels, RunIncomplete when no scheduler answers.
    """
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_SETTINGS))
        client = stack.enter_context(
            _remote(scheduler) if scheduler else Client(stack.enter_context(_local(jobs or CPU_COUNT)))
        )
        if not scheduler:
            client.register_plugin(_DeafToInterrupts(), name="channelnb-interrupts")
        if kind == "forked":
            client.register_plugin(_ReadyKernels(), name="channelnb-kernels")
        yield client


def _local(jobs: int) -> LocalCluster:
    # Reports are computed in kernels, not in the workers, so Dask's limit of memory would watch the wrong process.
    return LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        silence_logs=logging.CRITICAL,
        scheduler_kwargs=_UNSEEN,
        worker_dashboard_address=_UNSEEN["dashboard_address"],
    )


def _remote(address: str) -> Client:
    try:
        return Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise RunIncomplete(f"no Dask scheduler answers at {address!r}: {error}; start one, or leave it out.") from None


class _DeafToInterrupts(WorkerPlugin):
    """Leaves Ctrl-C to the process that started the workers, which ends them; each would print a traceback first."""

    def setup(self, worker: Worker) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class _ReadyKernels(WorkerPlugin):
    """Starts a worker's zygote with the worker, and ends it with it."""

    def setup(self, worker: Worker) -> None:
        forks.zygote()

    def teardown(self, worker: Worker) -> None:
        forks.close_zygote()


def make_all(client: Client, jobs: Sequence[Job], *, order: Order, before: Mapping[str, Record]) -> Iterator[Record]:
    """Make every job on the client's workers; each one's record as it is finished."""
    last = [before.get(job.key) for job in jobs]
    # Not pure: Dask would take two runs' jobs for one if they shared a scheduler and were told apart by content.
    futures = client.map(make, [order] * len(jobs), jobs, last, pure=False)
    of = dict(zip(futures, jobs, strict=True))
    del futures
    for future in as_completed(of):
        job = of.pop(future)
        error = future.exception()
        # An error here is none of the notebook's: its worker was lost, or could not write.
        yield future.result() if error is None else lost(order, job, error)
