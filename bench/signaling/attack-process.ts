// Everything at once that docs/security.md promises players not to notice.

import { once } from 'node:events'
import { createConnection } from 'node:net'
import { WebSocket } from 'ws'
import type { Calls } from './calls.ts'
import { answerCalls } from './processes.ts'

const SILENT = 2_000
const DRIPPING = 200
const GUESSES = 100_000
const FLOODERS = 8
const HANDSHAKE =
  'GET /signaling HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

const counts = { guesses: 0, refused: 0, flooded: 0 }
let target = ''

answerCalls({ attack, attacked: async () => counts })

async function attack({ url }: Calls['attack']['params']): Promise<Calls['attack']['result']> {
  target = url
  for (let n = 0; n < SILENT; n++) void staySilent(`127.0.1.${1 + (n % 8)}`)
  for (let n = 0; n < DRIPPING; n++) void drip(`127.0.2.${1 + (n % 8)}`)
  for (let n = 0; n < 32; n++) void guess(`127.0.3.${1 + (n % 4)}`)
  for (let n = 0; n < FLOODERS; n++) void flood(`127.0.4.${1 + n}`)
  return { silent: SILENT, dripping: DRIPPING }
}

function open(localAddress: string): WebSocket {
  const socket = new WebSocket(target, { localAddress, perMessageDeflate: false })
  socket.on('error', () => {})
  return socket
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Opens a socket and says nothing; when it is closed, the next. */
async function staySilent(from: string): Promise<void> {
  for (;;) {
    const socket = open(from)
    await new Promise((resolve) => socket.once('close', resolve))
    await pause(500)
  }
}

/** Writes its handshake one byte at a time. */
async function drip(from: string): Promise<void> {
  const { port } = new URL(target)
  for (;;) {
    const socket = createConnection({ port: Number(port), host: '127.0.0.1', localAddress: from })
    socket.on('error', () => {})
    let sent = 0
    const timer = setInterval(() => socket.write(HANDSHAKE[sent++ % HANDSHAKE.length] ?? 'x'), 50)
    await new Promise((resolve) => socket.resume().once('close', resolve))
    clearInterval(timer)
    await pause(100)
  }
}

/** Guesses room codes, each on a socket of its own, as fast as the server takes them. */
async function guess(from: string): Promise<void> {
  while (counts.guesses < GUESSES) {
    counts.guesses += 1
    const socket = open(from)
    socket.once('open', () => {
      const room = Array.from({ length: 9 }, () => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Math.floor(32 * chance())]).join(
        '',
      )
      socket.send(JSON.stringify({ type: 'join', version: 2, room }))
    })
    socket.once('unexpected-response', () => {
      counts.refused += 1
      socket.terminate()
    })
    await new Promise((resolve) => socket.once('close', resolve))
  }
}

/** Says what may be said, as often as it goes; when it is closed, again. */
async function flood(from: string): Promise<void> {
  for (;;) {
    const socket = open(from)
    let closed = false
    socket.once('close', () => {
      closed = true
    })
    try {
      await once(socket, 'open')
      socket.send('{"type":"create","version":1,"topology":"mesh"}')
      while (!closed) {
        for (let n = 0; n < 64; n++) socket.send('{"type":"ping"}')
        counts.flooded += 64
        await pause(1)
      }
    } catch {
      // Refused: there were too many already.
    }
    await pause(20)
  }
}

let state = 1
/** Any numbers will do: a guess is wrong either way. */
function chance(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 0x1_0000_0000
}
