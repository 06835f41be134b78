"""One SQL port: `Database` here, its engines next to it, the schema as numbered `.sql` files."""

from argosy.database.database import ConstraintViolated, Database, Row, Transaction

__all__ = ["ConstraintViolated", "Database", "Row", "Transaction"]
