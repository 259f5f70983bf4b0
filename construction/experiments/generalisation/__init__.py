"""Whether the shape of the line tells the test accuracy, over the runs of a sweep.

`measure` has the rank correlation with its interval, `words` what is correlated and what came out.
"""
