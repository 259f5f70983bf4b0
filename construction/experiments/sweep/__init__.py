"""Which recipes break monotone lines."""
