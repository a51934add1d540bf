"""Both signatures: the leader's, which reserves and certifies, and the body's, which fills in."""
