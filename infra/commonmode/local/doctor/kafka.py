"""Checks of the cluster: its clock, and whether its topics forget."""

from __future__ import annotations

from commonmode.local.doctor.check import Diagnosis, Patient
from commonmode.stream.cluster import Forgetting, forgetful, measured_skew

MOST_SKEW_SECONDS = 2.0
PATIENCE_SECONDS = 1.0
NO_KAFKA = Diagnosis("ok", "no Kafka is named with -b, and none runs here")


def broker_clock(patient: Patient) -> Diagnosis:
    """Look whether the cluster's clock and this machine's tell the same time."""
    if patient.connection is None:
        return NO_KAFKA
    patient.connection.reach(PATIENCE_SECONDS)
    skew = measured_skew(patient.connection, patient.now)
    if skew is None:
        return Diagnosis("ok", "this cluster does not tell its time")
    which = "ahead of" if skew.seconds > 0 else "behind"
    told = (
        f"this machine's clock is {abs(skew.seconds):.2f} s (± {skew.within:.2f}) {which} that of "
        f"{patient.connection.bootstrap}"
    )
    if abs(skew.seconds) - skew.within > MOST_SKEW_SECONDS:
        remedy = "set both clocks by NTP: lateness and lag are reckoned across the two"
        return Diagnosis("warning", told, remedy)
    return Diagnosis("ok", told)


def retention(patient: Patient) -> Diagnosis:
    """Look whether a topic would drop history: an event log does not forget."""
    if patient.connection is None:
        return NO_KAFKA
    patient.connection.reach(PATIENCE_SECONDS)
    found = forgetful(patient.connection, patient.topics)
    if not found:
        return Diagnosis("ok", f"{', '.join(patient.topics.names)}: nothing in them ever expires")
    told = "; ".join(f"{one.topic} has {one.setting}={one.found}" for one in found)
    return Diagnosis("warning", told, _kept_by(patient.connection.bootstrap, found))


def _kept_by(bootstrap: str, found: list[Forgetting]) -> str:
    commands = []
    for topic in dict.fromkeys(one.topic for one in found):
        needed = ",".join(f"{one.setting}={one.needed}" for one in found if one.topic == topic)
        commands.append(
            f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --topic {topic} "
            f"--add-config {needed}"
        )
    return "what is dropped cannot be replayed: " + "; ".join(commands)
