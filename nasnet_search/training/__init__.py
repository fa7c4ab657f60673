"""Full training of a chosen network, and what is left when it is over."""
