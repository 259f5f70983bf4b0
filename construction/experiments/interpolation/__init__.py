"""The line between two weights, trained or initial (Goodfellow et al. 2014)."""
