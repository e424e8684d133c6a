"""Evaluation: detectors scored against planted truth and published numbers."""
