"""The address at which others read the store: TLS and tokens with names, or nothing."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path
from typing import Self

from msgspec import Struct

from commonmode.store.errors import ListenError, TokenError
from commonmode.store.flight.tokens import TokenBook

_MAKE_PAIR = (
    "give --tls-cert and --tls-key; to try it, `openssl req -x509 -newkey rsa:3072 -nodes -days 90"
    " -keyout store.key -out store.pem -subj /CN=HOST -addext subjectAltName=DNS:HOST`"
)


class PublicAddress(Struct, frozen=True):
    """Where to listen for readers from elsewhere, and with which certificate.

    Parameters
    ----------
    host, port : str, int
        Where to listen; port 0 takes a free one.
    certificate, key : path
        Both in PEM; the certificate with the chain that leads to its authority.
    """

    host: str
    port: int
    certificate: Path
    key: Path

    @classmethod
    def parse(cls, listen: str, certificate: Path | None, key: Path | None) -> Self:
        """Read ``HOST:PORT``.

        Raises
        ------
        ListenError
            When it is none, or when certificate or key are missing.

        Examples
        --------
        >>> PublicAddress.parse("[::1]:5005", Path("store.pem"), Path("store.key")).host
        '[::1]'
        """
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004  ports end there
            msg = f"needed HOST:PORT to listen at; found {listen!r}."
            raise ListenError(msg, "e.g. --listen 0.0.0.0:31337")
        if certificate is None or key is None:
            msg = f"whoever listens at {listen} must use TLS: a token would be read on the way."
            raise ListenError(msg, _MAKE_PAIR)
        return cls(host, int(port), certificate.resolve(), key.resolve())

    @property
    def uri(self) -> str:
        """Address as a client names it."""
        return f"grpc+tls://{self.host}:{self.port}"

    def pair(self) -> tuple[bytes, bytes]:
        """Return certificate and key.

        Raises
        ------
        ListenError
            When they cannot be read, do not belong together, or anyone can read the key.
        """
        try:
            mode = stat.S_IMODE(self.key.stat().st_mode)
            # Without a password given, OpenSSL would ask for one at the terminal.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                self.certificate, self.key, password=""
            )
            pair = self.certificate.read_bytes(), self.key.read_bytes()
        except (OSError, ValueError) as error:
            msg = f"{self.certificate} and {self.key} are no certificate with its key: {error}."
            raise ListenError(msg, _MAKE_PAIR) from error
        if mode & 0o007:
            msg = f"anyone on this machine can read the key {self.key}; its mode is {mode:o}."
            raise ListenError(msg, f"chmod 600 {self.key}")
        return pair

    def must_have_readers(self, run: Path) -> None:
        """See that there is somebody to listen for.

        Raises
        ------
        TokenError
            When no token has a name, or their file cannot be trusted.
        """
        if not TokenBook(run).grants():
            msg = f"nobody could read at {self.host}:{self.port}: there is no token with a name."
            raise TokenError(msg, f"`commonmode token add NAME --data {run.parent}` makes one")

    def options(self) -> tuple[str, ...]:
        """Return the options of `commonmode owner` that say the same."""
        listen = f"{self.host}:{self.port}"
        pair = ("--tls-cert", str(self.certificate), "--tls-key", str(self.key))
        return ("--listen", listen, *pair)
