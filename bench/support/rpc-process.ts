// The program of a process with RPCs: one of two peers of a room, driven by the main process.

import { setTimeout as wait } from 'node:timers/promises'

import { joinRoom, type Room, rpc, TransferMode } from '../../src/index.ts'
import '../../src/node.ts'
import { type Handlers, serveParent } from './child.ts'
import { cpuMsSince } from './cpu.ts'
import type { RpcCalls, Way } from './rpc-calls.ts'

const NODE = { bindAddress: '127.0.0.1' }
/** How long the last packets of a series may take. */
const STRAGGLERS_MS = 300
/** Above what is measured, so that the limiter works and refuses nothing. */
const RATE_LIMIT = { perSecond: 10_000_000 }
const UNRELIABLE = { mode: TransferMode.Unreliable }

const numbers = { x: 0, y: 0, angle: 0 }
let counting = { received: 0, cpuBefore: process.cpuUsage() }

function take(x: number, y: number, angle: number): void {
  counting.received += 1
  numbers.x = x
  numbers.y = y
  numbers.angle = angle
}

const definitions = {
  exact: rpc.unreliable('any_peer', { rateLimit: RATE_LIMIT }, (_context, x: number, y: number, angle: number) =>
    take(x, y, angle),
  ),
  float32: rpc.unreliable(
    'any_peer',
    { rateLimit: RATE_LIMIT, numbers: 'float32' },
    (_context, x: number, y: number, angle: number) => take(x, y, angle),
  ),
  reliable: rpc.reliable(
    'any_peer',
    { rateLimit: RATE_LIMIT, numbers: 'float32' },
    (_context, x: number, y: number, angle: number) => take(x, y, angle),
  ),
}

/** The same for each way: a number of ours to the only peer there is. */
type Sender = (x: number, y: number, angle: number) => unknown

let room: Room | undefined
let senders: Readonly<Record<Way, Sender>> | undefined

async function enter(url: string, code?: string): Promise<Room> {
  const entered = await joinRoom({ signaling: url, node: NODE, ...(code !== undefined && { room: code }) })
  const calls = entered.rpcs(definitions)
  entered.on('packet', (value) => {
    const [x, y, angle] = value as [number, number, number]
    take(x, y, angle)
  })
  senders = {
    send: (x, y, angle) => entered.send([x, y, angle], UNRELIABLE),
    exact: calls.exact,
    float32: calls.float32,
    reliable: calls.reliable,
  }
  room = entered
  return entered
}

async function run({ way, perSecond, seconds, ticksPerSecond }: RpcCalls['run']['params']) {
  const send = senders![way]
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let sent = 0
  for (let tick = 1; tick <= seconds * ticksPerSecond; tick++) {
    const due = Math.round((perSecond * tick) / ticksPerSecond)
    for (; sent < due; sent++) send(sent + 0.123, sent * 0.7, (sent % 628) / 100)
    await wait(Math.max(0, startedAt + (tick * 1000) / ticksPerSecond - performance.now()))
  }
  const elapsedMs = performance.now() - startedAt
  await wait(STRAGGLERS_MS)
  return { sent, cpuMs: cpuMsSince(cpuBefore), elapsedMs }
}

const handlers: Handlers<RpcCalls> = {
  open: async ({ url }) => ({ room: (await enter(url)).code }),
  join: async ({ url, room: code }) => {
    const entered = await enter(url, code)
    if (entered.peers.length === 0) await new Promise<void>((resolve) => entered.once('peerConnected', () => resolve()))
    // The tables have crossed.
    await wait(STRAGGLERS_MS)
    return {}
  },
  run,
  count: async () => {
    counting = { received: 0, cpuBefore: process.cpuUsage() }
    return {}
  },
  counted: async () => ({ received: counting.received, cpuMs: cpuMsSince(counting.cpuBefore) }),
  sizes: async () => {
    const [peer] = room!.peers
    const sizes: Partial<Record<Way, number>> = {}
    for (const [way, send] of Object.entries(senders!)) {
      room!.tap(peer!, ({ direction, bytes }) => {
        if (direction === 'out') sizes[way as Way] = bytes
      })
      send(12.345, 678.9, 1.5707963)
      await wait(50)
    }
    room!.tap(peer!, undefined)
    return sizes as Record<Way, number>
  },
}

serveParent(handlers)
