"""How far training strays from the straight line, beside a random walk: see `alpha_beta`."""
