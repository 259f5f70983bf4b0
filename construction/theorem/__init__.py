"""The theorem, constructed: the functions that users call, and what they return.

    construct    construct, assess, with_profile: measure the sheet, choose the target, follow it
    many         construct_many: the scales of many networks at once, on a grid
    sampled      what the network makes of a few inputs along the path, for films
    monotone     MonotonePath, the result: certified, proved and recorded on request

Nothing above this floor knows its judges, `construction.check` and `construction.proof`.
"""
