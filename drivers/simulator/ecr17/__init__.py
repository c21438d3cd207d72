"""A simulated ECR17 terminal."""
