"""One file is one process."""
