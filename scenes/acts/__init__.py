"""The acts of the main film, one a module, told in the order of `scenes.path.Path.construct`.

Each has a function `tell`. Where a record has no sample, an act is told with the plots alone.
"""
