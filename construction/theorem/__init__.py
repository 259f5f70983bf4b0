"""The theorem, constructed: the functions that users call, and what they return.

`construct` finds one path, a `MonotonePath` (`monotone`), `many` the scales of many networks.
Nothing above this floor knows its judges, `construction.check` and `construction.proof`.
"""
