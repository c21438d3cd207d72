"""A simulated Transbank terminal."""
