"""Which recipes break monotone lines, and whether a line's shape tells the test accuracy."""
