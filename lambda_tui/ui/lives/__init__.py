"""The picture of environments' lives on one clock."""
