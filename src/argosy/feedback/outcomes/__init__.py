"""Outcomes of services: rows that say what happened, joined to the predictions that they are about.

`sources` read, `taking` joins and writes, `closing` says what did not happen, `teaching` makes examples of what nobody
asked about, and `joiner` goes round all of them.
"""
