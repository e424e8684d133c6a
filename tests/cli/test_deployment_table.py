"""A deployment as `status` shows it."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from commonmode.cli.deployment_table import deployment_table


def shown(broker: str | None, lag: dict[str, int] | None, public: str | None = None) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        told: dict[str, Any] = {"processes": [], "data": "/data", "broker": broker, "lag": lag}
        told["public"] = public
        console.print(deployment_table(told))
    return capture.get()


@pytest.mark.parametrize(
    ("lag", "said"), [({"a.events": 1200}, "lag    a.events 1,200"), (None, "lag    unknown")]
)
def test_how_far_the_store_is_behind_is_said(lag: dict[str, int] | None, said: str) -> None:
    assert said in shown("127.0.0.1:9092", lag)


def test_without_kafka_there_is_nothing_to_be_behind() -> None:
    told = shown(None, None)

    assert "Kafka  none" in told
    assert "lag" not in told


def test_where_others_read_the_store_is_said() -> None:
    told = shown(None, None, public="grpc+tls://0.0.0.0:31337")

    assert "others grpc+tls://0.0.0.0:31337" in told
    assert "others" not in shown(None, None)
