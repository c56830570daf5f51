// What strangers can make the resolver spend, each with a name.

export interface DnsLimits {
  timeout: number // milliseconds one server may take to answer one question
  attempts: number // questions sent for one name before it is given up, over all servers
  udpBytes: number // what we say we take over UDP (DNS flag day 2020: no fragments)
  messageBytes: number // a longer answer over TCP is refused
  records: number // records in one answer, all sections together
  aliases: number // CNAMEs followed for one question
  wrongAnswers: number // answers that do not fit the question before this attempt is given up as attacked
  concurrent: number // different questions under way at once
  cacheBytes: number // what the cache may hold, as sizes of answers
  positiveTtl: number // seconds; longer TTLs are cut to this
  negativeTtl: number // seconds; the same for "no such name" and "no such record" (RFC 2308 §5)
  failureTtl: number // seconds a failure is remembered (RFC 9520 §3.2: at least 1, at most 300)
}

export const dnsLimits: DnsLimits = {
  timeout: 2000,
  attempts: 4,
  udpBytes: 1232,
  messageBytes: 32_768,
  records: 256,
  aliases: 8,
  wrongAnswers: 16,
  concurrent: 2000,
  cacheBytes: 16 << 20,
  positiveTtl: 86_400,
  negativeTtl: 900,
  failureTtl: 5,
}
