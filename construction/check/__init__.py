"""The check: the user's own model is asked again, in float64, at N points of the path.

`judge` measures objectives by PyTorch's own losses, `certify` compares them with the target. Nothing
of the sheet, its roots or the solver's forward pass is used.
"""
