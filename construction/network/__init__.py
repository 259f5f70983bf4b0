"""Networks by name, and the linear head of any network.

- `evaluation`: runs any network with given weights, and leaves it and random numbers alone.
- `heads`: finds, verifies and scales its head.
- `architectures`: the settings that a recipe names a network by, read without torch.
- `networks`: what those settings build; activations and initialisations.
"""
