"""The online cache: small values that are read while a request waits, such as the features of services."""
