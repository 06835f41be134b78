"""PostgreSQL databases that tests use one after another: to empty one takes a hundredth of the time to copy one."""

import os
import time
from contextlib import contextmanager

LARGE_BYTES = 262_144
"""Of a table from which deleted rows are not left to vacuum."""
END_SESSIONS = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s"
WRITTEN = """
SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_steps'
AND pg_relation_size(oid) > 0"""
RESTART = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
WHERE relnamespace = 'public'::regnamespace AND pg_sequence_last_value(seqrelid) IS NOT NULL"""
STATE = """
WITH relations AS (
    SELECT pg_class.* FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
)
SELECT concat_ws(' ', 'relation', oid, relname, relkind, relowner, relacl, reloptions, relrowsecurity) FROM relations
UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, attisdropped, attacl, attcollation)
    FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relations)
UNION ALL SELECT concat_ws(' ', 'default', adrelid, adnum, pg_get_expr(adbin, adrelid)) FROM pg_attrdef
UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint WHERE oid >= 16384
UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT concat_ws(' ', 'rule', oid) FROM pg_rewrite WHERE oid >= 16384
UNION ALL SELECT concat_ws(' ', 'policy', oid) FROM pg_policy
UNION ALL SELECT concat_ws(' ', 'function', oid) FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT concat_ws(' ', 'type', oid) FROM pg_type WHERE oid >= 16384 AND typtype IN ('d', 'e', 'r')
UNION ALL SELECT concat_ws(' ', 'extension', extname) FROM pg_extension
UNION ALL SELECT concat_ws(' ', 'event trigger', evtname) FROM pg_event_trigger
UNION ALL SELECT concat_ws(' ', 'schema', nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
UNION ALL SELECT concat_ws(' ', 'rights', defaclrole, defaclacl) FROM pg_default_acl
UNION ALL SELECT concat_ws(' ', 'setting', setrole, setconfig) FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT concat_ws(' ', 'access', datacl) FROM pg_database WHERE datname = current_database()
UNION ALL SELECT concat_ws(' ', 'step', number, applied_at, works_with) FROM schema_steps
ORDER BY 1"""
"""Everything but rows that a test could leave behind in its database; copies of a database have the same numbers."""


class EmptiedDatabases:
    """Databases of the newest schema without a row: each belongs to one test at a time, under a name of its own."""

    def __init__(self, server, template):
        self.server, self._template, self._free = server, template, []
        self._state = emptied(database_url(server, template))

    @contextmanager
    def lent(self):
        """A database's URL. What still runs when the block ends is cut off, and the name is gone."""
        name = self._free.pop() if self._free else create_database(self.server, self._template)
        try:
            yield database_url(self.server, name)
        finally:
            self._take_back(name)

    def close(self):
        while self._free:
            drop_database(self.server, self._free.pop())

    def _take_back(self, name):
        """For another test, unless more than rows has changed."""
        import psycopg

        try:
            name = renamed(self.server, name)
            if emptied(database_url(self.server, name)) == self._state:
                self._free.append(name)
                return
        except psycopg.Error:  # it was dropped, or what is in it cannot be removed
            pass
        drop_database(self.server, name)


def renamed(server, name):
    """End every session of a database, and give it a new name, which it returns."""
    import psycopg

    new = new_name()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(END_SESSIONS, [name])
        connection.execute(f"ALTER DATABASE {name} RENAME TO {new}")
    return new


def emptied(url):
    """Remove every row; what else there is."""
    import psycopg

    with psycopg.connect(url, autocommit=True, options="-c session_replication_role=replica") as connection:
        with connection.transaction():
            written = connection.execute(WRITTEN).fetchall()
            for table in [name for name, size in written if size <= LARGE_BYTES]:
                connection.execute(f"DELETE FROM {table}")
            if large := [name for name, size in written if size > LARGE_BYTES]:
                connection.execute(f"TRUNCATE {', '.join(large)} CASCADE")
            connection.execute(RESTART)
        return connection.execute(STATE).fetchall()


def new_name():
    """Not drawn: what a test draws must not depend on which tests ran before."""
    return f"argosy_{os.getpid()}_{time.time_ns()}"


def database_url(server, name):
    place, mark, query = server.partition("?")
    return f"{place.rpartition('/')[0]}/{name}{mark}{query}"


def create_database(server, template):
    """A database's name."""
    import psycopg

    name = new_name()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template} STRATEGY file_copy")
    return name


def drop_database(server, name):
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
