"""Kernels forked from a process that has everything imported: a report starts in milliseconds, not seconds."""

from __future__ import annotations

import asyncio
import shutil
import time
import weakref
from pathlib import Path
from queue import Empty
from typing import Any, Literal, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Type, default

from channelnb.fleet.forks import private_folder, zygote

Kernels = Literal["forked", "plain"]

PROVISIONER = "channelnb-fork"


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by a fork instead of a new Python; everything else is as for a local kernel.

    Any kernelspec may name it (``"metadata": {"kernel_provisioner": {"provisioner_name": "channelnb-fork"}}``).
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel and wait until its sockets are there: a client that connects earlier waits 100 ms."""
        folder = kwargs.get("cwd") or Path.cwd()
        environment = {key: value for key, value in kwargs["env"].items() if key != "JPY_PARENT_PID"}
        process = zygote().launch(cmd[cmd.index("-f") :], environment=environment, folder=folder)
        # LocalProvisioner signals the group itself if it knows one; here it is the zygote that knows who still lives.
        self.process, self.pid, self.pgid, self.cwd = cast(Any, process), process.pid, None, folder
        info = self.connection_info
        if info["transport"] == "ipc":
            last = Path(f"{info['ip']}-{info['hb_port']}")
            while process.poll() is None and not last.exists():
                await asyncio.sleep(0.002)
        return info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and wait for it, since jupyter_client would look again only after 100 ms."""
        if self.process is not None:
            self.process.kill()
            deadline = time.monotonic() + 2
            while self.process.poll() is None and time.monotonic() < deadline:
                await asyncio.sleep(0.002)


class PromptKernelClient(AsyncKernelClient):
    """A client that takes a kernel for ready at its first answer, without 0.2 s of listening for more."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both of its channels; raises RuntimeError if it dies or is too slow."""
        deadline = time.monotonic() + (60 if timeout is None else timeout)
        while time.monotonic() < deadline:
            asked = self.kernel_info()
            try:
                reply = await self.get_shell_msg(timeout=1)
                while not self._is_end_of(await self.get_iopub_msg(timeout=1), asked):
                    pass
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
            else:
                self._handle_kernel_info_reply(reply)
                return
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    @staticmethod
    def _is_end_of(message: dict[str, Any], request: str) -> bool:
        parent, state = message["parent_header"].get("msg_id"), message["content"].get("execution_state")
        return bool(parent == request and state == "idle")


class IpcKernelManager(AsyncKernelManager):
    """A manager of one kernel over Unix sockets: ports of TCP are raced for when kernels start side by side."""

    client_factory = Type(PromptKernelClient)

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"


class ForkedKernelManager(IpcKernelManager):
    """A manager of one forked kernel, which passes for the ordinary python3 kernel."""

    @default("connection_file")
    def _connection_file_default(self) -> str:
        return str(zygote().connection_file())

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernelspec of python3, with our provisioner."""
        return KernelSpec(
            argv=["python", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


class PlainKernelManager(IpcKernelManager):
    """A manager of one kernel started afresh, for where forking is not to be had."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        folder = private_folder()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.connection_file = str(folder / "1.json")


MANAGERS: dict[Kernels, type[IpcKernelManager]] = {"forked": ForkedKernelManager, "plain": PlainKernelManager}
