"""Alarms: what somebody has to know, what it means for payments, and what to do next."""
