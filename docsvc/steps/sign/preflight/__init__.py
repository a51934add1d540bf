"""Before a PIN is asked for: is everything there that the signature needs?"""
