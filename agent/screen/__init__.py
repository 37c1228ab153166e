"""The strip at the shelf's edge: panels and their pixels, labels, content, and the thread that shows them."""
