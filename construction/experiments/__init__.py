"""What is measured beside the theorem: a folder each, and what they share."""
