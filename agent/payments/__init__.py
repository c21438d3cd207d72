"""The path of one payment, and everything it stands on."""
