"""The four tiers of evidence, each with its own null; collusion is a word for three of them."""

from commonmode.detectors.collusion.tiers.rule import held, said, word
from commonmode.detectors.collusion.tiers.tier import Tier

__all__ = ["Tier", "held", "said", "word"]
