"""Campaigns: long searches for something false, each a command of its own."""
