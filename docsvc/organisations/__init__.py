"""Bodies, officers, mandates and the inventory of certificates."""
