"""What scenes and figures read: one file a result, without the network and without torch.

    record      a constructed path: Record of Routes (base path and sheet) and Journeys on them
    sample      a few inputs of a route: outputs, units and weights along it, for films
    findings    what runs that construct no path have measured; two results on disk compared; and
                dataclasses from the JSON of a manifest, with types compared

`construction.files.archive` says how both lie on disk.
"""
