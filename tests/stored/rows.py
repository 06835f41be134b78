"""Stored rows of any table, read and altered without the packages' checks: tests give values, never SQL."""

from contextlib import contextmanager


def count(database, table, /, **where):
    """How many rows a table has, or how many with those values."""
    with database.read() as transaction:
        return transaction.execute(f"SELECT count(*) FROM {table}{_where(where)}", where)[0][0]


def counts(database):
    """How many rows each table has."""
    with database.read() as transaction:
        tables = transaction.tables()
    return {table: count(database, table) for table in tables}


def rows(database, table, /, *columns, **where):
    """Those columns, or all, of the rows with those values, in the order of the first column."""
    with database.read() as transaction:
        return transaction.execute(f"SELECT {', '.join(columns) or '*'} FROM {table}{_where(where)} ORDER BY 1", where)


def column(database, table, name, /, **where):
    """One column of the rows with those values, in its order."""
    return [value for (value,) in rows(database, table, name, **where)]


def add(database, table, /, **values):
    """Add a row."""
    names = ", ".join(values)
    with database.write() as transaction:
        transaction.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})", values
        )


def alter(database, table, where, /, **values):
    """Give the rows with the values of `where` other values; there must be such rows."""
    given = {f"new_{name}": value for name, value in values.items()}
    changes = ", ".join(f"{name} = :new_{name}" for name in values)
    with database.write() as transaction:
        changed = transaction.execute(f"UPDATE {table} SET {changes}{_where(where)} RETURNING 1", {**where, **given})
    assert changed, f"no row of {table} is as {where}"


def remove(database, table, /, **where):
    """Remove the rows with those values; there must be such rows."""
    with database.write() as transaction:
        removed = transaction.execute(f"DELETE FROM {table}{_where(where)} RETURNING 1", where)
    assert removed, f"no row of {table} is as {where}"


@contextmanager
def away(database, table):
    """A database without that table during the block."""
    _rename(database, table, f"{table}_away")
    try:
        yield
    finally:
        _rename(database, f"{table}_away", table)


def name_no_column(transaction, name):
    """A statement that fails with the name in its error."""
    transaction.execute(f"SELECT {name}")


def _where(where):
    return f" WHERE {' AND '.join(f'{name} = :{name}' for name in where)}" if where else ""


def _rename(database, table, name):
    with database.write() as transaction:
        transaction.execute(f"ALTER TABLE {table} RENAME TO {name}")
