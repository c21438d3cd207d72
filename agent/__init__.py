"""Tillgate's agent: takes the payment, writes it down, carries the journal to headquarters."""

VERSION = "0.1.0"
