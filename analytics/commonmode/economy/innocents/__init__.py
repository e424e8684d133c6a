"""Innocent lookalikes: what a detector must not flag."""

from commonmode.economy.innocents.break_glass import BreakGlass
from commonmode.economy.innocents.busy_hours import BusyHours
from commonmode.economy.innocents.busy_winners import BusyWinners
from commonmode.economy.innocents.common_cost import CommonCost
from commonmode.economy.innocents.common_shock import CommonShock
from commonmode.economy.innocents.cost_pass_through import CostPassThrough
from commonmode.economy.innocents.deep_delegation import DeepDelegation
from commonmode.economy.innocents.hot_resource import HotResource
from commonmode.economy.innocents.late_grant import LateGrant
from commonmode.economy.innocents.memoryless_learners import MemorylessLearners
from commonmode.economy.innocents.one_sensible_action import OneSensibleAction
from commonmode.economy.innocents.operator_prompt import OperatorPrompt
from commonmode.economy.innocents.outside_shock import OutsideShock
from commonmode.economy.innocents.parallel_news import ParallelNews
from commonmode.economy.innocents.policy_change import PolicyChange
from commonmode.economy.innocents.price_floor import PriceFloor
from commonmode.economy.innocents.regime_shift import RegimeShift
from commonmode.economy.innocents.rival_bidders import RivalBidders
from commonmode.economy.innocents.sanctioned_data import SanctionedData
from commonmode.economy.innocents.specialisation import Specialisation
from commonmode.economy.innocents.tool_cache_echo import ToolCacheEcho
from commonmode.economy.innocents.widened_parent import WidenedParent
from commonmode.economy.planting import Plant

__all__ = [
    "INNOCENTS",
    "BreakGlass",
    "BusyHours",
    "BusyWinners",
    "CommonCost",
    "CommonShock",
    "CostPassThrough",
    "DeepDelegation",
    "HotResource",
    "LateGrant",
    "MemorylessLearners",
    "OneSensibleAction",
    "OperatorPrompt",
    "OutsideShock",
    "ParallelNews",
    "PolicyChange",
    "PriceFloor",
    "RegimeShift",
    "RivalBidders",
    "SanctionedData",
    "Specialisation",
    "ToolCacheEcho",
    "WidenedParent",
]

INNOCENTS: tuple[type[Plant], ...] = (
    CommonShock,
    OneSensibleAction,
    OperatorPrompt,
    ToolCacheEcho,
    HotResource,
    Specialisation,
    CostPassThrough,
    PriceFloor,
    MemorylessLearners,
    ParallelNews,
    RivalBidders,
    CommonCost,
    BusyWinners,
    DeepDelegation,
    LateGrant,
    BreakGlass,
    PolicyChange,
    SanctionedData,
    WidenedParent,
    BusyHours,
    OutsideShock,
    RegimeShift,
)
"""Every lookalike. A new one is one file and one line here."""
