"""The till's door: HTTP and JSON on a Unix socket.

`routes` is the one table of what may be asked, `handlers` does it, `body` reads
strictly, `knock` says who may, `openapi` tells programs about it.
"""
