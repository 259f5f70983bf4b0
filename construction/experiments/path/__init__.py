"""Constructed paths; `curves` is what their film draws."""
