"""One module a broker, named by technology."""
