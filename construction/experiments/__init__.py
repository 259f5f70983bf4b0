"""What is run by name: the constructed path, and what is measured beside it.

`table` lists the kinds of runs and the named runs; `settings` is what decides a result, `run` gives
it, `stages` hands a measurement its trained networks and keeps what is finished, `kept` finds
results on disk, and `claims` tells what a finding says of every machine from what one has measured.
A kind of run is a folder with `settings`, `measure`, `words` (every sentence about the result, for
captions and films) and `figure`:

    path            paths of weights along which the objective strictly decreases
    proposition     how often random weights satisfy condition 2
    interpolation   the line between two weights (Goodfellow et al. 2014), and its plateau in deep
                    networks with batch normalisation (Frankle 2020)
    trajectory      how far training strays from that line, beside a random walk
    landscape       the objective on planes through it
    sweep           which recipes break monotone lines (Lucas et al. 2021)

`interpolation` and `sweep` share `shape`, of a curve, and `line`, between two weights; `means`
averages loss and metrics of predictions. `interpolate`, `trajectory` and `surface`, in the folders
of their kinds, measure a network of one's own, and return what `measured` describes.
"""
