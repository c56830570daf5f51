// How the faces are built: one page each, split by route, no source maps to the world.

import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => resolve(import.meta.dirname, path)

// oxlint-disable-next-line import/no-default-export -- Vite asks for it
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the policy of the pages allows no inline script or font
    rolldownOptions: {
      input: { home: here('index.html'), login: here('login/index.html'), mail: here('mail/index.html') },
    },
  },
})
