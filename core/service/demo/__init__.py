"""`hookkeeper demo`: endpoints on loopback, made-up traffic and a dispatcher, on a throw-away database."""
