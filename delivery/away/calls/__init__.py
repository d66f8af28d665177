"""HTTP calls to addresses that others choose: guarded, bounded, without redirects."""
