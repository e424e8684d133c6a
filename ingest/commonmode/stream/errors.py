"""What can go wrong between us and Kafka."""

from __future__ import annotations


class BrokerUnreachableError(ConnectionError):
    """No broker answers, or it stopped answering before everything was delivered.

    Parameters
    ----------
    bootstrap : str
        The address that was tried.
    cause : str
        What happened there.
    """

    def __init__(self, bootstrap: str, cause: str) -> None:
        hint = "is the broker up there? `commonmode up` starts one; `commonmode load` needs none"
        super().__init__(f"Kafka at {bootstrap} cannot be reached: {cause}. Hint: {hint}.")
        self.bootstrap = bootstrap


class BrokerRefusedError(BrokerUnreachableError):
    """The broker answers and will not have it: not authorised, or the topic forbids it."""

    def __init__(self, bootstrap: str, cause: str) -> None:
        ConnectionError.__init__(self, f"Kafka at {bootstrap} refused: {cause}.")
        self.bootstrap = bootstrap


class UnknownPropertyError(ValueError):
    """A client property that one of the Kafka clients here does not have."""
