"""Whether the theorem applies, and whether this sheet holds a path."""
