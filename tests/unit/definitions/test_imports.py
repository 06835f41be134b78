"""Reading a plan is fast because it imports little."""

from __future__ import annotations

import subprocess
import sys


def test_definitions_import_no_scientific_library():
    program = (
        "import sys, argosy.definitions;"
        "heavy = ('numpy', 'scipy', 'sklearn', 'gensim', 'difflib', 'sqlite3');"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
