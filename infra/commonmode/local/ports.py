"""Free loopback ports, the same again after a restart whenever nobody took them meanwhile."""

import socket

from commonmode.local.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections on this port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def named_or_free(named: int, preferred: int = 0) -> int:
    """Return the named port, or without one a free port, `preferred` if it is.

    Raises
    ------
    PortTakenError
        When the named port is taken.
    """
    if named and not is_free(named):
        raise PortTakenError(named)
    return named or free_port(preferred)


def free_port(preferred: int = 0) -> int:
    """Return `preferred` when it is free, otherwise a port that the system picks.

    >>> 0 < free_port() < 65536
    True
    """
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
