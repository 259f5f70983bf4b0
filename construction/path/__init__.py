"""Base paths W(lambda): given, trained, aligned."""
