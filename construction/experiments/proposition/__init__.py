"""How often random weights satisfy condition 2: Proposition 1 of Safran and Shamir, measured.

`settings` says what is asked, `measure` states the proposition and counts, with the networks of
`random_networks`; `words` has the bound, the exact intervals and all sentences; `figure` draws.
"""
