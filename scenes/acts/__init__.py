"""The acts of the main film, one a module, in the order of `scenes.path.Path.construct`.

    network    1: a network learns: digits, units, outputs at W(0) and at W(1)
    line       2: the straight line between the two
    knob       3: one knob: the last layer times c, and the parabola
    sheet      4: all parabolas side by side: the surface g(lambda, c)
    together   5 and 6: travel and descend, and the valley, on the sheet, the plot and the bars
    detour     7: a bad road on purpose, through a second solution

Each has a function that tells it on a film; the verdict is told by the film itself. Where a record
has no sample, an act is told with the plots alone.
"""
