"""Constructed paths: two networks trained, two routes, every profile.

`settings` names the runs, `measure` constructs and checks the paths of a route, `curves` is what
the film draws, `words` what film and figure say.
"""
