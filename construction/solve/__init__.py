"""The scale c(lambda) that meets a target, and the path that travels by it.

`scale` and `phases` run without the network; `scaled_path` gives weights for s in [0, 1].
"""
