"""The theorem, constructed: the functions that users call, and what they return.

    construct    construct, assess, with_profile: measure the sheet, choose the target, follow it
    monotone     MonotonePath, the result: certified, proved and recorded on request

Nothing above this floor knows its judges, `construction.check` and `construction.proof`.
"""
