"""Strictly decreasing targets v(lambda), to which the objective is held while lambda runs.

target      what a target is: stretches, each on one branch
profiles    the theorem's targets: paper, even, and the user's own
valley      the lowest target that the sheet allows, crossing branches where it is highest

All are carried as the excess over L(0), which is what keeps their digits.
"""
