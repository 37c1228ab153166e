"""A shop that does not know yet what will happen in it: deeds are added while it runs."""
