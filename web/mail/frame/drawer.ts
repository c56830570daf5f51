// Whether the drawer with the mailboxes is open, where there is no room for them (phones).

import { cell } from '../../parts/cell.ts'

export const openDrawer = cell(false)
