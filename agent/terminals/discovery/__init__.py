"""What is plugged in, what it probably is, and the settings that fit."""
