"""How a deployment is shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from commonmode.cli.output import plain

_STYLES = {"running": "green", "restarting": "red", "stopped": "red"}


def deployment_table(status: Mapping[str, Any]) -> Group:
    """Lay a deployment's status out: a line for each process, the lag below."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("process", "state", "pid", "restarts"):
        table.add_column(name)
    table.add_column("address or log", overflow="fold")
    for one in status["processes"]:
        table.add_row(
            one["name"],
            Text(one["state"], style=_STYLES.get(one["state"], "yellow")),
            str(one["pid"] or ""),
            str(one["restarts"]),
            Text(plain(one["address"] or one["log"])),
        )
        if one["reason"]:
            table.add_row("", "", "", "", Text(plain(one["reason"]), style="dim"))
    return Group(table, _below(status))


def _below(status: Mapping[str, Any]) -> Text:
    lines = {"data": status["data"], "Kafka": status["broker"]}
    if status["broker"] is None:
        lines["Kafka"] = "none: nothing is stored from a log"
    else:
        lag = status["lag"]
        known = "unknown" if lag is None else ", ".join(f"{t} {n:,}" for t, n in lag.items())
        lines["lag"] = known
    if status["public"] is not None:
        lines["others"] = f"{status['public']}, with a token"
    return Text(plain("\n".join(f"{name:<6} {said}" for name, said in lines.items())))
