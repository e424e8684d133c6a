"""What a process that runs on its own writes down: a line each, and nothing a terminal obeys.

Log files are read in terminals, and what is logged quotes agents.
"""

from __future__ import annotations

import logging
from types import TracebackType

from commonmode.cli.terminal import plain


class PlainFormatter(logging.Formatter):
    r"""Formats records so that no text of theirs is obeyed or passes for another line.

    Examples
    --------
    >>> said = "a\x1b[2J\nWARNING b"
    >>> record = logging.LogRecord("x", logging.INFO, "x.py", 1, "%s", (said,), None)
    >>> PlainFormatter("%(levelname)s %(message)s").format(record)
    'INFO a WARNING b'
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """Return the line of a record."""
        return plain(super().formatMessage(record)).replace("\n", " ")

    def formatException(  # noqa: N802  logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the traceback below it."""
        return plain(super().formatException(ei))


def log_to_stderr(form: str) -> None:
    """Log to standard error from here on, whatever library speaks."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(form))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
