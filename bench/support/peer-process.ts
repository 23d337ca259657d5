// The program of a peer process: one end of a connection, driven by the main process.

import { setTimeout as wait } from 'node:timers/promises'

import type { Calls, Stack } from './calls.ts'
import { type Handlers, serveParent, signalOther } from './child.ts'
import { cpuMsSince } from './cpu.ts'
import { type Dialled, type Endpoint, FIRST_TICK, stateAt } from './endpoint.ts'
import { RawSide, type RawSignal } from './raw-connection.ts'
import { answerRaw, dialRaw } from './raw-endpoint.ts'

/** How long the last packets of a series may take to come back. */
const STRAGGLERS_MS = 300
/** Bytes on our side above which a flood pauses: below where Skein would drop the oldest. */
const FLOOD_HIGH_WATER = 8_192
/** Packets between two looks at what is buffered. */
const FLOOD_BURST = 32

const raw = new RawSide(signalOther)
let listening: Promise<Endpoint> | undefined
let endpoint: Endpoint | undefined
let counting = { received: 0, cpuBefore: process.cpuUsage() }

function current(): Endpoint {
  if (!endpoint) throw new Error('Not connected yet.')
  return endpoint
}

// Loaded on use, so that a process of the raw side holds nothing of Skein.
async function skein(): Promise<typeof import('./skein-endpoint.ts')> {
  return import('./skein-endpoint.ts')
}

async function dial(stack: Stack, url: string, room: string): Promise<Dialled & { ms: number }> {
  const { dialSkein } = stack === 'skein' ? await skein() : { dialSkein: undefined }
  const startedAt = performance.now()
  const dialled = dialSkein ? await dialSkein(url, room) : await dialRaw(raw)
  return { ...dialled, ms: performance.now() - startedAt }
}

async function ping({ count, periodMs, startAt }: Calls['ping']['params']): Promise<Calls['ping']['result']> {
  const peer = current()
  const sentAt = new Float64Array(count)
  const roundTripsMs: number[] = []
  peer.onState = ({ tick }) => {
    const at = sentAt[tick - FIRST_TICK]
    if (at === undefined || at === 0) return
    roundTripsMs.push(performance.now() - at)
    sentAt[tick - FIRST_TICK] = 0
  }
  const start = startAt - performance.timeOrigin
  for (let n = 0; n < count; n++) {
    await wait(Math.max(0, start + n * periodMs - performance.now()))
    const state = stateAt(FIRST_TICK + n)
    sentAt[n] = performance.now()
    peer.send(state)
  }
  await wait(STRAGGLERS_MS)
  return { roundTripsMs, lost: count - roundTripsMs.length }
}

async function flood(ms: number): Promise<Calls['flood']['result']> {
  const peer = current()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let sent = 0
  while (performance.now() - startedAt < ms) {
    while (peer.buffered <= FLOOD_HIGH_WATER && performance.now() - startedAt < ms) {
      for (let i = 0; i < FLOOD_BURST; i++) peer.send(stateAt(FIRST_TICK + (sent++ & 0x7fff)))
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  const elapsedMs = performance.now() - startedAt
  await wait(STRAGGLERS_MS)
  return { sent, cpuMs: cpuMsSince(cpuBefore), elapsedMs }
}

const handlers: Handlers<Calls> = {
  listen: async ({ stack, url }) => {
    if (stack === 'raw') {
      listening = answerRaw(raw)
      return { room: '' }
    }
    const { code, connected } = await (await skein()).hostSkein(url)
    listening = connected
    return { room: code }
  },
  connected: async () => {
    endpoint = await listening
    return {}
  },
  dial: async ({ stack, url, room }) => {
    const dialled = await dial(stack, url, room)
    endpoint = dialled.endpoint
    return { ms: dialled.ms, redials: dialled.redials, steps: dialled.steps }
  },
  echo: async () => {
    const peer = current()
    peer.onState = (state) => peer.send(state)
    return {}
  },
  ping,
  flood: ({ ms }) => flood(ms),
  count: async () => {
    counting = { received: 0, cpuBefore: process.cpuUsage() }
    current().onState = () => {
      counting.received += 1
    }
    return {}
  },
  counted: async () => ({ received: counting.received, cpuMs: cpuMsSince(counting.cpuBefore) }),
  hangUp: async () => {
    await endpoint?.close()
    endpoint = undefined
    return {}
  },
}

serveParent(handlers, (signal) => raw.receive(signal as RawSignal))
