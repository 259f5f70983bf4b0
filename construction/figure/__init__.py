"""Static figures of a record for print, by matplotlib; `draw` and `save` are all one needs.

    curves   from a route to polylines: nothing is smoothed, every corner is a number of the record
    span     what an axis shows, logarithmic where it can be
    style    colours by role, dashes, sizes
    labels   texts that keep clear of each other and of the curves
    page     where panels, heading and footer lie on the page
    draw     the figure

Reading a record and drawing it needs no torch.
"""
