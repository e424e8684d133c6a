"""The messages of Arrow Flight SQL that are understood here.

Each class stands for the message of its name in the Flight SQL protocol.
On the wire only the numbers of the fields count: they are numbered in the order given.
"""

from __future__ import annotations

from msgspec import Struct


class Message(Struct, frozen=True):
    """Something a client says, or is told."""


class CommandStatementQuery(Message, frozen=True):
    """Run a query."""

    query: str = ""
    transaction_id: bytes | None = None


class CommandPreparedStatementQuery(Message, frozen=True):
    """Run a prepared query, or give it its parameters."""

    prepared_statement_handle: bytes = b""


class CommandGetCatalogs(Message, frozen=True):
    """List the catalogs."""


class CommandGetDbSchemas(Message, frozen=True):
    """List the schemas."""

    catalog: str | None = None
    db_schema_filter_pattern: str | None = None


class CommandGetTables(Message, frozen=True):
    """List the tables and views."""

    catalog: str | None = None
    db_schema_filter_pattern: str | None = None
    table_name_filter_pattern: str | None = None
    table_types: list[str] = []
    include_schema: bool = False


class CommandGetTableTypes(Message, frozen=True):
    """List the types of tables there are."""


class CommandGetSqlInfo(Message, frozen=True):
    """Say what the server can do."""

    info: list[int] = []


class CommandGetPrimaryKeys(Message, frozen=True):
    """List a table's primary key."""


class CommandGetExportedKeys(Message, frozen=True):
    """List the foreign keys that point to a table."""


class CommandGetImportedKeys(Message, frozen=True):
    """List the foreign keys of a table."""


class CommandGetCrossReference(Message, frozen=True):
    """List the foreign keys between two tables."""


class TicketStatementQuery(Message, frozen=True):
    """The ticket for a query's rows; the handle is the server's own business."""

    statement_handle: bytes = b""


class ActionCreatePreparedStatementRequest(Message, frozen=True):
    """Prepare a query."""

    query: str = ""
    transaction_id: bytes | None = None


class ActionCreatePreparedStatementResult(Message, frozen=True):
    """A prepared query: its handle, its columns and its parameters (IPC schemas)."""

    prepared_statement_handle: bytes = b""
    dataset_schema: bytes = b""
    parameter_schema: bytes = b""


class ActionClosePreparedStatementRequest(Message, frozen=True):
    """Forget a prepared query."""

    prepared_statement_handle: bytes = b""


MESSAGES: tuple[type[Message], ...] = tuple(Message.__subclasses__())
