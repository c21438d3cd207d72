"""What every part stands on: money, clocks, hardening. It imports nothing of ours."""
