"""Verifies a saved proof: ``python -m construction.recheck PROOF.npz``.

A program of its own, on numpy alone, that shares no code with what made the file. In the order in
which it is to be read:

    archive         reads arrays and a manifest, sizes first
    layers          the steps of the network: which there are, and the shapes they give
    content         all that a proof holds, of one type and in its range
    claims          verifies statement by statement, compares exactly, and says what follows
    bounds          the losses; bounds the objective and the witnesses between two lambdas, by
    network         the layers, once for
    floats, balls   both arithmetics: float64, and ball arithmetic (``--exact``)
    binding         whether the numbers are those of the reader's own files

The mathematics is that of docs/theory/proof.md.
"""
