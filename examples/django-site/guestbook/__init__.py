"""The guestbook: entries that visitors leave."""
