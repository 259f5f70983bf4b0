"""The scale c(lambda) that meets a target, and the path that travels by it.

scale           c at every lambda of a sheet, with a status where there is none
phases          shrink, travel, descend, and where they lie in s
scaled_path     weights for s in [0, 1], solved on the spot

All but scaled_path run without the network.
"""
