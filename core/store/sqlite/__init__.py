"""What is SQLite's alone: files, connections, transactions, migrations, locks, and the SQL of its own kind."""
