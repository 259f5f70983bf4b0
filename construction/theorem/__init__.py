"""The theorem, constructed: conditions decided, target chosen, path followed."""
