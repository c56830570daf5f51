// The steps of the schema of every room, in the order they run. main.ts and the verbs of the command line
// open the database with the same list.

import { migrations as directoryMigrations } from './directory/migrations.ts'
import { migrations as mailauthMigrations } from './mailauth/migrations.ts'
import { migrations as queueMigrations } from './queue/migrations.ts'
import type { Migration } from './sql/sql.ts'
import { migrations as storeMigrations } from './store/migrations.ts'
import { migrations as trackingMigrations } from './tracking/migrations.ts'

export const migrations: Migration[] = [
  ...directoryMigrations,
  ...storeMigrations,
  ...trackingMigrations,
  ...mailauthMigrations,
  ...queueMigrations,
]
