"""The line between two weights and beyond (Goodfellow et al. 2014; Frankle 2020, a plateau)."""
