"""Settings in TOML: every key, its default, its check, and the line that an error names."""
