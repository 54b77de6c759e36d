"""Who works with Seura: their roles, what these may do, how they sign in, and what they did."""
