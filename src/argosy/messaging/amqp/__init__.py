"""AMQP 0-9-1 as a broker needs it: connections, their channels, and addresses."""
