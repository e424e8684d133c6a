"""What can ail a deployment on this machine, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from commonmode.local.doctor import folder, kafka, machine
from commonmode.local.doctor.check import Check, Diagnosis, Patient, Verdict

__all__ = ["CHECKS", "Diagnosis", "Examined", "Patient", "Verdict", "examine"]

CHECKS: Mapping[str, Check] = {
    "python": machine.python,
    "java": machine.java,
    "kafka": machine.kafka_jars,
    "loopback": machine.loopback,
    "memory": machine.memory,
    "disk": folder.disk,
    "ports": folder.taken_ports,
    "token": folder.token,
    "store": folder.store,
    "clock": folder.clock,
    "broker clock": kafka.broker_clock,
    "retention": kafka.retention,
    "lag": folder.lag,
    "deployment": folder.processes,
}
"""Name → check, in the order they are told. To add one: write it, and give it a line here."""


class Examined(Struct, frozen=True):
    """One thing that was looked at, by its name in `CHECKS`."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine(patient: Patient) -> Iterator[Examined]:
    """Look at everything; what cannot be looked at is a warning, and the others go on."""
    for name, check in CHECKS.items():
        try:
            told = check(patient)
        except Exception as error:  # noqa: BLE001  the doctor is called because something is ill
            told = Diagnosis("warning", f"could not be looked at: {error}")
        yield Examined(name, told.verdict, told.found, told.remedy)
