"""Run by a Python that has PyFlink: evaluates SQL over the lines of a file, and prints what it comes to.

`flink_expressions.py LINES`, with a JSON list of SQL on standard input; prints one JSON document, by line.
"""

import json
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment


def main(lines: str) -> None:
    environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    environment.get_config().set("parallelism.default", "1").set("table.local-time-zone", "UTC")
    environment.execute_sql(
        "CREATE TEMPORARY TABLE `lines` (`line` STRING) WITH"
        f" ('connector' = 'filesystem', 'path' = '{lines}', 'format' = 'raw')"
    )
    columns = ", ".join(json.load(sys.stdin))
    with environment.execute_sql(f"SELECT `line`, {columns} FROM `lines`").collect() as rows:
        found = {row[0]: list(row)[1:] for row in rows}
    sys.stdout.write("\n" + json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
