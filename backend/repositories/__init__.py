"""All SQL of the product: plain functions that take a session and leave the commit to their caller."""
