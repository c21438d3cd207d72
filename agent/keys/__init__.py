"""The host's own keys: made, read and shown."""
