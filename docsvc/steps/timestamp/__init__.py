"""Validation data for both signatures, then a document timestamp: B-LT, B-LTA."""
