// A line: two ends, each a process or a page of its own, and the link between them, which runs in this process. So a
// busy end slows neither the link nor the other end.

import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSignalingServer } from '../../server/index.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import { startLinkService } from '../../test/support/link-service.ts'
import { type Conditions, UdpLink } from '../../test/support/udp-link.ts'
import { Child } from './child.ts'
import type { Meeting } from './line.ts'
import type { LineCalls } from './line-calls.ts'
import { PageEnd } from './page-end.ts'
import { preciseSchedule } from './precise-schedule.ts'
import type { RawSignal } from './raw-connection.ts'
import type { Arrival, Plan, Received, Sent } from './traffic.ts'

/** What the ends of a line run, and what they need from outside. */
export interface Programs {
  readonly process: URL
  readonly page: URL
  /** For the page: where modules lie that are installed elsewhere. */
  readonly modules: Readonly<Record<string, string>>
  readonly serve: (link: UdpLink) => Promise<LineService>
}

export interface LineService extends Meeting {
  close(): Promise<void>
}

/** Skein and raw. */
const PROGRAMS: Programs = {
  process: new URL('./line-process.js', import.meta.url),
  page: new URL('./line-page.js', import.meta.url),
  modules: {},
  async serve(link) {
    const server = await createSignalingServer({ host: '127.0.0.1' })
    const service = await startLinkService(link)
    return {
      signaling: server.url,
      link: service.url,
      async close() {
        service.close()
        await server.close()
      },
    }
  },
}

/** Ids of the ends on the link, where no signaling server gives them. */
const DIALLER = 1
const LISTENER = 2

const LONGEST_CALL_MS = 10_000

export type Place = 'node' | 'chromium'

export interface LineOptions {
  readonly stack: string
  /** Where the end that sends runs, and where the one that receives. */
  readonly from?: Place
  readonly to?: Place
  readonly conditions: Partial<Conditions>
  readonly seed: number
  /** Default: those of Skein and raw. */
  readonly programs?: Programs
}

/** What a series brought. */
export interface Series {
  readonly sent: Sent
  readonly received: Received
  /** When the last byte of the transfer came. `undefined`: it did not, within the time. */
  readonly bulkDoneAt: number | undefined
}

type End = Child<LineCalls> | PageEnd

export class Line {
  readonly link: UdpLink
  readonly #dialler: End
  readonly #listener: End
  #series = 0

  private constructor(link: UdpLink, dialler: End, listener: End) {
    this.link = link
    this.#dialler = dialler
    this.#listener = listener
  }

  /** Makes a line, gives it to `action`, and ends everything however that goes. The dialling end sends. */
  static async with<T>(options: LineOptions, action: (line: Line) => Promise<T>): Promise<T> {
    const { stack, from = 'node', to = 'node', conditions, seed, programs = PROGRAMS } = options
    const link = new UdpLink({ seed, conditions, schedule: preciseSchedule() })
    const service = await programs.serve(link)
    const ends: End[] = []
    try {
      const dialler = await openEnd(from, programs)
      ends.push(dialler)
      const listener = await openEnd(to, programs)
      ends.push(listener)
      dialler.onSignal = through(link, DIALLER, LISTENER, (signal) => listener.signal(signal))
      listener.onSignal = through(link, LISTENER, DIALLER, (signal) => dialler.signal(signal))
      const meeting = { signaling: service.signaling, link: service.link }
      const { room } = await listener.call('listen', { stack, meeting })
      const connected = listener.call('connected', {})
      connected.catch(() => {})
      await dialler.call('dial', { stack, meeting, room })
      await connected
      return await action(new Line(link, dialler, listener))
    } finally {
      await Promise.all(ends.map((end) => end.stop()))
      await service.close()
      link.close()
    }
  }

  /** The streams of `plan` for `ms`, and no transfer. `graceMs` is what stragglers get. */
  async run(plan: Plan, ms: number, graceMs: number, meanwhile: () => Promise<void> = async () => {}): Promise<Series> {
    const series = await this.#begin()
    await this.#dialler.call('start', { series, plan })
    await Promise.all([wait(ms), meanwhile()])
    return this.#end(undefined, graceMs)
  }

  /** The streams of `plan` for as long as its transfer takes, `timeoutMs` at most. */
  async transfer(plan: Plan & { readonly bulkBytes: number }, timeoutMs: number, graceMs: number): Promise<Series> {
    const series = await this.#begin()
    const passedBefore = this.link.counters(DIALLER, LISTENER).bytesPassed
    await this.#dialler.call('start', { series, plan })
    // Asked again and again: a call to a page may not take long.
    let at: number | null = null
    for (let leftMs = timeoutMs; at === null && leftMs > 0; leftMs -= LONGEST_CALL_MS) {
      at = (await this.#listener.call('bulk', { bytes: plan.bulkBytes, timeoutMs: LONGEST_CALL_MS })).at
    }
    const passed = this.link.counters(DIALLER, LISTENER).bytesPassed - passedBefore
    if (at !== null && passed < plan.bulkBytes) {
      throw new Error(`The transfer found a way around the link, where ${passed} bytes passed of ${plan.bulkBytes}.`)
    }
    return this.#end(at ?? undefined, graceMs)
  }

  async #begin(): Promise<number> {
    for (const end of [this.#dialler, this.#listener]) if (end instanceof PageEnd) await end.setClock()
    this.#series += 1
    await this.#listener.call('begin', { series: this.#series })
    return this.#series
  }

  async #end(bulkDoneAt: number | undefined, graceMs: number): Promise<Series> {
    const sent = await this.#dialler.call('stop', {})
    await wait(graceMs)
    return { sent, received: await this.#listener.call('received', {}), bulkDoneAt }
  }
}

/** One-way times, ms, of the packets that were sent between two moments. */
export function latencies(arrivals: readonly Arrival[], from = 0, to = Number.POSITIVE_INFINITY): number[] {
  return arrivals.filter(([sentAt]) => sentAt >= from && sentAt < to).map(([sentAt, receivedAt]) => receivedAt - sentAt)
}

async function openEnd(place: Place, { process, page, modules }: Programs): Promise<End> {
  return place === 'node' ? new Child<LineCalls>(fileURLToPath(process)) : PageEnd.open(page, modules)
}

/** Carries raw signals through the link, in order. */
function through(link: UdpLink, from: number, to: number, deliver: (signal: unknown) => void) {
  let queue: Promise<unknown> = Promise.resolve()
  return (told: unknown): void => {
    const raw = told as RawSignal
    if (raw.call === undefined) {
      // A rival's, which asks for its rewriting itself.
      deliver(told)
      return
    }
    const { call } = raw
    const signal: Signal =
      raw.kind === 'description'
        ? { kind: 'description', attempt: call, type: raw.type, sdp: raw.sdp }
        : { kind: 'candidate', attempt: call, media: raw.mid, index: 0, name: raw.candidate }
    queue = queue.then(async () => {
      const linked = await link.rewrite(from, to, signal)
      if (linked?.kind === 'description') deliver({ call, kind: 'description', type: linked.type, sdp: linked.sdp })
      else if (linked?.kind === 'candidate')
        deliver({ call, kind: 'candidate', candidate: linked.name, mid: linked.media })
    })
    queue.catch((error) => console.error(`A signal could not be carried: ${error}`))
  }
}
