"""The line between two weights, trained or initial, and beyond (Goodfellow et al. 2014).

`measure.interpolate` measures any two weights; `conduct` does so for the networks of the settings.
"""
