"""A shop's database of bookings, in SQLite or PostgreSQL, and services whose outcomes are read from there."""

import sqlite3
from contextlib import closing

QUERY = "SELECT customer, product, price, at FROM bookings WHERE at > :since"
ALL = "SELECT * FROM bookings ORDER BY at, customer"
SERVICE = """\
service: offers
accepts: {{customer: category, product: category, price: {{kind: number, default: 0}}}}
model: {model}
outcomes:
  bought: {{{source}, entity: [customer, product], within: {within}, otherwise: not_bought, every: 1s}}
"""
BOOKINGS = f'query: "{QUERY}", database: bookings'
TIMES = {"REAL": "DOUBLE PRECISION", "TEXT": "TEXT", "INTEGER": "BIGINT", "DATE": "DATE", "MOMENT": "TIMESTAMPTZ"}


def service(root, source=BOOKINGS, within="7d", model="offers@champion"):
    """Write a service into a project."""
    (root / "services").mkdir(exist_ok=True)
    (root / "services" / "offers.yaml").write_text(SERVICE.format(source=source, within=within, model=model))


class Bookings:
    """`url` is for the settings; `times` the type of the column of times."""

    def __init__(self, url, times="REAL"):
        self.url, self.times = url, times
        with closing(self.connect()) as connection:
            connection.execute(f"CREATE TABLE bookings (customer TEXT, product TEXT, price REAL, at {TIMES[times]})")
            connection.commit()

    def connect(self):
        if self.url.startswith("sqlite"):
            return sqlite3.connect(self.url.removeprefix("sqlite:///"))
        import psycopg

        return psycopg.connect(self.url)

    def book(self, *rows):
        """Rows of customer, product and time."""
        mark = "?" if self.url.startswith("sqlite") else "%s"
        with closing(self.connect()) as connection:
            connection.cursor().executemany(f"INSERT INTO bookings VALUES ({mark}, {mark}, 5.0, {mark})", rows)
            connection.commit()

    def change(self, statement):
        with closing(self.connect()) as connection:
            connection.execute(statement)
            connection.commit()

    def remove(self, product):
        self.change(f"DELETE FROM bookings WHERE product = '{product}'")

    def rename(self, column, name):
        self.change(f"ALTER TABLE bookings RENAME COLUMN {column} TO {name}")
