"""Verifies a saved proof: ``python -m construction.recheck PROOF.npz``.

A program of its own, on numpy alone, that shares no code with what made the file. It reads the
weights, the data, the network's steps and the claims (`content`), bounds the network anew
(`network`) and its loss (`loss`), and compares (`claims`). The mathematics is that of
docs/proof.md.
"""
