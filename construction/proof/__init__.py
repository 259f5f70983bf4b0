"""Proofs on whole intervals of lambda, where the check alone looks at points.

In the order of the idea, whose mathematics is in docs/theory/proof.md:

    program     the network as a list of steps, read from the user's module
    enclosure   how far an activation may leave the straight line between two lambdas
    bounds      the network along its path, and enclosures of its outputs on all samples
    growth      condition 1, by one witness sample an interval
    minimum     that the sheet's minimum stays below a level, by all samples
    prover      what is proved of a path, and a file with all of it, which `construction.recheck`, a
                program of its own, verifies

What was proved is a `construction.answers.Proof`.
"""
