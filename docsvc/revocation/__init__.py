"""Answers of CRL servers, OCSP responders and issuers: asked for under limits, and kept."""
