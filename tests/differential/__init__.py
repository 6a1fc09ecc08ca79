"""Random commands on two servers, compared reply by reply."""
