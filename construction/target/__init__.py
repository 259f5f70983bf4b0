"""Strictly decreasing targets v(lambda), and the scale c(lambda) that meets them."""
