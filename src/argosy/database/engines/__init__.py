"""One module an engine, named by technology."""
