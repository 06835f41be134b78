"""One module a place for artifacts, named by technology."""
