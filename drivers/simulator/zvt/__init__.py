"""A simulated ZVT terminal."""
