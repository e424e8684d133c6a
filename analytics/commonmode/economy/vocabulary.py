"""The words of an economy: families, operators and roles that a person can read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """A job: the part of the world it acts on, its tools, and the decisions it faces.

    Parameters
    ----------
    name : str
        The role, as events carry it.
    sector : str
        Path prefix of everything the role acts on.
    areas, zones : tuple of str
        The next two parts of the path; the first two zones differ only past a word boundary.
    tools : tuple of str
        What it reads with, orders with, cancels with and sets prices with.
    tasks : tuple of (str, tuple of str)
        Task types with the options each decides between.
    """

    name: str
    sector: str
    areas: tuple[str, ...]
    zones: tuple[str, ...]
    tools: tuple[str, str, str, str]
    tasks: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def desk(self) -> str:
        """The task type of its everyday acts."""
        return self.sector.replace("/", "-") + "-desk"


FAMILIES: tuple[tuple[str, float, tuple[str, str]], ...] = (
    ("helios", 0.30, ("helios-4", "helios-4-mini")),
    ("quill", 0.22, ("quill-2-large", "quill-2-small")),
    ("tundra", 0.18, ("tundra-70b", "tundra-8b")),
    ("marble", 0.16, ("marble-pro", "marble-air")),
    ("saffron", 0.14, ("saffron-3", "saffron-3-lite")),
)
"""Family, share of the population, models served."""

OPERATORS: tuple[str, ...] = (
    "northwind", "kestrel", "meridian", "lumen", "orchard", "tessera", "halcyon", "fjordbank",
    "brightway", "calder", "vantage", "redwood", "arcadia", "solstice", "pelican", "ironbridge",
    "juniper", "keystone", "lodestar", "monsoon", "nimbus", "oakline", "parallax", "quarry",
)  # fmt: skip

_LANDS = ("de", "de-lu", "fr", "nl", "be", "at", "pl", "dk", "no", "se", "es", "it")
_PORTS = ("rotterdam", "rotterdam-west", "hamburg", "antwerp", "gdansk", "genoa", "porto",
          "piraeus", "dublin", "oslo", "riga", "split")  # fmt: skip
_CLOUDS = ("eu", "eu-west", "us-east", "us-west", "ap-south", "ap-east", "sa-east", "af-south",
           "me-central", "ca-north", "uk-south", "jp-east")  # fmt: skip

ROLES: tuple[Role, ...] = (
    Role(
        "energy-trader",
        "market/energy",
        ("day-ahead", "intraday", "balancing", "capacity"),
        _LANDS,
        ("read_book", "place_order", "cancel_order", "set_price"),
        (
            ("hedge-exposure", ("buy-now", "sell-forward", "wait", "split-order", "skip", "swap")),
            ("settle-imbalance", ("ramp-up", "ramp-down", "import", "export", "hold", "curtail")),
        ),
    ),
    Role(
        "freight-broker",
        "freight/lane",
        ("sea", "road", "rail", "air"),
        _PORTS,
        ("read_rates", "book_slot", "cancel_slot", "quote_rate"),
        (
            ("route-cargo", ("direct", "via-hub", "consolidate", "delay", "reroute", "decline")),
            ("pick-carrier", ("cheapest", "fastest", "greenest", "incumbent", "split", "tender")),
        ),
    ),
    Role(
        "pricing-agent",
        "shop/catalogue",
        ("grocery", "apparel", "electronics", "garden"),
        _LANDS,
        ("read_prices", "restock_item", "delist_item", "set_price"),
        (
            ("price-item", ("raise", "lower", "match", "hold", "bundle", "clear-out")),
            ("plan-promotion", ("discount", "loyalty", "coupon", "none", "bundle", "flash-sale")),
        ),
    ),
    Role(
        "buyer",
        "supply/catalogue",
        ("steel", "packaging", "chemicals", "components"),
        _PORTS,
        ("read_offers", "place_order", "cancel_order", "bid_price"),
        (
            ("choose-supplier", ("incumbent", "lowest", "nearest", "dual", "new-entrant", "none")),
            ("set-stock", ("minimum", "normal", "buffer", "double", "just-in-time", "pause")),
        ),
    ),
    Role(
        "capacity-planner",
        "compute/spot",
        ("gpu", "cpu", "memory", "storage"),
        _CLOUDS,
        ("read_quota", "reserve_node", "release_node", "bid_price"),
        (
            ("scale-service", ("scale-up", "scale-down", "hold", "migrate", "queue", "shed")),
            ("place-job", ("spot", "reserved", "on-demand", "defer", "split", "reject")),
        ),
    ),
    Role(
        "travel-agent",
        "travel/inventory",
        ("flights", "hotels", "rail", "cars"),
        _PORTS,
        ("search_fares", "hold_seat", "release_seat", "offer_fare"),
        (
            ("rebook-guest", ("same-day", "next-day", "partner", "refund", "voucher", "upgrade")),
            ("choose-fare", ("basic", "flex", "saver", "business", "group", "standby")),
        ),
    ),
)
"""Every role. Each has a price it can set, so each leaves footprints that others can read."""
