"""Wire formats as pure functions and sans-I/O state machines."""
