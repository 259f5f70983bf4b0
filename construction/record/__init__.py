"""What scenes and figures read: one file a result, without the network and without torch.

    route       a base path and its sheet, and the journeys on it, which are constructed paths
    record      routes, and how they came about, in one file
    shown       a path in two lines, as a table, and as a page for notebooks
    figure      its figure, for print
    sample      a few inputs of a route: outputs, units and weights along it, for films
    findings    what runs that construct no path have measured; two results on disk compared; and
                dataclasses from the JSON of a manifest, with types compared

`construction.files.archive` says how both lie on disk.
"""
