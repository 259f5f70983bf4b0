"""Lambdas placed until c between them is known to a tolerance."""
