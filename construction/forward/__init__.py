"""The outputs along a path, tile by tile, by the cheapest exact method that applies.

    what serves                                                   module
    *flips*: two fully connected layers, kinks between            flips, kernel, kinks
    *first layer interpolated*: one that is linear in its input   first_layer
    *plain*: one forward pass a lambda                            plain
    which of them, and why                                        choice, beginning

`Forward` holds the network, the path and the data, and asks one of them.
"""
