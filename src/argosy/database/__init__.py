"""One SQL port: `Database` here, its engines next to it, the schema as numbered `.sql` files."""

from argosy.database.database import ConstraintViolated, Database, Row, Transaction
from argosy.database.repeating import in_transaction

__all__ = ["ConstraintViolated", "Database", "Row", "Transaction", "in_transaction"]
