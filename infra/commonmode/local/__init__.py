"""The one-machine deployment: broker, processes, ports, health."""
