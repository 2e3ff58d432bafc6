"""Payments on Stripe's own page (Checkout): no card number ever comes near us."""
