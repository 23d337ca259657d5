// How soon a game goes on when its network was away for 2 s: the first packet after the link is back, beside a connection
// that somebody dials anew at that very moment, who neither suspects nor waits.

import { setTimeout as sleep } from 'node:timers/promises'
import { joinRoom, type Room, TransferMode } from '../src/index.ts'
import type { WebRTCDriver } from '../src/net/drivers/driver.ts'
import { WebRTCPeerConnection } from '../src/net/index.ts'
import { nodeDriver } from '../src/node.ts'
import { MemorySignaling } from '../src/testing.ts'
import { startLinkService } from '../test/support/link-service.ts'
import { linkedDriver } from '../test/support/linked-driver.ts'
import { UdpLink } from '../test/support/udp-link.ts'
import type { Figure, Outcome, Settings } from './support/figure.ts'
import { summarize } from './support/statistics.ts'

const AWAY_MS = 2_000
const TARGET_MS = 500
const DELAY_MS = 25
const TICK_MS = 16
/** A state with each tick, and something reliable with every sixth. */
const STATE = new Uint8Array(64)
const RELIABLE_EVERY = 6
/** Before the break, so that the path is known; chance decides where in SCTP's life it falls. */
const PLAY_MS = 1_500
const PLAY_SPREAD_MS = 700
const PATIENCE_MS = 8_000
/** Pairs that are measured side by side: most of their time they wait. */
const AT_ONCE = 5

interface Run {
  /** Until both sides had something from the other. */
  readonly skeinMs: number
  readonly redialMs: number
  /** Reliable packets that were missing, or came twice or out of order, in the end. */
  readonly broken: number
}

export async function reconnect({ quick }: Settings): Promise<Outcome> {
  const count = quick ? 10 : 50
  const runs: Run[] = []
  while (runs.length < count) {
    runs.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => measure(runs.length + i)))))
  }
  const skein = summarize(runs.map(({ skeinMs }) => skeinMs))
  const redial = summarize(runs.map(({ redialMs }) => redialMs))
  const broken = runs.reduce((sum, run) => sum + run.broken, 0)
  const row = (name: string, which: 'median' | 'p95' | 'max', promised: boolean): Figure => ({
    name,
    unit: 'ms',
    raw: redial[which],
    skein: skein[which],
    ratio: skein[which] / redial[which],
    target: promised ? `≤ ${TARGET_MS} ms` : undefined,
    reached: promised ? skein[which] <= TARGET_MS : undefined,
  })
  return {
    name: 'reconnect',
    conditions:
      `${runs.length} breaks of ${AWAY_MS / 1000} s, ${AT_ONCE} pairs side by side in this process; a link of ${DELAY_MS} ms one way; ` +
      `${STATE.length} bytes unreliably each ${TICK_MS} ms and a number reliably each ${TICK_MS * RELIABLE_EVERY} ms, both ways. ` +
      'Raw: a new connection that is dialled the moment the link is back, until a packet came each way',
    figures: [
      row('first packet after 2 s without a network, median', 'median', false),
      row('the same, p95', 'p95', true),
      row('the same, slowest', 'max', false),
      {
        name: 'reliable packets lost, doubled or out of order',
        unit: '',
        raw: undefined,
        skein: broken,
        ratio: undefined,
        target: '0',
        reached: broken === 0,
      },
    ],
    remarks: [],
    details: { runs },
  }
}

async function measure(seed: number): Promise<Run> {
  const link = new UdpLink({ seed, conditions: { delayMs: DELAY_MS } })
  const service = await startLinkService(link)
  const drivers = ([1, 2] as const).map((side) => linkedDriver(nodeDriver, service.url, side))
  try {
    const signaling = new MemorySignaling({ latencyMs: DELAY_MS })
    const node = { bindAddress: '127.0.0.1' }
    const one = await joinRoom({ signaling, driver: drivers[0]!, node })
    const two = await joinRoom({ signaling, driver: drivers[1]!, node, room: one.code })
    const game = new Game([one, two])
    await game.met
    await sleep(PLAY_MS + ((seed * 137) % PLAY_SPREAD_MS))
    link.set({ loss: 1 })
    await sleep(AWAY_MS)
    link.set({ loss: 0 })
    const [skeinMs, redialMs] = await Promise.all([game.firstOfBoth(), redialled(drivers, node)])
    const broken = await game.end()
    await Promise.all([one.leave(), two.leave()])
    return { skeinMs, redialMs, broken }
  } finally {
    service.close()
    link.close()
  }
}

/** Two rooms that play. */
class Game {
  readonly met: Promise<unknown>
  readonly #rooms: readonly Room[]
  readonly #sent = [0, 0]
  readonly #heard: number[][] = [[], []]
  readonly #onPacket = new Set<(side: number) => void>()
  readonly #timer: ReturnType<typeof setInterval>

  constructor(rooms: readonly Room[]) {
    this.#rooms = rooms
    this.met = Promise.all(
      rooms.map((room) =>
        room.peers.length > 0 ? undefined : new Promise<number>((done) => room.once('peerConnected', done)),
      ),
    )
    for (const [side, room] of rooms.entries()) {
      room.on('packet', (value, _from, mode) => {
        if (mode === TransferMode.Reliable) this.#heard[side]!.push(value as number)
        for (const tell of this.#onPacket) tell(side)
      })
    }
    let tick = 0
    this.#timer = setInterval(() => {
      tick += 1
      for (const [side, room] of rooms.entries()) {
        if (room.peers.length === 0) continue
        room.sendBytes(STATE, { mode: TransferMode.Unreliable })
        if (tick % RELIABLE_EVERY === 0) room.send(this.#sent[side]!++)
      }
    }, TICK_MS)
  }

  /** In ms from now; infinity: not in time. */
  firstOfBoth(): Promise<number> {
    const start = performance.now()
    const missing = new Set([0, 1])
    return new Promise((resolve) => {
      const stop = setTimeout(() => resolve(Number.POSITIVE_INFINITY), PATIENCE_MS)
      this.#onPacket.add((side) => {
        if (!missing.delete(side) || missing.size > 0) return
        clearTimeout(stop)
        resolve(performance.now() - start)
      })
    })
  }

  /** How many reliable packets did not come as they should. */
  async end(): Promise<number> {
    clearInterval(this.#timer)
    await sleep(2_000)
    return this.#rooms.reduce((sum, _, side) => {
      const heard = this.#heard[side]!
      const sent = this.#sent[1 - side]!
      return sum + Math.abs(sent - heard.length) + heard.filter((number, place) => number !== place).length
    }, 0)
  }
}

/** How long a connection takes that is dialled now, until a packet came each way, in ms. */
async function redialled(drivers: readonly WebRTCDriver[], node: { bindAddress: string }): Promise<number> {
  const start = performance.now()
  const ends = drivers.map((driver) => {
    const connection = new WebRTCPeerConnection()
    connection.initialize({ driver, node })
    return connection
  })
  const [offerer, answerer] = ends as [WebRTCPeerConnection, WebRTCPeerConnection]
  const heard = ends.map((connection, index) => {
    const other = ends[1 - index]!
    const later = (call: () => void) => void sleep(DELAY_MS).then(call)
    connection.on('sessionDescriptionCreated', (type, sdp) => {
      connection.setLocalDescription(type, sdp)
      later(() => other.setRemoteDescription(type, sdp))
    })
    connection.on('iceCandidateCreated', (...candidate) => later(() => other.addIceCandidate(...candidate)))
    const channel = connection.createDataChannel('unreliable', {
      negotiated: true,
      id: 1,
      ordered: false,
      maxRetransmits: 0,
    })
    return new Promise((resolve) => {
      channel.on('packet', resolve)
      channel.on('open', () => {
        const timer = setInterval(() => {
          if (channel.readyState === 1) channel.putPacket(STATE)
          else clearInterval(timer)
        }, TICK_MS)
      })
    })
  })
  offerer.createOffer()
  await Promise.race([Promise.all(heard), sleep(PATIENCE_MS)])
  const ms = performance.now() - start
  offerer.close()
  answerer.close()
  return ms
}
