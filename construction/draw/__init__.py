"""Figures for print, drawn by matplotlib from arrays."""
