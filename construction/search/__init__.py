"""Better base paths: bent curves, aligned end points."""
