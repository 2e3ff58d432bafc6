"""How fast the product is on this machine. Each benchmark starts its own processes, and stops them."""
