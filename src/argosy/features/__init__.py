"""What services know about whom a request is for: tables and, later, streams, kept in the online cache."""
