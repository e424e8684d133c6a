"""Arrow's Flight SQL JDBC driver: fetched once, and held to the locked sum like Kafka's jars.

After a change to ``jgo.toml``: ``python -m tests.clients.driver`` locks it anew.
"""

from pathlib import Path

import pytest

from commonmode.local import jars
from commonmode.local.relock import relock

SPEC = Path(__file__).parent / "jgo.toml"
LOCK = Path(__file__).parent / "jgo.lock.toml"


def class_path() -> str:
    """Where the driver's jar is, checked against the lock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jars, "SPEC", SPEC)
        patch.setattr(jars, "LOCK", LOCK)
        return jars.class_path()


if __name__ == "__main__":
    relock(SPEC, LOCK)
