"""What the Python tests share: a RESP client, redis-cli's notation, and real servers."""
