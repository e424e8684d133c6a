"""The server: the app, and what each of its answers carries. ``streamlit run serving.py``."""

from __future__ import annotations

import base64
import hashlib
import logging
import traceback
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonmode.dashboard.plain_text import visible


class _InlineScripts(HTMLParser):
    """Collects the scripts that stand in a page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)


def inline_scripts(page: str) -> list[str]:
    """Return the scripts that stand in a page itself, letter by letter.

    Examples
    --------
    >>> inline_scripts("<script src='a.js'></script><script> x = 1 </script>")
    [' x = 1 ']
    """
    parser = _InlineScripts()
    parser.feed(page)
    return parser.found


def policy(page: str) -> str:
    """Return a Content-Security-Policy that runs only the scripts Streamlit brought along.

    Nothing is loaded from, or sent, elsewhere: should agent text ever become markup, its scripts
    do not run and its images and frames do not load.
    """
    digests = [hashlib.sha256(script.encode()).digest() for script in inline_scripts(page)]
    known = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {known}",
            "style-src 'self' 'unsafe-inline'",  # Streamlit's style sheets are made in the page
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "media-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


_PAGE = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")

CARRIED = {
    "content-security-policy": policy(_PAGE),
    "referrer-policy": "no-referrer",  # addresses hold questions and names
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer carries."""


class Carrying:
    """Adds `CARRIED` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(CARRIED)
            await send(message)

        await self._app(scope, receive, carrying)


class OwnPagesOnly:
    """Refuses a WebSocket that another site's page opens.

    Streamlit lets every page of localhost in, and asks an address on the web for this machine's
    own before it refuses another; here neither happens.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket" and not _is_own(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    origin = headers.get("origin")
    allowed = {urlsplit(one).netloc for one in st.get_option("server.corsAllowedOrigins")}
    return origin is None or urlsplit(origin).netloc in {headers.get("host"), *allowed}


def plainly(record: logging.LogRecord) -> bool:
    """Leave nothing in a record that a terminal obeys: what failed on a page quotes agents."""
    record.msg, record.args = visible(record.getMessage()), ()
    if record.exc_info:
        record.exc_text = visible("".join(traceback.format_exception(*record.exc_info)))
    return True


# Streamlit gives its loggers handlers and forms of its own, again and again; a filter stays.
logging.getLogger("streamlit.error_util").addFilter(plainly)

app = st.App(
    Path(__file__).with_name("app.py"), middleware=[Middleware(Carrying), Middleware(OwnPagesOnly)]
)
