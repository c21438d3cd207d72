"""Transbank POS Integrado (Chile), the till's side without I/O; the simulator speaks it from the other."""
