"""The live watch: judges actions as they come, and raises provisional findings."""

from commonmode.stream.watch.app import create_app, run
from commonmode.stream.watch.judge import JudgeFactory, LiveJudge

__all__ = ["JudgeFactory", "LiveJudge", "create_app", "run"]
