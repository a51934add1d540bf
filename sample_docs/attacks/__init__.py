"""Forgeries of our own documents: every published class of attack on PDF signatures."""
