"""The only door to pyHanko and asn1crypto: incremental revisions and CMS, in and out as bytes."""
