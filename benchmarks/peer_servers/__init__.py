"""The same models on other servers, for `benchmarks.serving`: each file is run by the interpreter of its peer."""
