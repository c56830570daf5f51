// The rival: a private Postfix + Dovecot of this machine (Debian: postfix, dovecot-imapd,
// dovecot-pop3d, dovecot-lmtpd) in a folder of its own on free loopback ports.
//
// It is tuned to be hard to beat, with the same promise as ours: nothing is acknowledged before it
// is on disk. What was chosen, and why:
//   Postfix  fsync as always; default_process_limit 250 (one smtpd for each of 200 clients and room);
//            in_flow_delay 0 and no client limits (else it slows fast senders on purpose);
//            no DNS, no address verification, no header checks, no TLS unless asked: less work than usual;
//            LMTP over a unix socket, 40 at a time, up to 200 recipients in one delivery, connections kept;
//            recipients in a texthash (in memory); queue hashing off for the busy directories (ext4)
//   Dovecot  mail_fsync = always (the default `optimized` would fsync for LMTP too, APPEND alike; `always`
//            is what equals our promise for flags and copies); Maildir, hard links for copies and for a mail to many,
//            very dirty syncs (no rescan of directories for foreign changes), cache of every field a client
//            asks here; login processes in performance mode; auth cache on; PLAIN hashes, so a login costs nothing;
//            mailbox_list_index on; no statistics, no quota plug-in: ours does both.
//
// Needs root (Postfix does). Everything it starts ends with stop(), by pid.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect } from 'node:net'
import type { Rig } from './rig.ts'
import { freePort, tree } from './process.ts'

export interface RivalOptions {
  folder: string // made, and removed by stop() unless kept
  accounts: string[] // addresses
  password: string
  sinkPort?: number // where mail to remote.example goes
  format?: 'maildir' | 'sdbox' | 'mdbox'
  fsync?: 'always' | 'optimized'
  /** Parks idle IMAP connections in one process (imap-hibernate): less memory, dearer to wake. Off by default, as in Dovecot. */
  hibernate?: boolean
  keep?: boolean
}

interface Ports {
  smtp: number
  submission: number
  imap: number
  pop3: number
}

const mailUser = 'mail' // Debian's own user: owner of every Maildir here
const numericId = (flag: '-u' | '-g', user: string) => Number(execFileSync('id', [flag, user]).toString())

/** True if this machine can run it; else the reason, in one line. */
export function rivalMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'Postfix has to be started by root'
  for (const program of ['/usr/sbin/postfix', '/usr/sbin/dovecot', '/usr/lib/dovecot/lmtp', '/usr/lib/dovecot/pop3']) {
    try {
      readFileSync(program, { flag: 'r' })
    } catch {
      return `${program} is not installed (apt install postfix dovecot-imapd dovecot-pop3d dovecot-lmtpd)`
    }
  }
  return undefined
}

export async function startRival(options: RivalOptions): Promise<Rig> {
  const { folder } = options
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const ports: Ports = {
    smtp: await freePort(),
    submission: await freePort(),
    imap: await freePort(),
    pop3: await freePort(),
  }
  writeDovecot(options, ports)
  writePostfix(options, ports)

  for (let above = folder; above !== '/'; above = dirname(above)) {
    // Postfix and Dovecot work as other users: each has to be able to walk down here.
    chmodSync(above, statSync(above).mode | 0o011)
  }
  let dovecot = await startDovecot(folder, ports)
  let postfix = await startPostfix(folder, ports).catch(async (error) => {
    await end(dovecot)
    throw error
  })
  const stop = async () => {
    await Promise.all([end(postfix), end(dovecot)])
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
  return {
    name: 'postfix+dovecot',
    smtp: { port: ports.smtp },
    submission: { port: ports.submission },
    imap: { port: ports.imap },
    pop3: { port: ports.pop3 },
    data: join(folder, 'mail'),
    roots: () => [dovecot.pid!, postfix.pid!],
    async restart() {
      await Promise.all([end(postfix), end(dovecot)])
      const before = performance.now()
      const starting = [startDovecot(folder, ports), startPostfix(folder, ports)] as const
      ;[dovecot, postfix] = await Promise.all(starting)
      return performance.now() - before
    },
    stop,
  }
}

// ---------------------------------------------------------------------------------------- Dovecot

const hibernation = `
imap_hibernate_timeout = 1 secs
service imap {
  service_count = 1
  process_min_avail = 0
  unix_listener imap-master {
    user = dovecot
  }
}
service imap-hibernate {
  client_limit = 5000
  unix_listener imap-hibernate {
    mode = 0666
  }
}
`

const locations = {
  maildir: 'maildir:%h/Maildir',
  sdbox: 'sdbox:%h/sdbox',
  mdbox: 'mdbox:%h/mdbox',
}

function writeDovecot(options: RivalOptions, ports: Ports): void {
  const { folder, accounts, password, format = 'maildir', fsync = 'always', hibernate = false } = options
  const mail = join(folder, 'mail')
  const [uid, gid] = [numericId('-u', mailUser), numericId('-g', mailUser)]
  mkdirSync(mail)
  chownSync(mail, uid, gid)
  mkdirSync(join(folder, 'dovecot'), { mode: 0o755 })
  const users = accounts.map((address) => `${address}:{PLAIN}${password}::::${mail}/${address}::\n`)
  writeFileSync(join(folder, 'users'), users.join(''), { mode: 0o644 })
  writeFileSync(
    join(folder, 'dovecot.conf'),
    `
base_dir = ${folder}/dovecot
state_dir = ${folder}/dovecot
log_path = ${folder}/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 16M
auth_cache_ttl = 1 hour
auth_verbose = no
auth_failure_delay = 2 secs
first_valid_uid = 1
default_process_limit = 2500
default_client_limit = 6000
default_vsz_limit = 2G
verbose_proctitle = no
stats_writer_socket_path =

mail_location = ${locations[format]}
mail_uid = ${uid}
mail_gid = ${gid}
mail_fsync = ${fsync}
mail_max_userip_connections = 0
mailbox_list_index = yes
maildir_very_dirty_syncs = yes
maildir_copy_with_hardlinks = yes
mail_always_cache_fields = flags date.received date.save size.virtual size.physical imap.envelope imap.body imap.bodystructure hdr.subject hdr.from hdr.to hdr.date pop3.uidl
mailbox_idle_check_interval = 30 secs
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
lmtp_rcpt_check_quota = no
submission_host =
postmaster_address = postmaster@uni.example

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
  mailbox Drafts {
    special_use = \\Drafts
    auto = subscribe
  }
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox Trash {
    special_use = \\Trash
    auto = subscribe
  }
  mailbox Junk {
    special_use = \\Junk
    auto = subscribe
  }
}

service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
  process_min_avail = 2
  client_limit = 4000
}
service pop3-login {
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = 0
  }
  service_count = 0
  process_min_avail = 1
  client_limit = 4000
}
service imap {
  process_limit = 2500
  process_min_avail = 4
  service_count = 100
}
service pop3 {
  process_limit = 500
  service_count = 100
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
  process_limit = 60
  process_min_avail = 10
  service_count = 0
}
service auth {
  client_limit = 12000
  unix_listener auth-postfix {
    mode = 0666
  }
}
service anvil {
  client_limit = 12000
}
service stats {
  unix_listener stats-reader {
    mode = 0
  }
}
${hibernate ? hibernation : ''}
protocol imap {
  imap_idle_notify_interval = 5 mins
  imap_max_line_length = 1M
}
protocol pop3 {
  pop3_no_flag_updates = yes
  pop3_fast_size_lookups = yes
}
`,
  )
}

async function startDovecot(folder: string, ports: Ports): Promise<ChildProcess> {
  const child = spawn('/usr/sbin/dovecot', ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' })
  await Promise.all([banner(ports.imap, child), banner(ports.pop3, child)])
  return child
}

// ---------------------------------------------------------------------------------------- Postfix

function writePostfix({ folder, accounts, sinkPort }: RivalOptions, ports: Ports): void {
  const config = join(folder, 'postfix')
  const queue = join(folder, 'queue')
  const data = join(folder, 'postfix-data')
  for (const made of [config, queue, data]) mkdirSync(made, { mode: 0o755 })
  chownSync(data, numericId('-u', 'postfix'), numericId('-g', 'postfix'))
  writeFileSync(join(config, 'recipients'), accounts.map((address) => `${address} ok\n`).join(''))
  writeFileSync(join(config, 'transport'), `remote.example smtp:[127.0.0.1]:${sinkPort ?? 9}\n`)
  writeFileSync(
    join(config, 'main.cf'),
    `
compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
maillog_file = ${folder}/postfix.log
maillog_file_prefixes = ${folder}
multi_instance_name = postfix-bench
multi_instance_enable = yes
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.uni.example
mydomain = uni.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:none
virtual_mailbox_domains = uni.example
virtual_mailbox_maps = texthash:${config}/recipients
virtual_transport = lmtp:unix:${folder}/dovecot/lmtp
transport_maps = texthash:${config}/transport
relay_domains =
recipient_delimiter = +

smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_recipient_restrictions =
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${folder}/dovecot/auth-postfix
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_recipient_rate_limit = 0
anvil_rate_time_unit = 1d
message_size_limit = 52428800
mailbox_size_limit = 0
header_checks =
smtpd_tls_security_level = none
smtp_tls_security_level = none

default_process_limit = 250
in_flow_delay = 0
hash_queue_depth = 1
hash_queue_names = deferred defer
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000
default_destination_concurrency_limit = 40
initial_destination_concurrency = 20
lmtp_destination_concurrency_limit = 40
lmtp_destination_recipient_limit = 200
lmtp_connection_cache_on_demand = yes
lmtp_connection_reuse_time_limit = 300s
smtp_destination_concurrency_limit = 40
smtp_connection_cache_on_demand = yes
smtp_connection_cache_destinations = 127.0.0.1
max_use = 1000
max_idle = 100s
`,
  )
  writeFileSync(
    join(config, 'master.cf'),
    `
127.0.0.1:${ports.smtp} inet n - n - 250 smtpd
127.0.0.1:${ports.submission} inet n - n - 250 smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
`,
  )
  chmodSync(folder, 0o755)
}

async function startPostfix(folder: string, ports: Ports): Promise<ChildProcess> {
  const child = spawn('/usr/sbin/postfix', ['-c', join(folder, 'postfix'), 'start-fg'], {
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  await Promise.all([banner(ports.smtp, child), banner(ports.submission, child)])
  return child
}

// ------------------------------------------------------------------------------------------ both

/** Resolves when a port greets; a process that ends first is an error. */
function banner(port: number, child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false
    child.once('exit', (code) => {
      over = true
      reject(new Error(`${child.spawnfile} ended with ${code} before port ${port} answered`))
    })
    const attempt = () => {
      if (over) return
      const socket = connect({ port, host: '127.0.0.1' })
      const again = () => {
        socket.destroy()
        setTimeout(attempt, 5)
      }
      socket.once('error', again)
      socket.once('end', again)
      socket.once('data', () => {
        socket.destroy()
        resolve()
      })
    }
    attempt()
  })
}

/** Asks a daemon to end, and everything it started; those left after 10 s are killed, each by its pid. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const below = tree([child.pid!])
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(patience)
  for (const pid of below) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch {
      // Already gone, as it should be.
    }
  }
}
