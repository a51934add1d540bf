"""Engine, base of the tables, transactions. The only place that knows the dialects."""
