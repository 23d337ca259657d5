// Clients: idle ones, those that join and leave, and pairs that talk.

import { once } from 'node:events'
import type { Calls, ServerKind } from './calls.ts'
import { type Client, connectClient, inOneWrite } from './clients.ts'
import { answerCalls } from './processes.ts'

/** Sockets of one address: well below the ports that an address has. */
const PER_ADDRESS = 5_000
/** Handshakes at the same time while idle sockets are opened. */
const OPENING = 64
/** Messages of a pair that are under way: a client's candidates come in such bursts. */
const UNDER_WAY = 8

const idle: Client[] = []
let pairs: { readonly from: Client; readonly to: Client }[] = []

answerCalls({ idle: openIdle, joins, pairs: connectPairs, relay })

async function openIdle({ kind, url, count }: Calls['idle']['params']): Promise<Record<string, never>> {
  const worker = async () => {
    while (idle.length + opening < count) {
      opening += 2
      const from = `127.0.0.${2 + Math.floor((idle.length + opening) / PER_ADDRESS)}`
      const first = await connectClient(kind, url, from)
      const second = await connectClient(kind, url, from, first.room)
      idle.push(first, second)
      opening -= 2
    }
  }
  let opening = 0
  await Promise.all(Array.from({ length: OPENING }, worker))
  return {}
}

async function joins(params: Calls['joins']['params']): Promise<Calls['joins']['result']> {
  const { kind, url, forMs, parallel, pauseMs, from } = params
  const ms: number[] = []
  let failed = 0
  const startedAt = performance.now()
  const worker = async () => {
    // A room with its host: what a player joins.
    const host = await connectClient(kind, url, from)
    while (performance.now() - startedAt < forMs) {
      const began = performance.now()
      try {
        const client = await connectClient(kind, url, from, host.room)
        ms.push(performance.now() - began)
        await leave(kind, client)
      } catch {
        failed += 1
      }
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    await leave(kind, host)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return { elapsedMs: performance.now() - startedAt, count: ms.length, ms, failed }
}

/** As a player goes who does not mean to come back. */
async function leave(kind: ServerKind, { socket }: Client): Promise<void> {
  const closed = once(socket, 'close')
  if (kind === 'skein') socket.send('{"type":"leave"}')
  else socket.close()
  await closed
}

async function connectPairs({ kind, urls, count }: Calls['pairs']['params']): Promise<Record<string, never>> {
  for (const { from, to } of pairs) {
    from.socket.terminate()
    to.socket.terminate()
  }
  pairs = []
  for (let n = 0; n < count; n++)
    pairs.push(await connectPair(kind, urls[n % urls.length]!, urls[(n + 1) % urls.length]!))
  return {}
}

async function connectPair(kind: ServerKind, url: string, otherUrl: string) {
  const to = await connectClient(kind, url, '127.0.0.1')
  const from = await connectClient(kind, otherUrl, '127.0.0.1', to.room)
  return { from, to }
}

async function relay({ forMs }: Calls['relay']['params']): Promise<Calls['relay']['result']> {
  const startedAt = performance.now()
  let count = 0
  const finished = pairs.map(({ from, to }) => {
    let sent = 0
    let arrived = 0
    return new Promise<void>((resolve) => {
      const send = () => {
        inOneWrite(from, () => {
          for (let n = 0; n < UNDER_WAY; n++) from.send(to.name, sent++)
        })
      }
      to.socket.removeAllListeners('message')
      to.onSignal(() => {
        arrived += 1
        count += 1
        if (arrived < sent) return
        if (performance.now() - startedAt < forMs) send()
        else resolve()
      })
      send()
    })
  })
  await Promise.all(finished)
  return { elapsedMs: performance.now() - startedAt, count, ms: [], failed: 0 }
}
