"""The certificate: the user's own model asked again, in float64."""
