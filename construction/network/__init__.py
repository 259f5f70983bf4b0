"""Networks by name, and the linear head of any network.

- `evaluation`: runs any network with given weights, and leaves it and random numbers alone.
- `heads`: finds, verifies and scales its head.
- `states`: weights as tools leave them, brought to a model's own names.
- `architectures`: the settings that a recipe names a network by, read without torch.
- `networks`: what those settings build; activations and initialisations.
- `published`: ResNets under the names that their weights were published with.
"""
