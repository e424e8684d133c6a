"""The key of a data folder's redaction: without it nobody can try words against the hashes."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

_PRIVATE = 0o600
_BYTES = 32


class RedactionKeyError(OSError):
    """The key cannot be used: others may read it, or it is no key."""


def redaction_key(data_dir: Path) -> bytes:
    """Return the key of a data folder, made when there is none.

    Logs that are redacted with one key have the same hash where they say the same. Whoever
    redacts on several machines copies the file.

    Raises
    ------
    RedactionKeyError
        When others may read it, or what it holds is no key. It is never replaced: what was
        redacted with it would be comparable to nothing that comes later.
    """
    path = data_dir / "redaction.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a fresh key; of two processes that do so at once, one key stays, and whole."""
    fresh = path.with_suffix(f".{os.getpid()}")
    # Private from its first moment: never a file that is closed to others only later.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def _read(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        msg = f"needed {path} readable by you alone; its mode is {mode:o}. Hint: chmod 600 {path}."
        raise RedactionKeyError(msg)
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        msg = (
            f"needed {_BYTES} bytes in hexadecimal in {path}; found something else. "
            "Hint: copy it again from where it was made."
        )
        raise RedactionKeyError(msg)
    return key
