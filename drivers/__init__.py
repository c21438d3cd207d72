"""Card terminals: protocols as pure state machines, wires as thin files, a simulator of each."""
