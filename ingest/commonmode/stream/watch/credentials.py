"""TLS and SASL for faust, from the same client properties as everywhere."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import faust
from faust.auth import Credentials


def credentials(properties: Mapping[str, str]) -> Credentials | None:
    """Return what faust needs to speak to a secured cluster; None for a plain one.

    Examples
    --------
    >>> credentials({}) is None
    True
    >>> credentials({"security.protocol": "sasl_plaintext", "sasl.username": "me"})
    <SASLCredentials: username=me>
    """
    protocol = properties.get("security.protocol", "plaintext").upper()
    context = _context(properties) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=properties.get("sasl.username"),
            password=properties.get("sasl.password"),
            ssl_context=context,
            mechanism=properties.get("sasl.mechanism", properties.get("sasl.mechanisms", "PLAIN")),
        )
    return faust.SSLCredentials(context) if context is not None else None


def _context(properties: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=properties.get("ssl.ca.location"))
    if certificate := properties.get("ssl.certificate.location"):
        key, password = properties.get("ssl.key.location"), properties.get("ssl.key.password")
        context.load_cert_chain(certificate, key, password)
    if properties.get("ssl.endpoint.identification.algorithm") == "none":
        context.check_hostname = False
    return context
