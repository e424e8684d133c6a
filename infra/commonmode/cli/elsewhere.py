"""Options of a verb that may read a store which is served elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commonmode.store import Reader, connect

F = TypeVar("F", bound=Callable[..., Any])

SCHEME = "grpc+tls://"
_VARIABLE = "COMMONMODE_TOKEN"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def elsewhere_options(function: F) -> F:
    """Add ``--address`` with the token to show there and the authority to trust."""
    for option in (
        click.option(
            "--ca", type=_FILE, help="Authority to trust (PEM).  [default: this machine's]"
        ),
        click.option(
            "--token-file",
            type=_FILE,
            # What stands on a command line is seen by every user of the machine.
            help="File that holds the token.  [default: COMMONMODE_TOKEN of the environment]",
        ),
        click.option(
            "--address",
            metavar="grpc+tls://HOST:PORT",
            help="Ask a store that is served elsewhere.",
        ),
    ):
        function = option(function)
    return function


def reader(data_dir: Path, address: str | None, token_file: Path | None, ca: Path | None) -> Reader:
    """Return a reader of the data folder, or of the address where one is given."""
    if address is None:
        if token_file or ca:
            msg = "--token-file and --ca need --address."
            raise click.UsageError(msg)
        return connect(data_dir)
    if not address.startswith(SCHEME):
        msg = f"--address: needed {SCHEME}HOST:PORT; found {address!r}."
        raise click.UsageError(msg)
    if ca is not None and b"CERTIFICATE-----" not in ca.read_bytes():
        msg = f"--ca: needed certificates in PEM; found none in {ca}."
        raise click.UsageError(msg)
    # What gRPC says of a failure on its own is said again, shorter, in the error.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    return connect(address, token=_token(token_file), ca=ca)


def _token(file: Path | None) -> str:
    if file is None:
        token = os.environ.get(_VARIABLE, "")
    else:
        token = file.read_bytes().decode("ascii", "replace").strip()
    if not token:
        msg = f"--address needs a token: --token-file FILE, or {_VARIABLE}."
        raise click.UsageError(msg)
    if not token.isascii() or not token.isprintable():
        msg = f"needed a token alone, as `commonmode token` prints it, in {file or _VARIABLE}."
        raise click.UsageError(msg)
    return token
