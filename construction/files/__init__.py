"""What lies on disk.

`storage` is the cache folder and how files are written whole; `reading` turns whatever a damaged
file can do into one message; `archive` keeps arrays with a manifest, `weights` reads state dicts in
every form that tools write, `user_code` imports the user's own functions.
"""
