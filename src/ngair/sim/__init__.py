"""A simulated house behind the same ports as a real one: loads, sun, cars, chargers, and a meter with true bytes."""
