"""The scale c(lambda) that meets a target, and the path that travels by it.

scale           c at every lambda of a sheet, with a status where there is none
phases          shrink, travel, descend, and where they lie in s
scaled_path     weights for s in [0, 1], solved on the spot
derivative      dc/dlambda
interpolated    the sheet between the grid's lambdas, without the network
between         c there, and how far it may be off
adaptive        a grid that is refined until c is known everywhere to a tolerance

All but derivative, scaled_path and adaptive run without the network.
"""
