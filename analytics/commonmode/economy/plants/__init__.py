"""Phenomena that can be planted."""

from commonmode.economy.planting import Plant
from commonmode.economy.plants.cascade import Cascade
from commonmode.economy.plants.collusion import Collusion
from commonmode.economy.plants.learners import Learners
from commonmode.economy.plants.monoculture import Monoculture
from commonmode.economy.plants.rotation import Rotation
from commonmode.economy.plants.scope import Scope

__all__ = ["PLANTS", "Cascade", "Collusion", "Learners", "Monoculture", "Rotation", "Scope"]

PLANTS: tuple[type[Plant], ...] = (Monoculture, Collusion, Learners, Rotation, Scope, Cascade)
"""Every phenomenon. A new one is one file and one line here."""
