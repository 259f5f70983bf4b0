"""The scale c(lambda) that meets a target, and the path that travels by it."""
