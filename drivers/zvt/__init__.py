"""ZVT: the till-to-terminal protocol of Germany, Austria and Switzerland."""
