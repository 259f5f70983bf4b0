"""What lies on disk: archives, the cache folder, checksums, weights, imported code."""
