"""The kernel's stdout and stderr, at less cost: most cells print nothing."""

from ipykernel.iostream import OutStream


class Stream(OutStream):
    """Wakes the thread that sends, four times a cell, only when there is something to send."""

    def flush(self) -> None:
        """Send what was written; what is being sent now stays before whatever comes next."""
        if self._buffers or self._flush_pending:
            super().flush()
