"""The receiving end at headquarters: checks, stores and cosigns journals."""
