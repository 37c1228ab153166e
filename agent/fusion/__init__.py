"""From settled steps to who took or returned what: inference by probability (docs/decisions/inference.md)."""
