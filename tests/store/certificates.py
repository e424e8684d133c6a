"""A certificate, and the address that a store is served at with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from commonmode.store import (
    PublicAddress,
)


class Pair(NamedTuple):
    """Files of an authority and of a certificate it signed."""

    ca: Path
    certificate: Path
    key: Path


def at(listen: str, pair: Pair) -> PublicAddress:
    return PublicAddress.parse(listen, pair.certificate, pair.key)
