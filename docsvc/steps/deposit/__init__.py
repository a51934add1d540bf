"""Into the archive: a package that explains itself, in an OCFL storage root."""
