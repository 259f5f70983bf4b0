"""What the scenes are built from, one mobject a file."""
