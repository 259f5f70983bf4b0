"""What lies on disk.

`storage` is the cache folder, how files are written whole, and how whatever a damaged file can do
becomes one message; `archive` keeps arrays with a manifest, `weights` reads state dicts in
every form that tools write, `user_code` imports the user's own functions.
"""
