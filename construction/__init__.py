"""A path of weights, from initial to trained, along which the loss only goes down.

Theorem 1 of Safran and Shamir (ICML 2016, PMLR 48:774-782, arXiv 1511.04210): let the loss be
convex in the predictions and the network's last layer linear, and take any continuous path of
weights W(lambda) from W(0) to W(1) with L(W(1)) < L(W(0)). If

    condition 1   at every lambda some scale c >= 0 of the last layer lifts the objective above
                  L(W(0)) by some fixed eps > 0, and
    condition 2   the all-zero predictor beats the initial weights, L(0) < L(W(0)),

then a continuous path leads from W(0) to weights with the objective of W(1), and the objective
strictly decreases along it. The proof constructs it, and so does this package.

N(W) are the outputs of the network, and g(lambda, c) the objective of W(lambda) with its last layer
times c. In c it is convex: left and right of its minimum it has two branches, and on each at most
one root, a c at which g meets a target. The samples behind one g(lambda, .) are a ray.

The house has floors. Each imports only from those above it in this list:

    errors, arrays, palette, progress, symbolic   messages, array types, colours, bars, formulas
    answers      what is found of a path, as plain values: its proof, certificate and conditions
    draw         figures for print, from arrays
    loss         losses that are convex in the prediction, each with its rays
    network      any network with given weights, and its linear head; architectures by name
    path         base paths W(lambda): Line, Polyline, Bezier
    files        archives, the cache folder, checksums, weights, user code
    sheet        g(lambda, c) = L(c N(W(lambda))): its minimum over c, branches and roots
    condition    what a sheet allows: does the theorem apply, is there a path
    profile      strictly decreasing targets v(lambda): paper, even, valley, the user's own
    forward      outputs N(W(lambda)) along a path, by the cheapest method that is exact
    solve        the scale c(lambda) that meets a target, and the path that travels by it
    record       what scenes read: results on disk, without torch
    explore      a record as one page for the browser, in which lambda, c and targets are moved
    check        the certificate: the user's own model asked again, in float64
    proof        bounds on whole intervals of lambda
    theorem      construct, assess, with_profile, and the path that they return
    search       better base paths: bent curves, aligned ends
    data         images by name
    training     real weights, from a recipe
    experiments  what is measured beside the theorem: common parts, a table, and a folder each
    lecture      what a lecturer takes along: deck, slides, handout, made of rendered films
    commands     the command line

Apart from all, `recheck` verifies saved proofs and shares no code with anything; `embedded` holds
shipped data and records; the films are in `scenes`, and take every number from records.
"""

import lazy_loader

# The names are those of __init__.pyi. They are looked up when asked for, so that a scene can read
# a record without importing torch.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
