"""What meter families call things. One table a file."""
