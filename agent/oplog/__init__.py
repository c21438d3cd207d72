"""The operational log, and the redactor behind its allow-listed keys."""
