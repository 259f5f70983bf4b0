"""Losses convex in the prediction, each as it looks along a ray ``c -> l(c N, y)``.

- `targets`: how class indices and real values are read.
- `loss`: what the construction asks of a loss; the base of sums over single outputs.
- `regression`, `classification`: the losses by name.
- `custom`: the user's own function as a loss.
- `catalogue`: the names of all; what is asked of a function, checked on the data.

To add a loss, write one class, most often an `Elementwise` with `phi`, its `derivatives` and how it
`grows`, and give it a name by one line in `catalogue.LOSSES`. Minima, roots and paths then work
with it. The judges take no loss at its own word: CONTRIBUTING.md lists where they have it again.
"""
