"""The only code that touches clear card data: found, masked, sealed and wiped in place."""
