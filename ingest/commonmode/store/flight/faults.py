"""Store errors ↔ Flight errors: the sentence and the hint survive the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pyarrow as pa
from pyarrow import flight

from commonmode.store.errors import (
    BatchRefusedError,
    QueryError,
    QueryRefusedError,
    QueryTooLargeError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreUnreachableError,
)

_KINDS = {
    kind.__name__: kind
    for kind in (
        BatchRefusedError,
        QueryError,
        QueryRefusedError,
        QueryTooLargeError,
        StoreDamagedError,
        StoreFullError,
        StoreUnreachableError,
    )
}


@contextmanager
def faults() -> Iterator[None]:
    """Send store errors, and what a malformed message causes, as Flight errors."""
    try:
        yield
    except StoreError as error:
        raise to_flight(error) from error
    except (pa.ArrowException, msgspec.MsgspecError) as error:
        msg = f"the message cannot be read: {error}."
        raise flight.FlightServerError(msg) from error


def to_flight(error: StoreError) -> flight.FlightError:
    """Return the error a client is sent."""
    kind = flight.FlightServerError
    if isinstance(error, QueryRefusedError):
        kind = flight.FlightUnauthorizedError
    elif isinstance(error, StoreUnreachableError):
        kind = flight.FlightUnavailableError
    detail = msgspec.json.encode((type(error).__name__, error.problem, error.hint))
    return kind(str(error), extra_info=detail)


def from_flight(error: Exception, where: str) -> StoreError:
    """Return the store error that a Flight error stands for."""
    detail = getattr(error, "extra_info", None)
    if detail:
        name, problem, hint = msgspec.json.decode(detail, type=tuple[str, str, str])
        return _KINDS.get(name, StoreError)(problem, hint)
    text = str(error).partition(". gRPC client debug context")[0]
    if isinstance(error, flight.FlightUnauthenticatedError):
        msg = f"the owner of the store at {where} did not accept the token."
        return StoreUnreachableError(
            msg,
            "here it is run/token of the data folder; from elsewhere, one of `commonmode token`",
        )
    if isinstance(error, flight.FlightUnavailableError | flight.FlightTimedOutError):
        return _unreachable(text, where)
    return StoreError(f"the owner of the store at {where} failed: {text}.")


def _unreachable(text: str, where: str) -> StoreUnreachableError:
    """Say why nobody answers; gRPC tells it in words alone."""
    if "verify failed" in text or "not in peer certificate" in text:
        return StoreUnreachableError(
            f"the certificate of the store at {where} is not trusted.",
            "name its authority (--ca, or ca= in Python) and the host as the certificate does",
        )
    if "lookup failed" in text:
        return StoreUnreachableError(f"no such host: {where}.")
    return StoreUnreachableError(f"the owner of the store at {where} does not answer: {text}.")
