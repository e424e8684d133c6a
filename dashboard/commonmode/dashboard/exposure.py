"""Who may read a dashboard that others can reach: one file that says so, checked before it serves.

The file is TOML and is Streamlit's secrets file at once::

    [auth]                      # the OpenID Connect provider that people sign in at
    redirect_uri = "https://dash.example.org/oauth2callback"
    cookie_secret = "…"         # at least 32 characters that nobody can guess
    client_id = "…"
    client_secret = "…"
    server_metadata_url = "https://id.example.org/.well-known/openid-configuration"

    [readers]                   # who of those may read
    emails = ["ada@example.org"]
    subjects = ["248289761001"]

    [tls]                       # left out behind a proxy that ends TLS
    certificate = "dash.pem"
    key = "dash.key"
"""

from __future__ import annotations

import ipaddress
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta, Struct

SIGNED_IN_SECONDS = 12 * 3_600
"""How long a sign-in counts: who leaves is out the next day, whatever the cookie says."""

CALLBACK = "/oauth2callback"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class ExposureError(ValueError):
    """A dashboard would be open to those who must not read it."""

    def __init__(self, needed: str, hint: str) -> None:
        super().__init__(f"{needed} Hint: {hint}")


class Provider(Struct, frozen=True):
    """An OpenID Connect provider, by the names that Streamlit gives its settings."""

    redirect_uri: str
    cookie_secret: Annotated[str, Meta(min_length=32)]
    client_id: str
    client_secret: str
    server_metadata_url: str

    @property
    def address(self) -> SplitResult:
        """Where people reach the dashboard."""
        return urlsplit(self.redirect_uri)


class Readers(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read, of those who can sign in.

    Parameters
    ----------
    emails
        Addresses; they count only where the provider says that it verified them.
    subjects
        The provider's own names for people (`sub`), for those without a verified address.
    everyone
        Whoever can sign in may read.
    """

    emails: list[str] = []
    subjects: list[str] = []
    everyone: bool = False

    def admit(self, claims: Mapping[str, object]) -> bool:
        """Tell whether someone with these claims may read.

        Examples
        --------
        >>> readers = Readers(emails=["Ada@example.org"])
        >>> readers.admit({"email": "ada@example.org", "email_verified": True})
        True
        >>> readers.admit({"email": "ada@example.org"})
        False
        """
        if self.everyone or claims.get("sub") in self.subjects:
            return True
        email = str(claims.get("email") or "").casefold()
        known = {one.casefold() for one in self.emails}
        return claims.get("email_verified") is True and email in known


class Tls(Struct, frozen=True, forbid_unknown_fields=True):
    """Files of a certificate and its key, from the folder of the file that names them."""

    certificate: str
    key: str


class Exposure(Struct, frozen=True):
    """How a dashboard is open to others."""

    auth: Provider
    readers: Readers
    tls: Tls | None = None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def exposure_of(host: str, auth: Path | None) -> Exposure | None:
    """Return how a dashboard on this address is open to others, None when it is to nobody.

    Raises
    ------
    ExposureError
        When others could reach it and nothing asks who they are, or the file leaves a gap.
    """
    if auth is not None:
        return read_exposure(auth)
    if is_loopback(host):
        return None
    needed = f"others can reach {host}: needed a file that says who may read; found none."
    raise ExposureError(
        needed, "give --auth FILE (docs/dashboard-access.md), or listen on 127.0.0.1"
    )


def read_exposure(path: Path) -> Exposure:
    """Read the file and refuse what would let anybody in.

    Raises
    ------
    ExposureError
        When it cannot be read, lacks something, or leaves a gap.
    """
    if path.suffix != ".toml":
        _refuse(path, "needed a name that ends in .toml, as Streamlit reads it", "rename it")
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        exposure = msgspec.toml.decode(path.read_bytes(), type=Exposure)
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror}", "docs/dashboard-access.md shows one")
    except msgspec.DecodeError as error:
        _refuse(path, f"needed [auth] and [readers]; {error}", "docs/dashboard-access.md shows one")
    if mode & _OTHERS:
        _refuse(
            path, f"it holds secrets; others can read it (mode {mode:04o})", f"chmod 600 {path}"
        )
    _check_addresses(path, exposure.auth)
    for name in (exposure.tls.certificate, exposure.tls.key) if exposure.tls else ():
        if not (path.parent / name).is_file():
            _refuse(path, f"[tls] names {name}, which is not there", "give its path from this file")
    readers = exposure.readers
    if not (readers.emails or readers.subjects or readers.everyone):
        _refuse(path, "[readers] names nobody", "list emails or subjects, or say everyone = true")
    return exposure


def _check_addresses(path: Path, auth: Provider) -> None:
    home = auth.address
    if home.path != CALLBACK or not home.hostname:
        told = f"needed a redirect_uri that ends in {CALLBACK}; found {auth.redirect_uri!r}"
        _refuse(path, told, "https://HOST/oauth2callback, as the provider knows it")
    for name, url in (
        ("redirect_uri", home),
        ("server_metadata_url", urlsplit(auth.server_metadata_url)),
    ):
        if url.scheme != "https" and not is_loopback(url.hostname or ""):
            told = f"needed https in {name}; found {url.geturl()!r}"
            _refuse(path, told, "name a certificate in [tls], or put a proxy with TLS before it")


def _refuse(path: Path, told: str, hint: str) -> NoReturn:
    needed = f"{path}: {told}."
    raise ExposureError(needed, hint)


def is_fresh(claims: Mapping[str, object], now: float | None = None) -> bool:
    """Tell whether someone signed in recently enough, by the time their token was issued.

    Examples
    --------
    >>> is_fresh({"iat": 1_000}, 2_000), is_fresh({"iat": 1_000}, 100_000), is_fresh({}, 0)
    (True, False, False)
    """
    issued = claims.get("iat")
    here = time.time() if now is None else now
    return isinstance(issued, int | float) and here - issued < SIGNED_IN_SECONDS
