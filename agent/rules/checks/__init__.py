"""The checks, one file a family: each is a function from a context to a result or to nothing."""
