"""Tokens with names: who may read the store from elsewhere, until told otherwise."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from filelock import FileLock
from msgspec import Struct

from commonmode.store.errors import TokenError

PRIVATE = 0o600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Grant(Struct, frozen=True):
    """What is kept of a token: never the token.

    Parameters
    ----------
    sha256 : str
        Of the token. It is 32 random bytes, so no slower hash protects it better.
    created_at : datetime
        When it was made.
    """

    sha256: str
    created_at: datetime


class TokenBook:
    """The named tokens of a data folder, in ``run/tokens.json``.

    A change counts from the next call on: whoever checks looks whether the file is another one.

    Parameters
    ----------
    run : path
        Folder of the running processes.

    Examples
    --------
    >>> import tempfile
    >>> book = TokenBook(Path(tempfile.mkdtemp()))
    >>> token = book.add("ada")
    >>> book.name_of(token), book.name_of("guess")
    ('ada', None)
    >>> book.revoke("ada")
    >>> book.name_of(token) is None
    True
    """

    def __init__(self, run: Path) -> None:
        self.path = run / "tokens.json"
        self._seen: tuple[int, int] | None = None
        self._names: Mapping[str, str] = {}
        self._lock = threading.Lock()

    def grants(self) -> dict[str, Grant]:
        """Return what is kept of each token, by name.

        Raises
        ------
        TokenError
            When other users of the machine can read or change the file, or it is none of ours.
        """
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
            text = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        if mode & 0o077:
            msg = f"needed {self.path} to be its owner's alone; its mode is {mode:o}."
            raise TokenError(msg, f"chmod 600 {self.path}, and rotate the tokens in it")
        try:
            return msgspec.json.decode(text, type=dict[str, Grant])
        except msgspec.MsgspecError as error:
            msg = f"{self.path} cannot be read: {error}."
            raise TokenError(msg, "remove it, and make the tokens anew") from error

    def add(self, name: str) -> str:
        """Make a token for a new name, and return it; it is told this once.

        Raises
        ------
        TokenError
            When the name has one, or is no name.
        """
        if not _NAME.fullmatch(name):
            msg = f"needed a name of letters, digits and ._@-, at most 64 of them; found {name!r}."
            raise TokenError(msg)
        with self._changing() as grants:
            if name in grants:
                msg = f"{name} has a token already."
                raise TokenError(msg, f"`commonmode token rotate {name}` makes another")
            return _granted(grants, name)

    def rotate(self, name: str) -> str:
        """Replace the token of a name; the old one is refused from now on.

        Raises
        ------
        TokenError
            When there is no such name.
        """
        with self._changing() as grants:
            _must_have(grants, name)
            return _granted(grants, name)

    def revoke(self, name: str) -> None:
        """Forget a name; its token is refused from now on.

        Raises
        ------
        TokenError
            When there is no such name.
        """
        with self._changing() as grants:
            _must_have(grants, name)
            del grants[name]

    def name_of(self, token: str) -> str | None:
        """Return whose token it is; None for nobody's, also when the book cannot be trusted."""
        with self._lock:
            self._look_again()
            shown, found = _hash(token), None
            # Every one is compared in full: the time it takes tells nothing of any of them.
            for sha256, name in self._names.items():
                if hmac.compare_digest(sha256, shown):
                    found = name
            return found

    def _look_again(self) -> None:
        try:
            found = self.path.stat()
        except OSError:
            self._seen, self._names = None, {}
            return
        seen = (found.st_ino, found.st_ctime_ns)
        if seen == self._seen:
            return
        try:
            self._names = {grant.sha256: name for name, grant in self.grants().items()}
        except (TokenError, OSError):
            self._names = {}
        self._seen = seen

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Grant]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")):
            grants = self.grants()
            yield grants
            # Private from its first moment, and never half written.
            new = self.path.with_suffix(".new")
            new.unlink(missing_ok=True)
            opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(opened, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(grants)))
            new.replace(self.path)


def _granted(grants: dict[str, Grant], name: str) -> str:
    token = f"commonmode_{secrets.token_urlsafe(32)}"
    grants[name] = Grant(_hash(token), datetime.now(UTC))
    return token


def _must_have(grants: Mapping[str, Grant], name: str) -> None:
    if name not in grants:
        msg = f"no token is named {name}."
        raise TokenError(msg, "`commonmode token list` shows the names")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
