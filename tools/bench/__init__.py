"""A shop that never was: shelves, goods and shoppers whose every deed is known. For accuracy, demo and soak."""
