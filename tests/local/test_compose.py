"""Kafka by Docker is the same Kafka: settings and topics are compared with the local ones."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from commonmode.local import jars
from commonmode.local.node import SETTINGS
from commonmode.stream import topics

COMPOSE = Path(__file__).parents[2] / "infra" / "compose.yaml"
PLACES = {
    "KAFKA_LISTENERS",
    "KAFKA_ADVERTISED_LISTENERS",
    "KAFKA_CONTROLLER_QUORUM_VOTERS",
    "KAFKA_LOG_DIRS",
}


@pytest.fixture
def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return loaded


def settings_of_the_local_broker() -> dict[str, str]:
    lines = (line.strip() for line in SETTINGS.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {f"KAFKA_{key.upper().replace('.', '_')}": value for key, _, value in pairs}


def test_settings_are_those_of_the_local_broker(services: dict[str, Any]) -> None:
    environment = services["kafka"]["environment"]
    about_the_node = {k: v for k, v in environment.items() if k.startswith("KAFKA_")}
    del about_the_node["KAFKA_HEAP_OPTS"]

    assert {k: v for k, v in about_the_node.items() if k not in PLACES} == (
        settings_of_the_local_broker()
    )
    assert about_the_node.keys() >= PLACES


def test_the_version_is_the_locked_one(services: dict[str, Any]) -> None:
    images = {service["image"] for service in services.values()}

    assert images == {f"apache/kafka:{jars.kafka_version()}"}


def test_only_this_machine_reaches_it(services: dict[str, Any]) -> None:
    assert services["kafka"]["ports"] == ["127.0.0.1:9092:9092"]


def test_topics_are_those_the_sink_would_make(services: dict[str, Any]) -> None:
    (script,) = services["topics"]["command"]
    made = dict(re.findall(r"^create (\S+) (\d+)$", script, re.MULTILINE))
    settings = dict(re.findall(r"--config (\S+)=(\S+)", script))
    ours = topics.Topics()

    assert made == {ours.events: str(ours.partitions), ours.findings: "1", ours.rejected: "1"}
    assert settings == dict(topics.SETTINGS)
