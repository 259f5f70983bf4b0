"""The line between two weights and beyond (Goodfellow et al. 2014), under treatments of batch norm.

`interpolate` measures any two weights; `measure` conducts the runs of the settings, of which those
of a `Plateau` are one line under several treatments (Frankle 2020).
"""
