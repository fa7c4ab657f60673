"""The sections of a page, each made from a summary."""
