"""From the outbox to the broker and back: events in order until acknowledged, retained state, orders and answers."""
