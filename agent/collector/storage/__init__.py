"""Where headquarters keeps the journals of its shops."""
