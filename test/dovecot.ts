// A Dovecot on loopback, for tests of our clients: POP3 and IMAP, with and without TLS from the first byte. Undefined
// where none is installed.

import { spawn, execFileSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../src/net/selfsigned.ts'
import { freePort } from './ports.ts'

export interface Dovecot {
  imap: number
  imaps: number
  pop3: number
  pop3s: number
  authority: string // file with its certificate
  /** What doveadm says. */
  admin(...words: string[]): string
  save(mail: string): void
  stop(): Promise<void>
}

const binary = '/usr/sbin/dovecot'
export const hasDovecot = existsSync(binary) && process.getuid?.() === 0
export const dovecotUser = { name: 'ann@dove.example', password: 'se"cret\\ 密碼', host: 'dove.example' }

export async function startDovecot(): Promise<Dovecot> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-dovecot-'))
  await chmod(folder, 0o755)
  const [imap, imaps, pop3, pop3s] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const numeric = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  const [uid, gid] = [numeric('-u'), numeric('-g')]
  const mail = join(folder, 'mail')
  await mkdir(mail)
  await chown(mail, uid, gid)
  const { certificate, key } = selfSigned([dovecotUser.host], Date.now())
  await writeFile(join(folder, 'cert.pem'), certificate)
  await writeFile(join(folder, 'key.pem'), key)
  await writeFile(join(folder, 'users'), `${dovecotUser.name}:{PLAIN}${dovecotUser.password}::::${mail}::\n`)
  const conf = join(folder, 'dovecot.conf')
  await writeFile(
    conf,
    `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
auth_mechanisms = plain login
auth_username_chars =
first_valid_uid = 1
mail_location = maildir:${mail}/Maildir
mail_uid = ${uid}
mail_gid = ${gid}
stats_writer_socket_path =
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u ${folder}/users
  default_fields = uid=${uid} gid=${gid}
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = ${pop3s}
    ssl = yes
  }
}
`,
  )
  const child = spawn(binary, ['-F', '-c', conf], { stdio: 'ignore' })
  await Promise.all([greeting(imap, child), greeting(pop3, child)])
  const admin = (words: string[], input?: string): string =>
    execFileSync('doveadm', ['-c', conf, ...words], { encoding: 'utf8', input })
  return {
    imap,
    imaps,
    pop3,
    pop3s,
    authority: join(folder, 'cert.pem'),
    admin: (...words) => admin(words),
    save: (text) => void admin(['save', '-u', dovecotUser.name], text),
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Until it greets at a port, or has ended. */
async function greeting(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error('Dovecot did not start')
    const heard = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket
        .once('data', () => resolve(true))
        .once('error', () => resolve(false))
        .once('close', () => resolve(false))
      socket.once('data', () => socket.destroy())
    })
    if (heard) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
