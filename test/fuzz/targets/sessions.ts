// Whole sessions: a server among hostile clients, a client of a hostile server, a tab among hostile tabs.

import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { BroadcastMessage } from '../../../src/net/signaling/broadcast-messages.ts'
import { unwrapBroadcast, wrapBroadcast } from '../../../src/net/signaling/broadcast-messages.ts'
import { BroadcastSession } from '../../../src/net/signaling/broadcast-session.ts'
import type { ClientMessage } from '../../../src/net/signaling/messages.ts'
import { readServerMessage } from '../../../src/net/signaling/server-messages.ts'
import type { SignalingEvent } from '../../../src/net/signaling/transport.ts'
import { WebSocketSession } from '../../../src/net/signaling/websocket-session.ts'
import { Conversation } from '../../vectors/conversation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { textCorpus } from '../support/corpus.ts'
import { changed, type Json, jsonOf } from '../support/json.ts'
import { clocked, must } from '../support/oracles.ts'
import { CLIENT_MESSAGES, PRESENCE, SERVER_MESSAGES, TAB_MESSAGES } from '../support/valid-messages.ts'

/** A message comes, or so many ms pass. */
type Step = { readonly comes: Json } | { readonly wait: number }

const show = (script: unknown) => JSON.stringify(script)

function stepOf(chance: Chance, valid: readonly Json[]): Step {
  if (chance.oneIn(5)) return { wait: chance.size(30_000) }
  return { comes: chance.oneIn(20) ? jsonOf(chance) : some(chance, valid) }
}

function some(chance: Chance, valid: readonly Json[]): Json {
  const message = chance.pick(valid)
  return chance.oneIn(3) ? changed(chance, message) : message
}

interface Line {
  readonly client: number
  /** The addressee, and the room, are put in when it is said: they are known only then. */
  readonly message: Json
}

export const serverTarget: Target<readonly Line[]> = {
  name: 'a signaling server',
  rounds: 900,
  corpus: [],
  make: (chance) => {
    const clients = chance.between(1, 5)
    return chance.list(1 + chance.size(40), () => ({
      client: chance.below(clients),
      message: some(chance, CLIENT_MESSAGES),
    }))
  },
  async run(script) {
    const conversation = new Conversation()
    const ids: number[] = []
    const closed = new Set<number>()
    let room = ''
    for (const { client, message } of script) {
      const says = JSON.stringify(addressed(message, room, ids[client % ids.length]))
      for (const line of (await conversation.say({ client, says })).slice(1)) {
        must(!closed.has(line.client), 'a client that was closed hears something')
        if ('closed' in line) closed.add(line.client)
        if (!('hears' in line)) continue
        const heard = readServerMessage(line.hears)
        if (heard.kind !== 'message') throw new Error(`the server says what no client understands: ${line.hears}`)
        if (heard.message.type !== 'joined') continue
        room = heard.message.room.code
        ids.push(heard.message.id)
      }
    }
    must(conversation.failures.length === 0, `the server failed: ${String(conversation.failures[0])}`)
    // Whoever was not there yet is served as ever.
    const [, answer] = await conversation.say({ client: 99, says: '{"type":"create","version":2,"topology":"mesh"}' })
    must(answer !== undefined && 'hears' in answer && answer.hears.includes('joined'), 'an honest client is not let in')
  },
  show,
}

function addressed(message: Json, room: string, id: number | undefined): Json {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message
  if (message.type === 'join' && message.room === 'K7M-3QX-WPD' && room !== '') return { ...message, room }
  return message.type === 'signal' && message.to === 5 && id !== undefined ? { ...message, to: id } : message
}

export const clientTarget: Target<readonly Step[]> = {
  name: 'a client of a signaling server',
  rounds: 3_000,
  corpus: [],
  make: (chance) => chance.list(1 + chance.size(60), () => stepOf(chance, SERVER_MESSAGES)),
  run(script) {
    const clock = new VirtualClock()
    const said: ClientMessage[] = []
    const joined = readServerMessage(JSON.stringify(SERVER_MESSAGES[0]))
    if (joined.kind !== 'message' || joined.message.type !== 'joined') throw new Error('no joined')
    let open = true
    const close = () => {
      open = false
    }
    const socket = { send: (message: ClientMessage) => void said.push(message), close }
    const session = new WebSocketSession(joined.message, socket, { clock, random: seededRandom(1) })
    const witness = new EventWitness(session.id)
    session.listen((event) => witness.note(event))
    for (const step of script) {
      if ('wait' in step) clocked(() => clock.advance(step.wait))
      else clocked(() => session.receive(readServerMessage(JSON.stringify(step.comes))))
      must(!witness.over || !open, 'the session is over and its socket open')
    }
    session.close()
    clock.advance(60_000)
    must(clock.pendingTimers === 0, 'a timer runs on')
  },
  show,
}

export const tabTarget: Target<readonly Step[]> = {
  name: 'a tab',
  rounds: 3_000,
  corpus: textCorpus('tabs').map((text) => [{ comes: JSON.parse(text) as Json }, { wait: 20_000 }]),
  make: (chance) => chance.list(1 + chance.size(60), () => stepOf(chance, TAB_MESSAGES)),
  run(script) {
    const clock = new VirtualClock()
    const posted: BroadcastMessage[] = []
    let open = true
    const close = () => {
      open = false
    }
    const link = {
      onMessage: undefined as ((message: BroadcastMessage | 'malformed') => void) | undefined,
      post: (message: BroadcastMessage) => void posted.push(message),
      close,
    }
    const record = {
      code: 'ROOM',
      topology: 'mesh',
      maxPeers: 16,
      sealed: false,
      host: 5,
      public: false,
      locked: false,
      whenHostLeaves: 'close',
      metadata: {},
      peers: [5, 9, 11],
      presence: { 5: PRESENCE, 9: PRESENCE, 11: PRESENCE },
      revision: 3,
    } as const
    const session = new BroadcastSession(9, record, link, clock)
    const witness = new EventWitness(session.id)
    session.listen((event) => witness.note(event))
    for (const step of script) {
      if ('wait' in step) clocked(() => clock.advance(step.wait))
      else {
        const message = clocked(() => unwrapBroadcast(step.comes))
        if (message !== 'foreign') clocked(() => link.onMessage?.(message))
      }
      must(posted.length < 400, 'it floods the channel')
      for (const message of posted.splice(0)) {
        must(
          typeof unwrapBroadcast(structuredClone(wrapBroadcast(message))) === 'object',
          `it posts ${JSON.stringify(message)}`,
        )
      }
    }
    session.close()
    clock.advance(60_000)
    must(!open && clock.pendingTimers === 0, 'a timer runs on')
  },
  show,
}

/** What a session tells must make sense, whatever it was told. */
class EventWitness {
  readonly #own: number
  readonly #present = new Set<number>()
  readonly #players = new Set<number>()
  #reports = 0
  over = false

  constructor(own: number) {
    this.#own = own
  }

  note(event: SignalingEvent): void {
    must(!this.over, 'something is told after the end')
    switch (event.type) {
      case 'peerJoined':
        must(event.id !== this.#own && !this.#present.has(event.id), `${event.id} joined twice, or is oneself`)
        must(!this.#players.has(event.id), `${event.id} is to be connected with, and is not`)
        this.#present.add(event.id)
        return
      case 'playerJoined':
        must(event.id !== this.#own && !this.#players.has(event.id), `player ${event.id} joined twice, or is oneself`)
        must(!this.#present.has(event.id), `player ${event.id} is connected with already`)
        this.#players.add(event.id)
        return
      case 'playerLeft':
        must(this.#players.delete(event.id), `player ${event.id} left and was not there`)
        return
      case 'presence':
        must(
          this.#players.has(event.id) || this.#present.has(event.id),
          `the presence of ${event.id}, who is not there`,
        )
        return
      case 'peerLeft':
        must(this.#present.delete(event.id), `${event.id} left and was not there`)
        return
      case 'signal':
        must(this.#present.has(event.from), `a signal of ${event.from}, who is not there`)
        return
      case 'error':
        this.#reports += 1
        must(event.error.message.length < 100_000 && this.#reports < 200, 'too many reports')
        return
      case 'closed':
        this.over = true
    }
  }
}
