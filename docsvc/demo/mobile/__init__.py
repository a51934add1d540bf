"""A stand-in for the operator of SIM PKI and for the phones of its subscribers."""
