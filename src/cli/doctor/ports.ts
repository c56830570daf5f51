// The listeners: does each answer as it should, or, without a running server, can each be had.

import { connect as connectPlain, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { serverIn } from '../../config/folder.ts'
import { planListeners, type ListenerPlan } from '../../config/listeners.ts'
import type { Config } from '../../config/settings.ts'
import { error, ok, warning, type Finding } from './finding.ts'

const patience = 5000 // milliseconds

export async function examinePorts(config: Config): Promise<Finding[]> {
  const pid = await serverIn(config.data)
  const plans = planListeners(config.ports, config.listener)
  const fixed = plans.filter((plan) => plan.port !== 0)
  const state =
    pid === undefined
      ? warning(
          'ports',
          { en: 'no server runs over this data folder', zh: '此資料夾沒有執行中的伺服器' },
          { en: 'postern serve, or systemctl start postern', zh: '請執行 postern serve 或 systemctl start postern' },
        )
      : ok('ports', `the server runs (pid ${pid})`, `伺服器執行中(pid ${pid})`)
  const each = await Promise.all(fixed.map((plan) => (pid === undefined ? canListen(plan) : answers(plan))))
  return [state, ...each]
}

const greetings: [names: string[], greeting: RegExp][] = [
  [['smtp', 'submission', 'submissions', 'lmtp'], /^220[ -]/],
  [['imap', 'imaps'], /^\* (OK|PREAUTH)/],
  [['pop3', 'pop3s'], /^\+OK/],
  [['managesieve'], /^"IMPLEMENTATION"/],
]
const withTlsFirst = new Set(['submissions', 'imaps', 'pop3s'])

async function answers(plan: ListenerPlan): Promise<Finding> {
  const where = `${plan.name} ${plan.host}:${plan.port}`
  const advice = {
    en: 'look at the log of the server, and whether another program has the port',
    zh: '請看伺服器記錄,並確認埠未被其他程式占用',
  }
  try {
    const line = await greetingOf(plan)
    const wanted = greetings.find(([names]) => names.includes(plan.name))?.[1]
    if (wanted?.test(line)) return ok('ports', `${where} answers`, `${where} 正常`)
    return error(
      'ports',
      {
        en: `${where} says ${JSON.stringify(line.slice(0, 80))}`,
        zh: `${where} 回應 ${JSON.stringify(line.slice(0, 80))}`,
      },
      advice,
    )
  } catch (cause) {
    return error(
      'ports',
      {
        en: `${where} does not answer: ${(cause as Error).message}`,
        zh: `${where} 沒有回應:${(cause as Error).message}`,
      },
      advice,
    )
  }
}

function greetingOf({ name, host, port }: ListenerPlan): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const address = host === '::' || host === '0.0.0.0' ? 'localhost' : host
  // Whether the certificate is right is the question of certificates.ts.
  const socket: Socket = withTlsFirst.has(name)
    ? connectTls({ host: address, port, rejectUnauthorized: false })
    : connectPlain({ host: address, port })
  let heard = ''
  socket.setTimeout(patience, () => socket.destroy(new Error('no greeting')))
  socket.on('data', (piece: Buffer) => {
    heard += piece.toString('latin1')
    if (!heard.includes('\n') && heard.length < 1000) return
    resolve(heard)
    socket.end(name.startsWith('imap') ? 'a LOGOUT\r\n' : 'QUIT\r\n')
    socket.destroySoon()
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('closed without a greeting')))
  return promise
}

async function canListen(plan: ListenerPlan): Promise<Finding> {
  const where = `${plan.name} ${plan.host}:${plan.port}`
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | undefined>()
  const server = createServer()
  server.once('error', resolve)
  server.listen(plan.port, plan.host, () => server.close(() => resolve(undefined)))
  const trouble = await promise
  if (!trouble) return ok('ports', `${where} is free`, `${where} 可用`)
  if (trouble.code === 'EACCES') {
    return error(
      'ports',
      { en: `${where} may not be used by this user`, zh: `此使用者無法使用 ${where}` },
      {
        en: 'ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit',
        zh: '1024 以下的埠需在 systemd 單元設定 AmbientCapabilities=CAP_NET_BIND_SERVICE',
      },
    )
  }
  return error(
    'ports',
    { en: `${where} cannot be had: ${trouble.message}`, zh: `無法使用 ${where}:${trouble.message}` },
    {
      en: `find who has it with "ss -ltnp sport = :${plan.port}", or change the listener’s port`,
      zh: `請以「ss -ltnp sport = :${plan.port}」找出占用者,或改用其他埠`,
    },
  )
}
