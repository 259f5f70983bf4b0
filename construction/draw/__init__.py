"""Figures for print, drawn by matplotlib from arrays; it knows no records, experiments or files.

`spans`: what an axis shows, and levels of contours; `figure`: the two themes, line styles, and
matplotlib's settings while a figure is made or saved, panels on a page of a given width, one legend
of all their labels, a caption below them. An example is in CONTRIBUTING.md.
"""
