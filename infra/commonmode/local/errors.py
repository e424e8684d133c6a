"""What can keep the one-machine deployment from running, each with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROUND_A_BROKER = (
    "use a cluster you have: -b HOST:PORT",
    "with Docker: docker compose -f infra/compose.yaml up -d, then -b 127.0.0.1:9092",
    "without Kafka: commonmode load FILES reads logs straight into the store",
)


class LocalError(Exception):
    """Something on this machine is missing or in the way.

    Parameters
    ----------
    cause
        What was needed and what was found instead.
    remedies
        What the user can do, one sentence each.
    """

    def __init__(self, cause: str, remedies: Sequence[str] = ()) -> None:
        self.cause = cause
        self.remedies = tuple(remedies)
        super().__init__("\n".join([cause, *(f"Hint: {remedy}" for remedy in self.remedies)]))


class BrokerUnavailableError(LocalError):
    """No broker can be had on this machine; the ways round one are added to the remedies."""

    def __init__(self, cause: str, remedies: Sequence[str] = ()) -> None:
        super().__init__(cause, (*remedies, *ROUND_A_BROKER))


class AlreadyRunningError(LocalError, ValueError):
    """A deployment runs on this data folder already."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"a deployment runs on {data_dir} already",
            [
                "commonmode status shows it",
                "commonmode down stops it",
                "--data names another folder",
            ],
        )


class FolderUnwritableError(LocalError, ValueError):
    """Nothing can be written to the data folder."""

    def __init__(self, data_dir: Path, error: OSError) -> None:
        super().__init__(
            f"needed a data folder to write to; {data_dir}: {error.strerror or error}",
            ["--data names another folder", "commonmode doctor looks at the disk"],
        )


class PortTakenError(LocalError, ValueError):
    """A port was named on which somebody else listens."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on this machine is taken",
            ["name another port, or none to get a free one"],
        )


class StartFailedError(LocalError, ValueError):
    """A process of the deployment does not come up."""

    def __init__(self, name: str, last_words: str, log: Path) -> None:
        super().__init__(
            f"{name} does not start: {last_words}",
            [f"all it said is in {log}", "commonmode doctor looks at this machine"],
        )
