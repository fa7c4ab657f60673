"""The durable record of a search, and the loop that writes it."""
