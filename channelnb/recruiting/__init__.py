"""Which traits, known before signing, set high performers apart."""
