"""What is said of a path, as plain values that need no torch.

`conditions` has what the theorem and the sheet ask for, with values and verdicts; `certificate`
what was checked at N points, and what was proved on whole intervals of lambda.
"""
