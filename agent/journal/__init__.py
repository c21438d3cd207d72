"""The journal: one append-only folder of signed, hashed lines, and all that reads it."""
