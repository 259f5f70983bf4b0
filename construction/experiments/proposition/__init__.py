"""How often random weights satisfy condition 2 (Proposition 1)."""
