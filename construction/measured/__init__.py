"""What is measured beside the theorem: a module each kind of run, with its `conduct`.

Each takes its settings, from `construction.settings`, and the stages that are finished, and gives
back what it found.
"""
