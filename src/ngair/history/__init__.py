"""What happens becomes what is kept: samples, minutes, hours and days, the books of counters, sessions, the log."""
