"""From settled steps to who took or returned what: inference by probability, written down in docs/decisions/inference.md."""
