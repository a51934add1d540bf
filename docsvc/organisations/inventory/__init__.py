"""Signing devices: lists of them come in, what there is, what runs out, whose they are."""
