"""Base paths W(lambda), from the initial to the final weights: see `paths`."""
