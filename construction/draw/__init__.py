r"""Figures for print, drawn by matplotlib from arrays; it knows no records, experiments or files.

- `spans`: what an axis shows, and levels of contours, computed without matplotlib;
- `figure`: the two themes, line styles, and matplotlib's settings while a figure is made or saved;
  panels on a page of a given width, their legend, a caption below them.

A figure is made in the theme's settings: panels, curves with labels, and one legend of all labels.

>>> import numpy as np
>>> from construction.draw.figure import LONG, add_legend, panels, settled
>>> lam = np.linspace(0, 1, 5)
>>> with settled("dark") as colors:
...     figure, axes = panels(5.5, ["training", "test"], ratio=0.6)
...     for panel in axes:
...         _ = panel.plot(lam, 1 - lam, color=colors.empirical, label="base path")
...         _ = panel.plot(lam, (1 - lam) ** 2, color=colors.valley, linestyle=LONG, label="valley")
...         _ = panel.set_xlabel(r"$\lambda$")
...     add_legend(figure)
>>> [text.get_text() for text in figure.legends[0].get_texts()]
['base path', 'valley']
"""
