"""The frozen records that stages return and everything above reads."""
