"""What a detector does wrong is written down and passed over; what the store does is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from commonmode.detectors import Detector
from commonmode.store import QueryError, StoreError


class DetectorFailedError(Exception):
    """A detector raised; the run goes on without what it was doing, and tries again next time.

    Parameters
    ----------
    detector : str
        Its name.
    doing : str
        What it was asked for.
    error : BaseException
        What it raised.
    """

    def __init__(self, detector: str, doing: str, error: BaseException) -> None:
        super().__init__(f"{detector} failed {doing}: {type(error).__name__}: {error}")
        self.detector = detector


@contextmanager
def blaming(detector: Detector, doing: str) -> Iterator[None]:
    """Turn whatever a detector raises, or its query, into a `DetectorFailedError`.

    Raises
    ------
    DetectorFailedError
        When the detector is to blame.
    StoreError
        When the store is.
    """
    try:
        yield
    except QueryError as error:
        raise DetectorFailedError(detector.name, doing, error) from error
    except StoreError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        raise DetectorFailedError(detector.name, doing, error) from error
