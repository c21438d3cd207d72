"""The shop's own rules: pure functions from a request and its history to a decision."""
