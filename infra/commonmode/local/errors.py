"""What can keep the one-machine deployment from running, each with what to do about it."""

from collections.abc import Sequence

REMEDIES = (
    "use a cluster you have: -b HOST:PORT",
    "with Docker: docker compose -f infra/compose.yaml up -d, then -b 127.0.0.1:9092",
    "without Kafka: commonmode load FILES reads logs straight into the store",
)


class BrokerUnavailableError(Exception):
    """No broker can be had on this machine.

    Parameters
    ----------
    cause
        What was needed and what was found instead.
    remedies
        What the user can do, one sentence each; the ways round a broker of our own are added.
    """

    def __init__(self, cause: str, remedies: Sequence[str] = ()) -> None:
        self.cause = cause
        self.remedies = (*remedies, *REMEDIES)
        hints = "\n".join(f"Hint: {remedy}" for remedy in self.remedies)
        super().__init__(f"{cause}\n{hints}")
