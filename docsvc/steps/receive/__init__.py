"""An upload arrives: hashed before anything opens it, gated, kept as it came."""
