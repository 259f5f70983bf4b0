"""Which recipes break monotone lines.

`settings` spans the recipes, `measure` takes the shape of a line between two weights, `words`
counts by recipe and says what came out, `figure` draws the table.
"""
