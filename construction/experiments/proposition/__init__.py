"""How often random weights satisfy condition 2: Proposition 1 of Safran and Shamir, measured."""
