"""Base paths W(lambda): `paths` holds the straight line and the polyline, `bezier` the curve."""
