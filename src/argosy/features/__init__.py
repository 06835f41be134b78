"""Features of services: tables and streams of events, kept in the online cache; trends: keys that lead in windows."""
