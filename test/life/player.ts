// A player in a process of its own, seen by the test: its events, and commands for it. The process is peer.js.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { track } from './children.ts'

/** The longest that anything here takes is 20 s. */
const PATIENCE_MS = 40_000

const PROGRAM = fileURLToPath(new URL('peer.js', import.meta.url))

export interface PlayerEvent {
  readonly event: string
  readonly details: readonly unknown[]
  /** Wall-clock time at the player. */
  readonly at: number
}

export interface Received {
  readonly packets: number
  /** Those that were sent reliably, and how many of them came out of order or twice. */
  readonly reliable: number
  readonly broken: number
  readonly longestGapMs: number
}

export interface PlayerState {
  readonly peers: readonly number[]
  /** How many reliable packets were sent to each peer. */
  readonly sent: Readonly<Record<number, number>>
  readonly received: Readonly<Record<number, Received>>
}

export class Player {
  readonly process: ChildProcess
  /** Everything that happened there, but what commands answered. */
  readonly events: PlayerEvent[] = []
  /** What it wrote: a warning or a crash. */
  output = ''
  id = 0
  code = ''
  readonly #waiting = new Set<() => void>()
  #answers: PlayerEvent[] = []
  #impatient = false

  private constructor(child: ChildProcess) {
    this.process = child
    child.once('exit', () => this.#wake())
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        this.output += String(data)
      })
    }
    child.on('message', (event: PlayerEvent) => {
      if (event.event.startsWith('done ')) this.#answers.push(event)
      else this.events.push(event)
      this.#wake()
    })
  }

  /** Starts one and waits until it is in the room. Without `room` it opens one. */
  static async join(signaling: string, room?: string, options: object = {}): Promise<Player> {
    const child = track(fork(PROGRAM, [JSON.stringify({ signaling, room, ...options })], { silent: true }))
    const player = new Player(child)
    const { details } = await player.next('joined')
    player.id = details[0] as number
    player.code = details[1] as string
    return player
  }

  /** `count` players in one room, all connected with each other. */
  static async mesh(signaling: string, count: number): Promise<Player[]> {
    const first = await Player.join(signaling)
    const rest = Array.from({ length: count - 1 }, () => Player.join(signaling, first.code))
    const players = [first, ...(await Promise.all(rest))]
    await Promise.all(players.flatMap((one) => players.map((two) => one === two || one.next('peerConnected', two.id))))
    return players
  }

  /** The first event of this name with these first details; waits for it. */
  async next(event: string, ...details: readonly unknown[]): Promise<PlayerEvent> {
    return this.#until(
      () => this.events.find((each) => each.event === event && details.every((value, i) => each.details[i] === value)),
      event,
    )
  }

  /** What happened from `since` on, as `name detail …`. */
  since(since: number): string[] {
    return this.events.filter(({ at }) => at >= since).map(({ event, details }) => [event, ...details].join(' '))
  }

  async state(): Promise<PlayerState> {
    return (await this.#command('state')) as PlayerState
  }

  async pause(): Promise<void> {
    await this.#command('pause')
  }

  /** Leaves the room. Resolves with the exit code, or the signal that ended it, when the process has ended by itself. */
  async leave(): Promise<number | string> {
    await this.#command('leave')
    return this.exit()
  }

  async exit(): Promise<number | string> {
    return this.#until(() => this.process.exitCode ?? this.process.signalCode ?? undefined, 'the end of its process')
  }

  get gone(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  async #command(name: string): Promise<unknown> {
    this.process.send(name)
    const answer = await this.#until(() => this.#answers.find(({ event }) => event === `done ${name}`), name)
    this.#answers = this.#answers.filter((each) => each !== answer)
    return answer.details[0]
  }

  async #until<T>(find: () => T | undefined, what: string): Promise<T> {
    const patience = setTimeout(() => {
      this.#impatient = true
      this.#wake()
    }, PATIENCE_MS)
    try {
      for (;;) {
        const found = find()
        if (found !== undefined) return found
        if (this.gone || this.#impatient) throw this.#failed(what)
        await new Promise<void>((resolve) => {
          this.#waiting.add(resolve)
        })
      }
    } finally {
      clearTimeout(patience)
    }
  }

  #failed(what: string): Error {
    const why = this.gone ? 'ended' : 'waited in vain'
    const events = this.events.map(({ event, details }) => [event, ...details].join(' '))
    return new Error(
      `Player ${this.id} ${why} before "${what}". It told: ${events.join(', ')}. It wrote: ${this.output}`,
    )
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
