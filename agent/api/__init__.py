"""The till's API: HTTP and JSON on a Unix socket.

`routes` is the one table of what may be asked, `handlers` does it, `body` reads
strictly, `access` says who may come in, `openapi` tells programs about it.
"""
