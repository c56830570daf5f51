// What every harness sets: its one client sends faster than a stranger may.

export const unlimited = `
`
