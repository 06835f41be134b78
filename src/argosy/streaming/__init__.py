"""Event logs: topics of events that any number of producers append to and any number of readers go through."""
