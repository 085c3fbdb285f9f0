"""What lies ahead: the chance of meeting plan, deals to bring forward, and how deals slipped."""
