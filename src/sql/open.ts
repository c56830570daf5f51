// Opens the database that the settings name, with its schema up to date.

import { join } from 'node:path'
import { migrate } from './dialect.ts'
import { openPostgres } from './postgres.ts'
import type { Database, Migration } from './sql.ts'
import { openSqlite } from './sqlite.ts'

/** `database`: '' for a SQLite file in the data folder, else a postgres:// address. */
export async function openDatabase(database: string, dataFolder: string, migrations: Migration[]): Promise<Database> {
  const db = database === '' ? await openSqlite(join(dataFolder, 'postern.sqlite')) : await openPostgres(database)
  try {
    await migrate(db, migrations)
  } catch (error) {
    await db.close()
    throw error
  }
  return db
}
