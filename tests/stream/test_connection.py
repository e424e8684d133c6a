from __future__ import annotations

import pytest

from commonmode.stream.connection import Connection
from commonmode.stream.errors import UnknownPropertyError

SECURE = {
    "security.protocol": "sasl_ssl",
    "ssl.ca.location": "ca.pem",
    "ssl.endpoint.identification.algorithm": "none",
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.username": "me",
    "sasl.password": "secret",
}


def test_tls_and_sasl_reach_kafka_python_under_its_own_names() -> None:
    settings = Connection("a:1,b:2", SECURE).for_kafka_python()

    assert settings["bootstrap_servers"] == ["a:1", "b:2"]
    assert settings["security_protocol"] == "SASL_SSL"
    assert settings["ssl_cafile"] == "ca.pem"
    assert settings["ssl_check_hostname"] is False
    assert settings["sasl_plain_password"] == "secret"


def test_tls_and_sasl_reach_librdkafka_unchanged() -> None:
    settings = Connection("a:1", SECURE).for_librdkafka()

    assert SECURE.items() <= settings.items()
    assert settings["bootstrap.servers"] == "a:1"


def test_a_misspelt_property_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(UnknownPropertyError, match=r"did you mean ssl\.ca\.location"):
        Connection("a:1", {"ssl.ca.locatoin": "ca.pem"}).for_kafka_python()
