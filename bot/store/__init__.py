"""The database: engine and transactions (`engine`), tables (`tables`), migrations (Alembic)."""
