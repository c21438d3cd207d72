"""A simulated ECRHub terminal."""
