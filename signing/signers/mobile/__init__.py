"""SIM PKI: a key on a phone, reached through its operator by ETSI TS 102 204."""
