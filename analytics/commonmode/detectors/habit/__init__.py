"""Out of habit: where a log has no grants, what runs of a task do tells what is strange."""

from commonmode.detectors.habit.detector import Habit

__all__ = ["Habit"]
