"""The uploader: carries the journal to the collector; sees no card data and no journal key."""
