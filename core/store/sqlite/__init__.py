"""The parts that only SQLite needs: files, connections, transactions, migrations, locks and its own dialect of SQL."""
