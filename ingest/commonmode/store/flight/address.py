"""Where the owner of a store listens: one small file that comes and goes with it."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from commonmode.store.flight.access import token_path


class Address(Struct, frozen=True):
    """Where an owner listens, and which process it is."""

    host: str
    port: int
    pid: int

    @property
    def uri(self) -> str:
        """The address as Flight clients write it."""
        return f"grpc://{self.host}:{self.port}"


def address_path(run: Path) -> Path:
    """Return where a data folder keeps the owner's address."""
    return run / "flight.json"


def announce(run: Path, address: Address) -> None:
    """Write the address in one step, so that nobody reads half of it."""
    run.mkdir(parents=True, exist_ok=True)
    new = run / f"flight.json.{address.pid}"
    new.write_bytes(msgspec.json.encode({**msgspec.structs.asdict(address), "uri": address.uri}))
    new.replace(address_path(run))


def withdraw(run: Path, address: Address) -> None:
    """Remove the address, unless it is another owner's by now."""
    if find_owner(run, check=False) == address:
        address_path(run).unlink(missing_ok=True)


def find_owner(run: Path, *, check: bool = True) -> Address | None:
    """Return where the owner listens, or None when there is none.

    Parameters
    ----------
    run : path
        Folder of the running processes.
    check : bool
        Whether to see that someone listens there: an owner that was killed leaves its file.
    """
    try:
        address = msgspec.json.decode(address_path(run).read_bytes(), type=Address)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    if check and not _listens(address):
        return None
    return address


def _listens(address: Address) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=1):
            return True
    except OSError:
        return False


def read_token(run: Path) -> str:
    """Return the owner's token, or nothing when there is none to read."""
    try:
        return token_path(run).read_text("ascii").strip()
    except (FileNotFoundError, PermissionError):
        return ""
