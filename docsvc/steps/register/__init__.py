"""Numbers and books: atomic, gapless; a number once drawn stays, even void."""
