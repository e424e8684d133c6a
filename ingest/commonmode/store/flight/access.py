"""Who may talk to the owner: whoever can read its token file."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Callable
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


Holder = Callable[[str], str | None]
"""Says whose a token is; None for nobody's."""


def holder_of(own: str) -> Holder:
    """Return what knows the owner's token alone."""
    token = own.encode()
    return lambda shown: "local" if hmac.compare_digest(shown.encode(), token) else None


class TokenCheck(flight.ServerMiddlewareFactory):  # type: ignore[misc]  # pyarrow has no types for Flight
    """Lets a call pass when it shows a token, as bearer or as the password of any user.

    Parameters
    ----------
    name_of : callable
        Says whose a token is; None for nobody's.
    refusal : str
        What everyone else is told, whatever is wrong.
    wrong : callable
        Called before a call that showed a wrong token is refused.
    """

    def __init__(
        self, name_of: Holder, refusal: str, wrong: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__()
        self._name_of = name_of
        self._refusal = refusal
        self._wrong = wrong

    def start_call(self, info: Any, headers: Any) -> flight.ServerMiddleware:
        """Refuse a call without a token that counts."""
        del info
        shown = [value for name in headers for value in headers[name] if name == "authorization"]
        tokens = [token for value in shown if (token := _secret(str(value)))]
        for token in tokens:
            if (name := self._name_of(token)) is not None:
                return Caller(name, token)
        if tokens:
            self._wrong()
        raise flight.FlightUnauthenticatedError(self._refusal)


def _secret(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        return _password(value)
    return value if scheme.lower() == "bearer" else ""


def _password(encoded: str) -> str:
    try:
        # Some clients leave the padding out.
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.b64decode(padded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class Caller(flight.ServerMiddleware):  # type: ignore[misc]  # pyarrow has no types for Flight
    """Whose token a call showed."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self.name = name
        self._token = token

    def sending_headers(self) -> dict[str, str]:
        """Hand the token back as a bearer."""
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
