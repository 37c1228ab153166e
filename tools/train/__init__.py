"""Teaches a small model the store's own products from a folder of labelled pictures: `python -m tools.train FOLDER`."""
