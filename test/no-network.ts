// Preloaded into every test process: nothing in a test can reach beyond this machine.

import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'

const isHere = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '' || /^(::ffff:)?127\./.test(host) || host.startsWith('/')

function refuse(host: string): void {
  if (!isHere(host)) throw new Error(`A test tried to reach ${host}: only loopback is allowed`)
}

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
  const first = (Array.isArray(args[0]) ? args[0][0] : args[0]) as { host?: string; path?: string } | number | string
  if (typeof first === 'object' && !first.path) refuse(first.host ?? 'localhost')
  if (typeof first === 'number' && typeof args[1] === 'string') refuse(args[1])
  return connect.apply(this, args as never)
} as typeof connect

const send = dgram.Socket.prototype.send
dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]): void {
  const host = args.slice(1).find((arg) => typeof arg === 'string')
  refuse((host as string | undefined) ?? 'localhost')
  return send.apply(this, args as never)
} as typeof send

const lookup = dns.lookup
dns.lookup = ((host: string, ...rest: unknown[]) => {
  refuse(net.isIP(host) || isHere(host) ? host : `${host} (by name)`)
  return (lookup as (...args: unknown[]) => unknown)(host, ...rest)
}) as typeof lookup
