"""The ledger page's parts."""
