"""Messages: the broker's port and its adapters, the outbox that ties a message to a commit, and its relay."""
