"""The check: the user's own model is asked again, in float64, at N points of the path.

`judge` measures objectives by PyTorch's own losses, `certify` holds them against the target.
Neither the sheet nor the forward pass of the solver measures anything here.
"""
