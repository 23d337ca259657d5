// One run of a transfer beside a game's packets, on a fresh line: first the packets alone, then with the transfer.

import { Line, latencies, type Place, type Programs, type Series } from './line-pair.ts'
import { type Summary, summarize } from './statistics.ts'
import type { Plan } from './traffic.ts'

/** Bits a second of the link, both ways. */
export const RATE = 20e6
const LINK = { rate: RATE, delayMs: 25, queueBytes: 100_000 }
const PACKETS: Plan = { state: { hz: 60, bytes: 64 }, gameplay: { hz: 20, bytes: 100 } }
const BULK_BYTES = 8 * 1024 * 1024
const QUICK_LOSSY_BULK_BYTES = 1024 * 1024
const TRANSFER_TIMEOUT_MS = 180_000
/** For what is under way when a series ends. */
const GRACE_MS = 1_000

export interface TransferRunOptions {
  readonly stack: string
  readonly from: Place
  readonly to: Place
  readonly loss: number
  readonly seed: number
  readonly quick: boolean
  readonly programs?: Programs
  /** After which a transfer is given up. Default: three minutes; at 2 % loss raw takes about 40 s. */
  readonly timeoutMs?: number
}

export interface TransferRun {
  /** What idle is taken to be: the lower p95 of this run and of the other stack's beside it. See `shareIdle`. */
  readonly idleStateP95: number
  readonly idleGameplayP95: number
  readonly idleState: Summary
  readonly idleGameplay: Summary
  readonly idleDeliveredPercent: number
  readonly state: Summary
  readonly gameplay: Summary
  /** Of the states that were sent during the transfer. */
  readonly deliveredPercent: number
  readonly seconds: number
  /** What arrived of the transfer, in shares of the link's rate. Frames and headers do not count. */
  readonly linkPercent: number
  readonly summary: string
}

export function measureTransfer(options: TransferRunOptions): Promise<TransferRun> {
  const { loss, quick, timeoutMs = TRANSFER_TIMEOUT_MS } = options
  return Line.with({ ...options, conditions: { ...LINK, loss } }, async (line) => {
    const bulkBytes = quick && loss > 0 ? QUICK_LOSSY_BULK_BYTES : BULK_BYTES
    await line.run(PACKETS, quick ? 500 : 1_500, 100)
    const idle = await line.run(PACKETS, quick ? 2_000 : 6_000, GRACE_MS)
    const busy = await line.transfer({ ...PACKETS, bulkBytes }, timeoutMs, GRACE_MS)
    return evaluate(idle, busy, bulkBytes, timeoutMs)
  })
}

/** Both runs compare with the quieter idle of the two: a restless one makes no target easier. */
export function shareIdle(one: TransferRun, other: TransferRun): [TransferRun, TransferRun] {
  const idle = {
    idleStateP95: Math.min(one.idleState.p95, other.idleState.p95),
    idleGameplayP95: Math.min(one.idleGameplay.p95, other.idleGameplay.p95),
  }
  return [
    { ...one, ...idle },
    { ...other, ...idle },
  ]
}

function evaluate(idle: Series, busy: Series, bulkBytes: number, timeoutMs: number): TransferRun {
  const from = busy.sent.bulkAt!
  const to = busy.bulkDoneAt ?? from + timeoutMs
  const states = latencies(busy.received.states, from, to)
  const sent = busy.sent.states.filter((at) => at >= from && at < to).length
  const seconds = (to - from) / 1000
  const arrived = busy.bulkDoneAt === undefined ? busy.received.bulkBytes : bulkBytes
  const idleState = summarize(latencies(idle.received.states))
  const idleGameplay = summarize(latencies(idle.received.gameplay))
  const run = {
    idleState,
    idleGameplay,
    idleStateP95: idleState.p95,
    idleGameplayP95: idleGameplay.p95,
    idleDeliveredPercent: (idle.received.states.length / idle.sent.states.length) * 100,
    state: summarize(states),
    gameplay: summarize(latencies(busy.received.gameplay, from, to)),
    deliveredPercent: (states.length / sent) * 100,
    seconds,
    linkPercent: ((arrived * 8) / seconds / RATE) * 100,
  }
  const ms = ({ median, p95, max }: Summary) => `${median.toFixed(1)} / ${p95.toFixed(1)} / ${max.toFixed(1)} ms`
  return {
    ...run,
    summary:
      `idle p50 / p95 / max ${ms(run.idleState)}, reliable ${ms(run.idleGameplay)}, delivered ` +
      `${run.idleDeliveredPercent.toFixed(1)} %; with the transfer ${ms(run.state)}, ` +
      `reliable ${ms(run.gameplay)}; delivered ${states.length} of ${sent}; ` +
      `${(arrived / 2 ** 20).toFixed(1)} MiB in ${seconds.toFixed(1)} s` +
      (busy.bulkDoneAt === undefined ? ', NOT DONE' : ''),
  }
}
