"""Proofs on whole intervals of lambda, where the certificate alone looks at points.

Between two lambdas every activation of a piecewise linear network stays close to the straight line
through its values at both. `chord` says what is known of an activation, `layers` carries it through
a network that `program` has read. From it follow `condition`, condition 1 by one sample an interval
(`witness`), and `below`, a bound of the sheet's minimum by all samples (`ceiling`). `prover` puts
them together, `statement` holds what was proved, `dossier` saves it for `construction.recheck`,
a program of its own that verifies it. The mathematics is in docs/proof.md.
"""
