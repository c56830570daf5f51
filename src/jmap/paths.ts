// Where JMAP lives at this server. Clients learn it from the session resource (RFC 8620 §2), the templates are
// those of RFC 6570 level 1.

export const paths = {
  wellKnown: '/.well-known/jmap',
  session: '/jmap/session',
  api: '/jmap/api',
  upload: '/jmap/upload/{accountId}/',
  download: '/jmap/download/{accountId}/{blobId}/{name}?accept={type}',
  events: '/jmap/events?types={types}&closeafter={closeafter}&ping={ping}',
  socket: '/jmap/socket',
}
