"""Timestamp authorities: asked in their order, rested when they keep failing, counted."""
