"""A page for everybody: who issued it, and whether it is genuine."""
