"""The pure engine: `decide(graph, state, command, clock) -> events | Rejection`, `apply(state, event)`, `effects(...)`."""
