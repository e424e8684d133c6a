"""What an agent read, as text, and the hash by which it is known when the text is taken out."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def flat(content: Any) -> str:
    """Return text, a list of messages, or a list of parts as text; other JSON as it stands.

    Examples
    --------
    >>> flat([{"role": "user", "content": [{"type": "text", "text": "Pay."}]}, {"type": "image"}])
    'Pay.\\n(image)'
    """
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "\n".join(filter(None, map(flat, content)))
        case dict() if "content" in content or "text" in content:
            return flat(content.get("text", content.get("content")))
        case dict() if isinstance(content.get("type"), str):
            return f"({content['type']})"
    return msgspec.json.encode(content).decode()


def observed(content: str) -> dict[str, str]:
    """Return the fields of `content_observed` that hold a text.

    Examples
    --------
    >>> observed("hi")["content_hash"][:8]
    '8f434346'
    """
    hashed = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return {"content": content, "content_hash": hashed}
