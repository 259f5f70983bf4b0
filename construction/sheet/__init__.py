"""The objective over (lambda, c): the squared loss in closed form, any other by its rays."""
