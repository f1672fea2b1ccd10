"""The Local API over HTTP: prebuilt pages behind a guard that nobody can wear out."""
