"""The agent's side of a terminal: its connection, its clock, how it is found."""
