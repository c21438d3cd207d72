"""The journal in formats that others verify."""
