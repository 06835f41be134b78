"""HTTP/1.1 connections in front of an ASGI application, and what every HTTP route shares.

A package that answers requests offers `Routes` (`endpoint.py`), `argosy.app` mounts them (`application.py`).
"""
