"""What scenes and figures read: one file a result, without the network and without torch.

`record` holds routes, each a base path with its sheet and constructed paths (`route`) and a few
inputs with what the network makes of them (`sample`). `figure` draws a path; `findings` is what
runs that construct no path have measured. `construction.files.archive` says how both lie on disk.
"""
