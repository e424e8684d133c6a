"""One address and one set of client properties for the three Kafka clients used here."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from commonmode.stream.errors import BrokerUnreachableError, UnknownPropertyError

_KAFKA_PYTHON: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "security.protocol": ("security_protocol", str.upper),
    "ssl.ca.location": ("ssl_cafile", str),
    "ssl.certificate.location": ("ssl_certfile", str),
    "ssl.key.location": ("ssl_keyfile", str),
    "ssl.key.password": ("ssl_password", str),
    "ssl.crl.location": ("ssl_crlfile", str),
    "ssl.cipher.suites": ("ssl_ciphers", str),
    "ssl.endpoint.identification.algorithm": ("ssl_check_hostname", lambda text: text != "none"),
    "sasl.mechanism": ("sasl_mechanism", str),
    "sasl.mechanisms": ("sasl_mechanism", str),
    "sasl.username": ("sasl_plain_username", str),
    "sasl.password": ("sasl_plain_password", str),
    "client.id": ("client_id", str),
}
"""librdkafka's name of a property, as kcat's ``-X`` takes it → kafka-python's name and form."""

BOOTSTRAP_SECONDS = 5.0
"""How long a first contact may take before the broker counts as unreachable."""

_POLL_SECONDS = 0.2
_CONNECT_SECONDS = 2.0


class Connection(Struct, frozen=True):
    """How to reach a cluster.

    Parameters
    ----------
    bootstrap : str
        ``HOST:PORT``, several with commas.
    properties : dict of str to str
        TLS and SASL, by librdkafka's names.

    Examples
    --------
    >>> secure = Connection("b:9093", {"security.protocol": "ssl", "ssl.ca.location": "ca.pem"})
    >>> secure.for_kafka_python()["ssl_cafile"], secure.for_librdkafka()["ssl.ca.location"]
    ('ca.pem', 'ca.pem')
    """

    bootstrap: str
    properties: dict[str, str] = {}

    def for_kafka_python(self) -> dict[str, Any]:
        """Return the settings for kafka-python.

        Raises
        ------
        UnknownPropertyError
            When a property has no counterpart there.
        """
        settings: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "bootstrap_timeout_ms": int(BOOTSTRAP_SECONDS * 1000),
            "reconnect_backoff_max_ms": 1000,
            "client_id": "commonmode",
        }
        for name, text in self.properties.items():
            if name not in _KAFKA_PYTHON:
                raise _unknown(name)
            theirs, form = _KAFKA_PYTHON[name]
            settings[theirs] = form(text)
        return settings

    def reach(self, seconds: float = BOOTSTRAP_SECONDS) -> None:
        """Wait until something listens at one of the addresses.

        Raises
        ------
        BrokerUnreachableError
            When nothing does within `seconds`.
        """
        until = time.monotonic() + seconds
        while True:
            failures = [
                why for a in self.bootstrap.split(",") if (why := _no_answer(a)) is not None
            ]
            if len(failures) <= self.bootstrap.count(","):
                return
            if time.monotonic() > until:
                raise BrokerUnreachableError(self.bootstrap, failures[0])
            time.sleep(_POLL_SECONDS)

    def for_librdkafka(self) -> dict[str, Any]:
        """Return the settings for confluent-kafka, whose names are ours."""
        return {
            "bootstrap.servers": self.bootstrap,
            "client.id": "commonmode",
            "reconnect.backoff.ms": 250,
            "reconnect.backoff.max.ms": 1000,
            # A broker that is away is told once, by who waits for it, not at every attempt.
            "log_level": 2,
            **self.properties,
        }


def _no_answer(address: str) -> str | None:
    # kafka-python takes minutes to give up and leaves its sockets open, so ask first ourselves.
    host, _, port = address.strip().rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS):
            return None
    except ValueError:
        return f"needed HOST:PORT; found {address!r}"
    except OSError as error:
        return error.strerror or str(error)


def _unknown(name: str) -> UnknownPropertyError:
    near = get_close_matches(name, _KAFKA_PYTHON, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_KAFKA_PYTHON)}"
    msg = f"needed a client property for TLS or SASL; found {name!r}. Hint: {hint}"
    return UnknownPropertyError(msg)
