"""What follows from people and goods together: a dwell, a hesitation; later what the screen answers."""
