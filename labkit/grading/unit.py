"""The unit of work: a submitted notebook in, the executed notebook out; nothing else is touched.

It may run in any process, on any machine that has this environment: see labkit/grading/run.py.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import zmq
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from labkit.grading import status
from labkit.grading.box import BoxError, Limits, Unfit, box
from labkit.grading.canary import canary
from labkit.grading.kernels import BoxKernelManager
from labkit.grading.outputs import is_test

SILENT = "a test that must fail did not: something in this notebook silences tests"
OUTPUTS = ("stream", "display_data", "execute_result", "error")
LARGEST = 32 << 20  # bytes of a message that a kernel sends
_TEXTS = 20_000  # characters of an error's text that are kept


class Ended(Exception):
    """A submission that did not run to its end: its status, and the reason in words."""


def execute(notebook: str, files: dict[str, bytes], limits: Limits, unsafe: bool = False,
            readable: tuple[str, ...] = ()) -> str:
    """Run a notebook in the box; return it with outputs, and what was noticed in its metadata.

    `files` are put beside it. Raises Ended when it did not run to its end, BoxError without a box;
    `unsafe` runs it outside, as the user who calls this.
    """
    nb = v4.reads(notebook)  # not validated: what nbgrader writes of it is
    folder = Path(tempfile.mkdtemp()) if unsafe else box(readable).job()
    try:
        for name, content in files.items():
            path = folder / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return v4.writes(_client(nb, folder, limits, unsafe, readable).run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _client(nb: NotebookNode, folder: Path, limits: Limits, unsafe: bool,
            readable: tuple[str, ...]) -> "Client":
    if not unsafe:
        return Client(nb, BoxKernelManager(box(readable), limits, folder), limits)
    (folder / "files").mkdir(exist_ok=True)
    manager = AsyncKernelManager(kernel_name="python3")
    return Client(nb, manager, limits, resources={"metadata": {"path": str(folder / "files")}})


class Client(NotebookClient):
    """Runs the cells of a submission; asks the canary for each passed test; bounds outputs."""

    def __init__(self, nb: NotebookNode, manager: Any, limits: Limits, **settings: Any) -> None:
        super().__init__(nb, manager, timeout=limits.cell, allow_errors=True,
                         interrupt_on_timeout=True, raise_on_iopub_timeout=True, iopub_timeout=20,
                         startup_timeout=120, store_widget_state=False,
                         shutdown_kernel="immediate", skip_cells_with_tag="\0", **settings,
                         error_on_timeout={"ename": "CellTimeoutError", "traceback": [],
                                           "evalue": f"stopped after {limits.cell} s"})
        self.on_cell_executed = self._settle
        self.limits, self.noticed = limits, {"tampered": [], "timed_out": []}
        self._manager = manager  # nbclient forgets its own at the end
        self._word, self._heard, self._refused = "", False, False  # the canary's, while it runs
        self._taken, self._all, self._current = 0, 0, ""
        manager.context.setsockopt(zmq.MAXMSGSIZE, LARGEST)  # longer ones break the connection

    def run(self) -> NotebookNode:
        """Run every cell; raises Ended."""
        try:
            self.execute(cleanup_kc=True)
        except Unfit as error:
            raise Ended(status.MALFORMED, str(error)) from error
        except CellTimeoutError as error:
            raise Ended(status.TIMED_OUT, "a cell did not stop when it was interrupted") from error
        except (DeadKernelError, RuntimeError) as error:
            if isinstance(self._manager, BoxKernelManager) and not self._manager.box.alive:
                raise BoxError("the box has ended; the same command goes on") from error
            raise self._end(error) from error
        self.nb.metadata.setdefault("grading", {}).update(self.noticed)
        return self.nb

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int,
                                 **settings: Any) -> NotebookNode:
        """Run a cell; a test's only if the canary failed as it must."""
        self._current = _name(cell, cell_index)
        self._taken = 0
        await super().async_execute_cell(cell, cell_index, **settings)
        if is_test(cell) and not failed(cell) and not await self._canary_fails(cell, cell_index):
            self.noticed["tampered"].append(self._current)
            cell.outputs = [new_output("error", ename="Tampered", evalue=SILENT,
                                       traceback=[SILENT])]
        return cell

    async def _canary_fails(self, cell: NotebookNode, cell_index: int) -> bool:
        """Whether a test that passed fails where it must."""
        asked = canary(cell.source)
        self._word, self._heard, self._refused = asked.word, False, False
        await super().async_execute_cell(new_code_cell(asked.source), cell_index)
        self._word, self.nb.cells[cell_index] = "", cell
        return self._refused and self._heard

    async def _async_handle_timeout(self, timeout: int,
                                    cell: NotebookNode | None = None) -> dict[str, Any] | None:
        self.noticed["timed_out"].append(self._current)
        return await super()._async_handle_timeout(timeout, cell)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode,
                        cell_index: int) -> NotebookNode | None:
        """Take an output in, unless the cell has had its share; errors always, cut to size."""
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm") or kind == "update_display_data":
            return None  # no widgets here; and no cell changes another cell's outputs
        if self._word and kind in OUTPUTS:
            self._heard |= self._word in str(content.get("text"))
            return None  # nobody reads more of the canary's
        if kind == "error":
            cut_error(content)
        elif kind in OUTPUTS:
            size = len(str(content))
            self._taken, self._all = self._taken + size, self._all + size
            if self._taken > self.limits.output or self._all > 10 * self.limits.output:
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # a message that is none; what the kernel replies decides

    def _settle(self, cell: NotebookNode, execute_reply: dict[str, Any], **_: Any) -> None:
        """Let what the kernel replied, and not what was shown, say whether a cell failed.

        An output may be dropped, cleared or forged; the first of a test cell decides its points.
        """
        reply = execute_reply["content"]
        if self._word:
            self._refused = reply["status"] != "ok"
            return
        if reply["status"] != "ok" and not failed(cell):
            cell.outputs.append(new_output("error", **cut_error(
                {key: reply.get(key) or "" for key in ("ename", "evalue")}
                | {"traceback": reply.get("traceback") or ["The error was not shown."]})))
        if is_test(cell):
            results = [one for one in cell.outputs if one.output_type == "execute_result"]
            cell.outputs = [one for one in cell.outputs if one not in results[:-1]]
            cell.outputs.sort(key=lambda one: one.output_type != "error")

    def _end(self, error: Exception) -> Ended:
        """Why the kernel died."""
        provisioner = getattr(self._manager, "provisioner", None)
        told = getattr(getattr(provisioner, "kernel", None), "told", {})
        if told.get("why") == status.TIMED_OUT or told.get("cpu", 0) > self.limits.total - 1:
            return Ended(status.TIMED_OUT, f"it ran longer than {self.limits.total} s in all")
        if told.get("why") == status.OUT_OF_MEMORY:
            most = self.limits.memory / 2**30
            return Ended(status.OUT_OF_MEMORY, f"it took more than {most:.1f} GiB of memory")
        code = told.get("ended", "unknown")
        return Ended(status.CRASHED, f"Python ended (exit code {code}) in cell {self._current!r}: "
                                     f"{str(error)[:200]}")


def cut_error(content: dict[str, Any]) -> dict[str, Any]:
    """An error's texts, none longer than `_TEXTS` characters, in all."""
    content["ename"], content["evalue"] = (str(content.get(key))[:2000]
                                           for key in ("ename", "evalue"))
    lines = [str(line)[:_TEXTS] for line in content.get("traceback") or []]
    content["traceback"] = lines if sum(map(len, lines)) <= _TEXTS else lines[-1:]
    return content


def failed(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


def _name(cell: NotebookNode, index: int) -> str:
    """A cell's grade id, or its place."""
    return cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}"
