"""The plateau of deep networks with batch norm (Frankle 2020), and the path below it.

`measure.line_and_path` measures any two weights under one treatment of batch norm; `subject` has
the networks of the settings, trained here or the user's for ImageNet.
"""
