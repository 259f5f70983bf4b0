"""The browser, for this folder."""

from ..browser import chromium, opened

__all__ = ["chromium", "opened"]
