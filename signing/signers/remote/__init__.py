"""Keys that a service keeps for their holders and that sign when the holder agrees."""
