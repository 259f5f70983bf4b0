"""What the help of every command says at length."""

EXIT_CODES = """\
exit codes:
  0    done
  1    something that was given cannot be used; the message says what to do
  2    the command line itself makes no sense
  3    no path was constructed, as a condition fails; the answers are printed
  4    a path was constructed or recorded, but the check did not confirm it
  130  interrupted
"""

SOLVE = """\
For two sets of weights of one model answer two questions, with numbers: does the theorem of Safran
and Shamir apply, and does the sheet over the path between the weights hold a path along which the
objective strictly decreases? Where it does, construct that path, check it with the model itself in
float64, and keep the result."""

SOLVE_EXAMPLE = """\
example:
  python -m construction solve --model net.py:build --initial first.safetensors \\
      --final trained.safetensors --data digits.npz --loss cross_entropy --profile valley

net.py defines build(), which returns the nn.Module; its last layer has to be linear.
"""

CERTIFY = """\
Check a result of `solve` again: load the weights, rescale the last layer as the record says, run
the model in float64, compare; then construct the path anew from the weights, check it at N points,
and keep that certificate in the record. Weights, data and loss are those that the record names,
unless given. The model has to be given: code is not run because a file says so."""

CERTIFY_EXAMPLE = """\
example:
  python -m construction certify result.npz --model net.py:build --check 1001
"""

PLOT = """\
Draw a result: the objectives on the base path and on the constructed paths, the least that any
rescaling reaches, the barrier, and the scales. Every curve joins the numbers of the record by
straight lines. The caption is written beside the figure, as FIGURE.txt."""

PLOT_EXAMPLE = """\
examples:
  python -m construction plot result.npz --out figure.pdf
  python -m construction plot mnist-mlp --route detour --theme dark --out detour.png
  python -m construction plot sweep --caption
"""

RUN_EXAMPLE = """\
example:
  python -m construction run digits-mlp
"""
