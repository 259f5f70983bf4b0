"""Proofs on whole intervals of lambda, where the check alone looks at points.

In the order of the idea, whose mathematics is in docs/theory/proof.md: `program` reads the network
as steps, `enclosure`, `layers` and `bounds` enclose its outputs between two lambdas, `growth`
proves that condition 1 holds, `minimum` that the sheet's minimum stays below a level, and `prover`
all of a path, as a `construction.answers.Proof`, in a file that `construction.recheck` verifies.
"""
