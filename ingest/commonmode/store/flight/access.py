"""Who may talk to the owner: whoever can read its token file."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from pyarrow import flight

PRIVATE = 0o600


def token_path(run: Path) -> Path:
    """Return where a data folder keeps the token."""
    return run / "token"


def own_token(run: Path) -> str:
    """Return the owner's token, made anew when there is none or when others could read it."""
    run.mkdir(parents=True, exist_ok=True)
    path = token_path(run)
    if path.exists() and not stat.S_IMODE(path.stat().st_mode) & 0o077:
        return path.read_text("ascii").strip()
    path.unlink(missing_ok=True)
    token = secrets.token_urlsafe(32)
    # Private from its first moment: never a file that is closed to others only later.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
        file.write(token + "\n")
    return token


class TokenCheck(flight.ServerMiddlewareFactory):  # type: ignore[misc]  # pyarrow has no types for Flight
    """Lets a call pass when it shows the token, as bearer or as the password of any user."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    def start_call(self, info: Any, headers: Any) -> flight.ServerMiddleware:
        """Refuse a call without the token."""
        del info
        shown = [value for name in headers for value in headers[name] if name == "authorization"]
        if not any(self._is_token(str(value)) for value in shown):
            msg = "the owner of the store asks for its token, in run/token of the data folder."
            raise flight.FlightUnauthenticatedError(msg)
        return _Bearer(self._token.decode())

    def _is_token(self, header: str) -> bool:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            value = _password(value)
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(value.encode(), self._token)


def _password(encoded: str) -> str:
    try:
        # Some clients leave the padding out.
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.b64decode(padded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class _Bearer(flight.ServerMiddleware):  # type: ignore[misc]  # pyarrow has no types for Flight
    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def sending_headers(self) -> dict[str, str]:
        # Clients that came with a password take this for the calls that follow.
        return {"authorization": f"Bearer {self._token}"}


class NoHandshake(flight.ServerAuthHandler):  # type: ignore[misc]  # pyarrow has no types for Flight
    """Lets the handshake call exist; the middleware has checked the caller already."""

    def authenticate(self, outgoing: Any, incoming: Any) -> None:
        """Do nothing."""

    def is_valid(self, token: bytes) -> str:
        """Name every caller the same."""
        del token
        return ""
