"""Networks by name, and the linear head of any network."""
