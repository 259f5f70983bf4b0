"""Constructed paths: two networks trained, two routes, every profile.

`settings` names the runs, `measure` constructs and checks the paths of a route, `words` is what the
film shows and the figure's caption says, `figure` draws a route of any record.
"""
