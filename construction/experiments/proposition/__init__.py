"""How often random weights satisfy condition 2: Proposition 1 of Safran and Shamir, measured.

`settings` says what is asked, `measure` states the proposition, draws networks and counts; `words`
has the bound, the exact intervals and all sentences; `figure` draws.
"""
