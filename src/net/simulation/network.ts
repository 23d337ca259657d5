// A network in memory, in virtual time: machines, the links between them, and a driver for connections over them.

import { type Clock, VirtualClock } from '../clock.ts'
import type { WebRTCDriver } from '../drivers/driver.ts'
import { createSimulatedDriver } from '../drivers/simulated.ts'
import { NetError } from '../errors.ts'
import { type Random, seededRandom } from '../random.ts'
import { MemorySignaling } from '../signaling/memory.ts'
import { type FullConditions, type LinkConditions, PERFECT, withConditions } from './conditions.ts'
import { BROWSER_MAX_BACK_OFF_MS, DEFAULT_SIGNALING_LATENCY_MS, MAX_TIMEOUTS, RTO_MAX_MS } from './constants.ts'
import type { Datagram } from './datagram.ts'
import { Link, LinkPair } from './link.ts'
import { type Address, Machine } from './machine.ts'
import { NO_TRAFFIC, Path, type PathStats } from './path.ts'
import { Runner, type UntilOptions } from './runner.ts'
import type { Persistence } from './sctp/types.ts'
import { Trace } from './trace.ts'

/** What `new SimulatedNetwork` takes. */
export interface SimulatedNetworkOptions extends LinkConditions {
  /** Equal seeds give equal runs. A whole number from 0 to 2^32 - 1. Default 1. */
  readonly seed?: number
  /** How long every message to or from signaling takes, in ms. It is never lost. Default 20. */
  readonly signalingLatencyMs?: number
  /**
   * Whose SCTP it is when nothing is acknowledged. `node` gives the connection up after 5 timeouts in a row, `browser`
   * never, and tries again every 3 s at least. Default `node`: what survives there survives everywhere.
   */
  readonly transport?: 'node' | 'browser'
}

const PERSISTENCE: Readonly<Record<'node' | 'browser', Persistence>> = {
  node: { maxTimeouts: MAX_TIMEOUTS, maxBackOffMs: RTO_MAX_MS },
  browser: { maxTimeouts: Number.POSITIVE_INFINITY, maxBackOffMs: BROWSER_MAX_BACK_OFF_MS },
}

/** What a peer on the network needs: spread it into the options of `joinRoom` or `hostRoom`. */
export interface PeerOptions {
  readonly signaling: MemorySignaling
  readonly driver: WebRTCDriver
  /** The machine's: its timers stop when it is frozen or killed. */
  readonly clock: Clock
  readonly random: Random
}

/** A network in memory and virtual time: `joinRoom({ ...network.peerOptions(name) })` puts a peer on it. */
export class SimulatedNetwork {
  readonly seed: number
  /** Virtual time. It moves in `run` and `until` only. */
  readonly clock = new VirtualClock()
  /** The one source of chance. */
  readonly random: Random
  /** One signaling service for all peers. */
  readonly signaling: MemorySignaling
  /** For connections made by hand: each is a machine of its own. Others come from `peerOptions`. */
  readonly driver: WebRTCDriver
  readonly #runner: Runner
  readonly #persistence: Persistence
  readonly #trace = new Trace()
  readonly #machines = new Map<string, Machine>()
  readonly #byHost = new Map<string, Machine>()
  /** Links in use, by sender and receiver. */
  readonly #links = new Map<Machine, Map<Machine, Link>>()
  #conditions: FullConditions
  #downUntil = 0
  #made = 0

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(options: SimulatedNetworkOptions = {}) {
    const { seed = 1, signalingLatencyMs = DEFAULT_SIGNALING_LATENCY_MS, transport = 'node', ...conditions } = options
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
      throw new NetError('ERR_INVALID_PARAMETER', `seed is a whole number from 0 to 4294967295, not ${seed}.`)
    }
    if (transport !== 'node' && transport !== 'browser') {
      throw new NetError('ERR_INVALID_PARAMETER', `transport is 'node' or 'browser', not '${transport}'.`)
    }
    this.#persistence = PERSISTENCE[transport]
    this.#conditions = withConditions(PERFECT, conditions)
    this.seed = seed
    this.random = seededRandom(seed)
    this.signaling = new MemorySignaling({ latencyMs: signalingLatencyMs })
    this.#runner = new Runner(this.clock, `seed ${seed}`)
    this.driver = this.#driver(() => this.#machine(this.#freeName()), this.clock)
  }

  /**
   * Options for one more peer, on a machine of its own: `joinRoom({ ...network.peerOptions('alice'), room })`.
   * The same name gives the same machine.
   */
  peerOptions(name: string = this.#freeName()): PeerOptions {
    const machine = this.#machine(name)
    return {
      signaling: this.signaling,
      driver: this.#driver(() => machine, machine.clock),
      clock: machine.clock,
      random: this.random,
    }
  }

  /** The conditions of all links that have none of their own. */
  get conditions(): FullConditions {
    return this.#conditions
  }

  /** Changes the conditions of all links that have none of their own. @throws {NetError} ERR_INVALID_PARAMETER */
  set(changes: LinkConditions): void {
    this.#conditions = withConditions(this.#conditions, changes)
    for (const link of this.#allLinks()) link.inherit(this.#conditions)
  }

  /** Everything on all links is lost for `ms`; what is under way still arrives. */
  interrupt(ms: number): void {
    if (!(ms >= 0)) throw new NetError('ERR_INVALID_PARAMETER', `An outage lasts a number of ms from 0, not ${ms}.`)
    this.#downUntil = this.clock.now() + ms
    for (const link of this.#allLinks()) link.interrupt(ms)
  }

  /** The two directions between two machines, whose conditions can be set and changed at any time. */
  between(a: string, b: string): LinkPair {
    if (a === b) throw new NetError('ERR_INVALID_PARAMETER', `"${a}" has no link to itself.`)
    const [one, other] = [this.#machine(a), this.#machine(b)]
    return new LinkPair(this.#link(one, other), this.#link(other, one))
  }

  /** Ends a machine at once, as `kill -9` or a flat battery does: nobody is told, none of its timers runs again. */
  kill(name: string): void {
    this.#known(name).kill()
  }

  /** Stops a machine, as SIGSTOP or a sleeping laptop does. What is sent to it waits in its socket, up to 208 KiB. */
  freeze(name: string): void {
    this.#known(name).freeze()
  }

  /** Lets a frozen machine go on. */
  thaw(name: string): void {
    this.#known(name).thaw()
  }

  /** Moves virtual time by `ms` and runs everything that falls due. @throws {NetError} ERR_INVALID_PARAMETER */
  run(ms: number): Promise<void> {
    return this.#runner.run(ms)
  }

  /**
   * Moves virtual time until a promise has settled, and gives its value; or until a condition is met.
   * @throws {NetError} ERR_TIMEOUT: not within `limitMs` of virtual time. What the promise rejects with.
   */
  until<T>(goal: Promise<T>, options?: UntilOptions): Promise<T>
  until(goal: () => boolean, options?: UntilOptions): Promise<void>
  until<T>(goal: Promise<T> | (() => boolean), options: UntilOptions = {}): Promise<T> {
    return this.#runner.until(goal, options)
  }

  /** A fingerprint of every datagram so far: when, from where to where, what, and what became of it. */
  get traceHash(): string {
    return this.#trace.hash
  }

  /** What happened to the datagrams of all links together. */
  get stats(): PathStats {
    const sum: { -readonly [Name in keyof PathStats]: number } = { ...NO_TRAFFIC }
    for (const { stats } of this.#allLinks()) {
      for (const name of Object.keys(sum) as (keyof PathStats)[]) sum[name] += stats[name]
    }
    return sum
  }

  #driver(machineFor: () => Machine, clock: Clock): WebRTCDriver {
    return createSimulatedDriver({ machineFor, clock, random: this.random, persistence: this.#persistence })
  }

  #machine(name: string): Machine {
    let machine = this.#machines.get(name)
    if (machine) return machine
    if (typeof name !== 'string' || name === '') {
      throw new NetError('ERR_INVALID_PARAMETER', 'A machine has a name: a string that is not empty.')
    }
    const number = ++this.#made
    const host = `10.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`
    machine = new Machine(name, host, this.clock, (from, to, datagram) => this.#transmit(from, to, datagram))
    this.#machines.set(name, machine)
    this.#byHost.set(host, machine)
    return machine
  }

  #known(name: string): Machine {
    const machine = this.#machines.get(name)
    if (!machine) throw new NetError('ERR_DOES_NOT_EXIST', `There is no machine "${name}".`)
    return machine
  }

  #freeName(): string {
    let number = this.#machines.size + 1
    while (this.#machines.has(`peer-${number}`)) number += 1
    return `peer-${number}`
  }

  #link(from: Machine, to: Machine): Link {
    let links = this.#links.get(from)
    if (!links) {
      links = new Map()
      this.#links.set(from, links)
    }
    let link = links.get(to)
    if (!link) {
      link = new Link(new Path(this.#conditions, this.random), this.clock)
      link.path.downUntil = this.#downUntil
      links.set(to, link)
    }
    return link
  }

  *#allLinks(): Generator<Link> {
    for (const links of this.#links.values()) yield* links.values()
  }

  #transmit(from: Machine, to: Address, datagram: Datagram): void {
    const machine = this.#byHost.get(to.host)
    if (!machine) return
    const now = this.clock.now()
    const arrivals = this.#link(from, machine).path.send(datagram.bytes, now)
    this.#note(from, to, datagram, now, arrivals)
    for (const arrival of arrivals) this.clock.setTimeout(() => machine.receive(to.port, datagram), arrival - now)
  }

  #note(from: Machine, to: Address, datagram: Datagram, now: number, arrivals: readonly number[]): void {
    const trace = this.#trace
    trace.number(now)
    trace.text(from.host)
    trace.text(to.host)
    trace.number(datagram.bytes)
    for (const arrival of arrivals) trace.number(arrival)
    if (datagram.type !== 'sctp') return
    for (const { tsn, message } of datagram.packet.chunks) {
      trace.number(tsn)
      const { payload } = message
      // With its first chunk, and not with every one of them.
      if (payload.type === 'data' && message.firstTsn === tsn) {
        if (typeof payload.data === 'string') trace.text(payload.data)
        else trace.bytes(payload.data)
      }
    }
  }
}
