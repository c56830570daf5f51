// Theme and density of this device.

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'normal' | 'dense'

const keys = { theme: 'postern.theme', density: 'postern.density' }

export function theme(): Theme {
  const kept = localStorage.getItem(keys.theme)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

export function density(): Density {
  return localStorage.getItem(keys.density) === 'dense' ? 'dense' : 'normal'
}

export function chooseTheme(wanted: Theme): void {
  localStorage.setItem(keys.theme, wanted)
  applyLook()
}

export function chooseDensity(wanted: Density): void {
  localStorage.setItem(keys.density, wanted)
  applyLook()
}

/** Whether the page is dark now. */
export function isDark(): boolean {
  return theme() === 'dark' || (theme() === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
}

export function applyLook(): void {
  const { dataset } = document.documentElement
  if (theme() === 'system') delete dataset['theme']
  else dataset['theme'] = theme()
  if (density() === 'dense') dataset['density'] = 'dense'
  else delete dataset['density']
  dispatchEvent(new Event('postern-look'))
}
