"""From flags to objects; nothing below this package knows about flags."""
