"""The till's door: HTTP and JSON on a Unix socket."""
