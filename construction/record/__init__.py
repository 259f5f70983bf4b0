"""What is on disk: one file a result, read without torch."""
