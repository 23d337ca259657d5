// The program of a process with a hub: one end of many connections.

import { setTimeout as wait } from 'node:timers/promises'

import { serveParent, signalOther } from './child.ts'
import { cpuMsSince } from './cpu.ts'
import { FIRST_TICK, stateAt } from './endpoint.ts'
import { GarbageWatch } from './garbage.ts'
import { answerRawHub, dialRawHub, type Hub, hostSkeinHub, joinSkeinHub } from './hub.ts'
import type { HubCalls, Ticks } from './hub-calls.ts'
import { RawSide, type RawSignal } from './raw-connection.ts'

const STRAGGLERS_MS = 200

const raw = new RawSide(signalOther)
let hosting: Promise<Hub> | undefined
let hub: Hub | undefined
let counting = { received: 0, cpuBefore: process.cpuUsage() }
let watch = new GarbageWatch()

function current(): Hub {
  if (!hub) throw new Error('Not connected yet.')
  return hub
}

function use(made: Hub): Record<string, never> {
  hub = made
  made.onPacket = () => {
    counting.received += 1
  }
  return {}
}

async function tick({ hz, seconds, packets, bytes }: Ticks): Promise<HubCalls['tick']['result']> {
  const target = current()
  const payload = bytes === undefined ? undefined : new Uint8Array(bytes)
  const ticks = Math.round(hz * seconds)
  let encodings = 0
  const startAt = performance.now()
  for (let n = 0; n < ticks; n++) {
    await wait(Math.max(0, startAt + (n * 1000) / hz - performance.now()))
    for (let i = 0; i < packets; i++) {
      if (payload) target.sendBytes(payload)
      else {
        const state = stateAt(FIRST_TICK + n)
        target.send({
          ...state,
          // Read once each time that the packet is packed.
          get hp() {
            encodings += 1
            return state.hp
          },
        })
      }
    }
  }
  await wait(STRAGGLERS_MS)
  return { sent: ticks * packets, encodings }
}

serveParent<HubCalls>(
  {
    host: async ({ stack, url, count }) => {
      if (stack === 'raw') {
        hosting = Promise.resolve().then(() => dialRawHub(raw, count))
        return { room: '' }
      }
      const { room, connected } = await hostSkeinHub(url, count)
      hosting = connected
      return { room }
    },
    hosted: async () => use(await hosting!),
    join: async ({ stack, url, room, count }) =>
      use(stack === 'raw' ? await answerRawHub(raw, count) : await joinSkeinHub(url, room, count)),
    tick,
    count: async () => {
      counting = { received: 0, cpuBefore: process.cpuUsage() }
      return {}
    },
    counted: async () => ({ received: counting.received, cpuMs: cpuMsSince(counting.cpuBefore) }),
    watch: async () => {
      watch = new GarbageWatch()
      await watch.start()
      return {}
    },
    watched: () => watch.stop(),
  },
  (signal) => raw.receive(signal as RawSignal),
)
