"""Run a notebook's cells through a kernel's client and keep what they put out, as a page would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_TIMEOUT = 60.0


class Outputs:
    """The outputs of one cell, kept up to date from the kernel's messages."""

    def __init__(self) -> None:
        self.outputs: list[NotebookNode] = []
        self._clear = False

    def receive(self, message: dict[str, Any]) -> None:
        """Apply one message of the kernel's output channel."""
        from nbformat.v4 import output_from_msg  # noqa: PLC0415

        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear = True
            if not content.get("wait"):
                self._begin()
        elif kind == "update_display_data":
            self._update(content)
        elif kind in {"stream", "display_data", "execute_result", "error"}:
            self._begin()
            last = self.outputs[-1] if self.outputs else None
            if kind == "stream" and last and last.get("name") == content["name"]:
                last["text"] += content["text"]
                return
            output = output_from_msg(message)
            identity = content.get("transient", {}).get("display_id")
            if identity:
                output["transient"] = {"display_id": identity}
            self.outputs.append(output)

    def _begin(self) -> None:
        if self._clear:
            self.outputs.clear()
            self._clear = False

    def _update(self, content: dict[str, Any]) -> None:
        for output in self.outputs:
            if output.get("transient") == {"display_id": content["transient"]["display_id"]}:
                output["data"], output["metadata"] = content["data"], content["metadata"]

    def stored(self) -> list[NotebookNode]:
        """Return the outputs in the form in which a notebook file holds them."""
        for output in self.outputs:
            output.pop("transient", None)
        return self.outputs


async def run_cells(client: Any, notebook: NotebookNode, *, patience: float = CELL_TIMEOUT) -> str:
    """Run the code cells in order, up to the first that fails, and put their outputs into `notebook`.

    Parameters
    ----------
    client
        An asynchronous client of a kernel that is ready.
    notebook
        The notebook; its outputs are replaced.
    patience
        How long to wait for one cell, in seconds. A cell that takes longer goes on in the kernel.

    Returns
    -------
    str
        What went wrong, for the user to read; empty if nothing did.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    for number, cell in enumerate(code, start=1):
        if not cell.source.strip():
            continue
        outputs = Outputs()
        try:
            reply = await client.execute_interactive(
                cell.source, allow_stdin=False, output_hook=outputs.receive, timeout=patience
            )
        except TimeoutError:
            return f"Code cell {number} is still running after {patience:.0f} s; the cells after it have not been run."
        finally:
            cell.outputs = outputs.stored()
        cell.execution_count = reply["content"].get("execution_count")
        if reply["content"]["status"] != "ok":
            error = reply["content"]
            what = f"{error.get('ename', 'stopped')}: {error.get('evalue', '')}".rstrip(": ")
            return f"Code cell {number} failed ({what}); the notebook shows where."
    return ""
