"""Kafka: topics, pipe (producer), sink (consumer), watch (live), dead letters."""
