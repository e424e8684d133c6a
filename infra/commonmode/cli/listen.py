"""``--listen``: an address at which others may read the store."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commonmode.local.pulse import PULSE
from commonmode.store import PublicAddress, run_dir

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)


def listen_options(function: F) -> F:
    """Add ``--listen``, ``--tls-cert`` and ``--tls-key``."""
    function = click.option("--tls-key", type=_FILE, help="Its key, PEM, private.")(function)
    function = click.option("--tls-cert", type=_FILE, help="Certificate for --listen, PEM.")(
        function
    )
    return click.option(
        "--listen",
        metavar="HOST:PORT",
        help="Serve queries there too, over TLS, to the tokens of `commonmode token`.",
    )(function)


def public_address(
    data_dir: Path, listen: str | None, tls_cert: Path | None, tls_key: Path | None
) -> PublicAddress | None:
    """Return where to listen, checked; None where nothing was asked for."""
    if listen is None:
        if tls_cert or tls_key:
            msg = "--tls-cert and --tls-key need --listen HOST:PORT."
            raise click.UsageError(msg)
        return None
    public = PublicAddress.parse(listen, tls_cert, tls_key)
    public.pair()
    if PULSE not in os.environ:
        # Where a deployment starts its owner again, the last token may have been revoked since:
        # that shuts readers out, and must not stop the store.
        public.must_have_readers(run_dir(data_dir))
    return public
