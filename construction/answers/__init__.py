"""What is found of a path, as plain values: conditions, certificate, proof."""
