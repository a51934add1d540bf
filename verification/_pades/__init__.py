"""The only door to asn1crypto."""
