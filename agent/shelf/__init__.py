"""What belongs where (planogram), what stands where (contents), how many (stock)."""
