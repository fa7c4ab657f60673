"""Flag definitions by topic, and the ready flagfiles beside them."""
