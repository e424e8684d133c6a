"""How many independent agents a correlated crowd is worth."""

from __future__ import annotations


def effective_number(agents: float, correlation: float) -> float:
    """Return N_eff = N / (1 + (N - 1) ρ), with a negative ρ taken as 0.

    Parameters
    ----------
    agents : float
        Number of agents N.
    correlation : float
        Excess agreement (intraclass correlation) ρ among them.

    Examples
    --------
    A thousand agents at ρ = .05, .2 and .6 are worth twenty, five and less than two.

    >>> [round(effective_number(1000, rho), 1) for rho in (0.05, 0.2, 0.6)]
    [19.6, 5.0, 1.7]
    """
    return agents / (1 + (agents - 1) * max(correlation, 0.0))
