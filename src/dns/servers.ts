// Which servers to ask: from the settings, else from /etc/resolv.conf, else the one on this machine.

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Trouble } from '../wire/troubles.ts'
import { isLoopback } from './names.ts'

export interface Server {
  address: string
  port: number
  local: boolean // on loopback: its AD bit is trusted
}

/** '192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:5353'. Throws Trouble bad-setting. */
export function readServer(text: string): Server {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text)
  const dotted = /^([\d.]+):(\d{1,5})$/.exec(text)
  const [, address, port = '53'] = bracketed ?? dotted ?? [text, text]
  if (!address || isIP(address) === 0 || Number(port) > 65_535) {
    throw new Trouble('bad-setting', { setting: 'dns.servers', text })
  }
  return { address, port: Number(port), local: isLoopback(address) }
}

/** The nameserver lines of a resolv.conf; without any, the server on this machine (resolv.conf(5)). */
export function readResolvConf(text: string): Server[] {
  const found = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)]
    .map(([, address]) => address!)
    .filter((address) => isIP(address) !== 0)
    .map(readServer)
  return found.length > 0 ? found.slice(0, 3) : [readServer('127.0.0.1')]
}

/** The servers of this machine as /etc/resolv.conf names them now. */
export function systemServers(path = '/etc/resolv.conf'): Server[] {
  try {
    return readResolvConf(readFileSync(path, 'utf8'))
  } catch {
    return readResolvConf('')
  }
}
