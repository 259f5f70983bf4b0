"""What is run by name: the constructed path, and what is measured beside it.

`table` lists the kinds of runs and the named runs; `run` gives the result that `settings` decide,
`stages` keeps what is finished of it, `kept` finds results on disk, and `claims` tells what a
finding says of every machine from what one has measured. A kind of run is a folder with `settings`,
`measure`, `words`, which are all sentences about the result, and `figure`:

    path            paths of weights along which the objective strictly decreases
    proposition     how often random weights satisfy condition 2
    interpolation   the line between two weights (Goodfellow et al. 2014), and its plateau in deep
                    networks with batch normalisation (Frankle 2020)
    trajectory      how far training strays from that line, beside a random walk
    landscape       the objective on planes through it
    sweep           which recipes break monotone lines (Lucas et al. 2021)

`shape`, of a curve, and `line`, between two weights, with means over samples, are shared; `given`
reads and checks published weights. `interpolate`, `trajectory` and `surface` measure a network of
one's own, and return a `table.Measured`.
"""
