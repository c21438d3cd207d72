"""How bytes reach a terminal: serial, USB, TCP, and the link that pumps them."""
