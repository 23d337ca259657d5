// What the main process asks of the end of a line, in Node or in a page, and how it is answered.

import type { Handlers } from './child.ts'
import type { LineEnd, LineStack, Meeting } from './line.ts'
import { type Plan, type Received, type Sent, TrafficMeter, TrafficSource } from './traffic.ts'

type Nothing = Record<string, never>

export interface LineCalls {
  /** The end's own clock, in ms. */
  clock: { params: Nothing; result: { now: number } }
  /** What has to be added to it to get the machine's. */
  setClock: { params: { offsetMs: number }; result: Nothing }
  listen: { params: { stack: string; meeting: Meeting }; result: { room: string } }
  /** Resolves when the end that listens is connected. */
  connected: { params: Nothing; result: Nothing }
  dial: { params: { stack: string; meeting: Meeting; room: string }; result: Nothing }
  /** Gets ready to receive a series. */
  begin: { params: { series: number }; result: Nothing }
  start: { params: { series: number; plan: Plan }; result: Nothing }
  stop: { params: Nothing; result: Sent }
  /** When the last byte of a transfer came; `null`: not within the time. */
  bulk: { params: { bytes: number; timeoutMs: number }; result: { at: number | null } }
  received: { params: Nothing; result: Received }
  hangUp: { params: Nothing; result: Nothing }
}

/**
 * @param stackOf The stack of a name.
 * @param ownNow The end's own clock.
 */
export function lineHandlers(stackOf: (name: string) => Promise<LineStack>, ownNow: () => number): Handlers<LineCalls> {
  let offsetMs = 0
  let listening: Promise<LineEnd> | undefined
  let current: { readonly end: LineEnd; readonly meter: TrafficMeter } | undefined
  let source: TrafficSource | undefined
  const now = () => ownNow() + offsetMs
  const connected = (end: LineEnd) => {
    current = { end, meter: new TrafficMeter(end, now) }
    return {}
  }
  const line = () => {
    if (!current) throw new Error('Not connected yet.')
    return current
  }
  return {
    clock: async () => ({ now: ownNow() }),
    setClock: async (params) => {
      offsetMs = params.offsetMs
      return {}
    },
    listen: async ({ stack, meeting }) => {
      const { room, connected } = await (await stackOf(stack)).listen(meeting)
      connected.catch(() => {})
      listening = connected
      return { room }
    },
    connected: async () => connected(await listening!),
    dial: async ({ stack, meeting, room }) => connected(await (await stackOf(stack)).dial(meeting, room)),
    begin: async ({ series }) => {
      line().meter.begin(series)
      return {}
    },
    start: async ({ series, plan }) => {
      source = new TrafficSource(line().end, now, series)
      source.start(plan)
      return {}
    },
    stop: async () => source!.stop(),
    bulk: async ({ bytes, timeoutMs }) => ({ at: (await line().meter.bulk(bytes, timeoutMs)) ?? null }),
    received: async () => line().meter.received(),
    hangUp: async () => {
      await current?.end.close()
      current = undefined
      return {}
    },
  }
}
