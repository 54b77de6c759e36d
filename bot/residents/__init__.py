"""Who is talking: identity, language, consent, what is kept, erasure."""
