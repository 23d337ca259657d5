// One pair of peers that play while the link between them lets nothing through for a while, or for ever but for connections
// that find their way anew.

import { setTimeout as sleep } from 'node:timers/promises'
import { TransferMode } from '../../src/index.ts'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { type Join, joinBoth } from './ends.ts'

export interface Blackout {
  /** What each side was told of the other after it was connected. */
  readonly log: readonly string[][]
  /** The numbers of the reliable packets that each received. */
  readonly reliable: readonly number[][]
  /** How many each side sent. */
  readonly sent: number
  /** How soon after the link was back each side received something, in ms (to 20 ms). */
  readonly backMs: readonly number[]
  /** Whether the connection in use is the one that the two began with. */
  readonly same: readonly boolean[]
}

const PERIOD_MS = 50
const BEFORE_MS = 500
const AFTER_MS = 5_000
/** A restart of ICE that is given up, and a dial after that. */
const AFTER_MOVE_MS = 9_000

export async function runBlackout(
  server: string,
  seed: number,
  joins: readonly [Join, Join],
  ms: number | 'moves',
): Promise<Blackout> {
  const link = new UdpLink({ seed, host: outerAddress(), conditions: { delayMs: 25 } })
  const service = await startLinkService(link)
  const ends = await joinBoth(server, service.url, joins)
  try {
    await sleep(BEFORE_MS)
    const away = ms === 'moves' ? 0 : ms
    const afterMs = ms === 'moves' ? AFTER_MOVE_MS : AFTER_MS
    const sent = Math.round((away + afterMs) / PERIOD_MS)
    const playing = Promise.all(
      ends.flatMap((end) => [
        end.send({ name: 'reliable', mode: TransferMode.Reliable, count: sent, periodMs: PERIOD_MS }),
        end.send({ name: 'state', mode: TransferMode.Unreliable, count: 3 * sent, periodMs: PERIOD_MS / 3 }),
      ]),
    )
    await sleep(BEFORE_MS)
    if (ms === 'moves') link.move()
    else link.set({ loss: 1 })
    await sleep(away)
    const arrived = () =>
      Promise.all(
        ends.map(async (end) => (await end.arrivals('reliable')).length + (await end.arrivals('state')).length),
      )
    const before = await arrived()
    link.set({ loss: 0 })
    const back = performance.now()
    const backMs = ends.map(() => Number.POSITIVE_INFINITY)
    while (performance.now() < back + afterMs && backMs.includes(Number.POSITIVE_INFINITY)) {
      await sleep(20)
      for (const [side, count] of (await arrived()).entries()) {
        if (count > before[side]!) backMs[side] = Math.min(backMs[side]!, performance.now() - back)
      }
    }
    await playing
    await sleep(1_000)
    return {
      log: await Promise.all(ends.map((end) => end.log())),
      reliable: await Promise.all(
        ends.map(async (end) => (await end.arrivals('reliable')).map(({ sequence }) => sequence)),
      ),
      sent,
      backMs,
      same: await Promise.all(ends.map((end) => end.hasFirstConnection())),
    }
  } finally {
    await Promise.all(ends.map((end) => end.leave()))
    service.close()
    link.close()
  }
}
