"""A simulated Telium terminal."""
