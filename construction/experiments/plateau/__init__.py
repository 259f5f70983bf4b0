"""The plateau of deep networks with batch norm (Frankle 2020), and the path below it."""
