"""Controllers: who proposes architectures and learns from their rewards."""
