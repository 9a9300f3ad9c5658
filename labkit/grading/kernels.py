"""Kernels in the box, as Jupyter's clients start and stop them."""

import signal
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.connect import write_connection_file
from jupyter_client.provisioning import KernelProvisionerBase

from labkit.grading.box import Box, Kernel, Limits


class BoxProvisioner(KernelProvisionerBase):
    """Starts a kernel by asking the box's warm parent for one, in place of a new process."""

    kernel: Kernel | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and not cleaned up."""
        return self.kernel is not None

    async def launch_kernel(self, cmd: list[str], *, box: Box, folder: Path, limits: Limits,
                            **kwargs: Any) -> dict[str, Any]:
        """Start the kernel; `cmd` is not used."""
        self.kernel = box.kernel(folder, limits)
        return self.connection_info

    async def poll(self) -> int | None:
        """None while it lives."""
        return self.kernel.poll() if self.kernel else 0

    async def wait(self) -> int | None:
        """End it: nothing of a submission is waited for."""
        await self.kill()
        return await self.poll()

    async def send_signal(self, signum: int) -> None:
        """Every signal that a client sends is an interrupt."""
        self.kernel.interrupt()

    async def kill(self, restart: bool = False) -> None:
        """End it, with everything that it started."""
        if self.kernel:
            self.kernel.kill()

    async def terminate(self, restart: bool = False) -> None:
        """As kill: there is nothing to save."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing is left once it has ended."""
        await self.kill(restart)


class BoxKernelManager(AsyncKernelManager):
    """A kernel manager whose one kernel runs in the box; its sockets are files of the spool."""

    def __init__(self, box: Box, limits: Limits, folder: Path, **kwargs: Any) -> None:
        super().__init__(transport="ipc", ip=str(folder / "k"), **kwargs)
        self.box, self.limits, self.folder = box, limits, folder
        self.shell_port, self.iopub_port, self.stdin_port = 1, 2, 3
        self.hb_port, self.control_port = 4, 5
        self.connection_file = str(folder / "outside.json")

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        """Write the connection file as the box sees it."""
        info = self.get_connection_info(session=False)
        inside = str(self.folder / "connection.json")
        write_connection_file(inside, **{**info, "ip": f"/spool/{self.folder.name}/k"})
        Path(inside).chmod(0o644)  # the student's user reads it
        self.provisioner = BoxProvisioner(parent=self)
        self.provisioner.connection_info = info
        return [], {"box": self.box, "folder": self.folder, "limits": self.limits}

    async def _async_interrupt_kernel(self) -> None:
        await self.provisioner.send_signal(signal.SIGINT)

    interrupt_kernel = _async_interrupt_kernel
