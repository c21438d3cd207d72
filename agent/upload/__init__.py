"""The uploader: carries the journal to the collector, and knows no card and no key of it."""
