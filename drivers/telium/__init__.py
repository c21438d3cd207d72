"""Ingenico Telium: the till protocols E+ and Concert V3, the till's side without any I/O."""
