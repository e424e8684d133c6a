"""Checks of the machine: Python, Java, Kafka's jars, loopback, memory."""

from __future__ import annotations

import socket
import sys

import psutil

from commonmode.local import jars, ports
from commonmode.local.doctor.check import Diagnosis, Patient
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.java import find_java

LEAST_FREE_MEMORY = 2**30


def python(_: Patient) -> Diagnosis:
    """Look at the running Python."""
    return Diagnosis("ok", f"{sys.version.split()[0]} at {sys.executable}")


def java(_: Patient) -> Diagnosis:
    """Look for a Java that Kafka can run on."""
    try:
        found = find_java()
    except BrokerUnavailableError as error:
        return Diagnosis("error", error.cause, error.remedies[0])
    return Diagnosis("ok", f"Java {found.version} at {found.path}")


def kafka_jars(_: Patient) -> Diagnosis:
    """Look whether Kafka's jars are here and the ones that were locked."""
    version = f"Apache Kafka {jars.kafka_version()}"
    if missing := jars.missing_jars():
        told = f"{version}: {len(missing)} jars are still to be downloaded"
        return Diagnosis("warning", told, "commonmode up fetches them; it needs the network")
    try:
        jars.class_path()
    except BrokerUnavailableError as error:
        return Diagnosis("error", error.cause, error.remedies[0])
    return Diagnosis("ok", f"{version}: every jar in {jars.cache_dir()} has its locked sum")


def loopback(_: Patient) -> Diagnosis:
    """Look whether a server can be reached on loopback."""
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        if ports.answers(server.getsockname()[1]):
            return Diagnosis("ok", f"a free port on {ports.LOOPBACK} could be served")
    told = f"nothing answers on {ports.LOOPBACK}, even what was just started there"
    return Diagnosis("error", told, "allow loopback connections in the firewall")


def memory(_: Patient) -> Diagnosis:
    """Look at free memory: the broker takes about half a GiB."""
    free = psutil.virtual_memory().available
    found = f"{free / 2**30:.1f} GiB available"
    if free < LEAST_FREE_MEMORY:
        return Diagnosis("warning", found, "close something, or use a Kafka elsewhere with -b")
    return Diagnosis("ok", found)
