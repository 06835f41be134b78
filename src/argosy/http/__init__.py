"""HTTP/1.1 connections in front of an ASGI application; what every HTTP route shares."""
