"""What SQLCipher needs for the same work; prints seconds elapsed and seconds of CPU of the work alone.

sqlcipher.py import FILE RECORD COUNT BATCH   as many records of what RECORD holds, one transaction for each batch
sqlcipher.py read FILE COUNT                  as many reads, an audit row and a transaction for each

Every transaction is durable when it ends: a write-ahead log, and `synchronous` FULL. The key is given raw, so that
no passphrase is stretched. One connection: SQLite has one writer at a time, and each read writes its audit row.
"""

import os
import sys
import time

import sqlcipher3


def opened(file):
    # Transactions are written out below.
    db = sqlcipher3.connect(file, isolation_level=None)
    db.execute("PRAGMA key = \"x'%s'\"" % ("5a" * 32))
    assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    db.execute("PRAGMA synchronous = FULL")
    assert db.execute("PRAGMA cipher_version").fetchone()
    db.execute("CREATE TABLE IF NOT EXISTS record (id BLOB PRIMARY KEY, form BLOB NOT NULL)")
    db.execute("CREATE TABLE IF NOT EXISTS audit (at REAL NOT NULL, who TEXT NOT NULL, record BLOB NOT NULL)")
    return db


def bring_in(db, record, count, batch):
    with open(record, "rb") as file:
        form = file.read()
    ids = [os.urandom(16) for _ in range(int(count))]
    batch = int(batch)

    def work():
        for first in range(0, len(ids), batch):
            db.execute("BEGIN IMMEDIATE")
            rows = [(one, form) for one in ids[first : first + batch]]
            db.executemany("INSERT INTO record VALUES (?, ?)", rows)
            db.execute("COMMIT")

    return work


def read(db, count):
    ids = [row[0] for row in db.execute("SELECT id FROM record LIMIT ?", (int(count),))]
    assert len(ids) == int(count)

    def work():
        for one in ids:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO audit VALUES (?, 'sam', ?)", (time.time(), one))
            (form,) = db.execute("SELECT form FROM record WHERE id = ?", (one,)).fetchone()
            assert form
            db.execute("COMMIT")

    return work


def main(command, file, *rest):
    db = opened(file)
    work = {"import": bring_in, "read": read}[command](db, *rest)
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    print(time.perf_counter() - begun, time.process_time() - cpu)


main(*sys.argv[1:])
