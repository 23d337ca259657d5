// One pair of peers that play while the link between them lets nothing through for a while, or for ever but for connections
// that find their way anew.

import { setTimeout as sleep } from 'node:timers/promises'
import { TransferMode } from '../../src/index.ts'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { type Join, type JoinedEnd, joinBoth } from './ends.ts'

export interface Blackout {
  /** What each side was told of the other after it was connected. */
  readonly log: readonly string[][]
  /** The numbers of the reliable packets that each received. */
  readonly reliable: readonly number[][]
  /** How many each side sent. */
  readonly sent: number
  /** Whether the connection in use is the one that the two began with. */
  readonly same: readonly boolean[]
}

const PERIOD_MS = 50
const BEFORE_MS = 500
const AFTER_MS = 2_000
/** What would come twice has come by then. */
const SETTLE_MS = 500
/** How long it may take until both sides are there again or gone: only to say what each knew, where a test would be cut off. */
const PATIENCE_MS = 30_000
/**
 * So many times longer than usual a new network is looked for: where the machine is busy, a restart of ICE would be given up
 * before it is done, and its end is what is looked at here.
 */
const SLOWNESS = 3

export async function runBlackout(
  server: string,
  seed: number,
  joins: readonly [Join, Join],
  ms: number | 'moves',
): Promise<Blackout> {
  const link = new UdpLink({ seed, host: outerAddress(), conditions: { delayMs: 25 } })
  const service = await startLinkService(link)
  const ends = await joinBoth(server, service.url, joins, ms === 'moves' ? SLOWNESS : 1)
  try {
    await sleep(BEFORE_MS)
    const away = ms === 'moves' ? SLOWNESS * 1_000 : ms
    const sent = Math.round((BEFORE_MS + away + AFTER_MS) / PERIOD_MS)
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
    link.set({ loss: 0 })
    await playing
    const end = performance.now() + PATIENCE_MS
    while (!(await allSettled(ends, sent)) && performance.now() < end) await sleep(100)
    await sleep(SETTLE_MS)
    return {
      log: await Promise.all(ends.map((each) => each.log())),
      reliable: await Promise.all(
        ends.map(async (each) => (await each.arrivals('reliable')).map(({ sequence }) => sequence)),
      ),
      sent,
      same: await Promise.all(ends.map((each) => each.hasFirstConnection())),
    }
  } finally {
    await Promise.all(ends.map((each) => each.leave()))
    service.close()
    link.close()
  }
}

/** Whether each side has everything from the other, or has given it up. */
async function allSettled(ends: readonly JoinedEnd[], sent: number): Promise<boolean> {
  for (const end of ends) {
    const last = (await end.log()).at(-1)
    if (last === undefined || last === 'reconnecting') return false
    if (last === 'reconnected' && (await end.arrivals('reliable')).length < sent) return false
  }
  return true
}
