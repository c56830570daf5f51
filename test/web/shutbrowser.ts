// Chromium that finds no host but this machine: every other name there is stands for a port of it, a trap.

import chromiumPackage from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'

/** As people have it: none of the package's own switches, some of which take a browser's defences away. */
export async function openShutBrowser(trapPort: number): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumPackage.executablePath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--host-resolver-rules=MAP * 127.0.0.1:${trapPort}, EXCLUDE 127.0.0.1`,
    ],
  })
}
