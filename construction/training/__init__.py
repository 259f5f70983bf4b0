"""Real weights: training that can be interrupted."""
