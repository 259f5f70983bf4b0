"""The acts of the main film, one a module, in the order of `scenes.path.Path.construct`.

    film       what acts share: the record, its first route and sample, and where things stand
    network    a network learns: digits, units, outputs at W(0) and at W(1)
    line       the straight line between the two
    knob       one knob: the last layer times c, and the parabola
    sheet      all parabolas side by side: the surface g(lambda, c)
    travel     travel and descend, on the sheet, on the plot and in the bars
    valley     lower still: forget first, then learn
    detour     a bad road on purpose, through a second solution
    verdict    what is proved, and what was checked

Each has a function that tells it on a film. Where a record has no sample, an act is told with the
plots alone.
"""
