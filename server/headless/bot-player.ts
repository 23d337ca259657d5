// A bot in a room, from Node: the same session and rules as in the page, without a screen.

import { createBot, think } from '../../src/game-demo/bot.ts'
import type { GameRoom } from '../../src/game-demo/net/game-room.ts'
import { GameSession } from '../../src/game-demo/net/session.ts'
import { botProfile, type Profile } from '../../src/game-demo/profile.ts'
import { ranking } from '../../src/game-demo/rules/arena.ts'
import { createRng } from '../../src/game-demo/rules/rng.ts'

/** A person needs a moment to read who is there. */
const GREETING_MS = 1_500
/** In a crowd that comes and goes, one greeting at a time is enough. */
const GREETING_GAP_MS = 15_000

export interface BotPlayer {
  readonly session: GameSession
  /** Stops playing. The room stays open: that is the caller's. */
  stop(): void
}

export interface BotPlayerOptions {
  /** Default: the room's id, so that a bot with the same place plays alike. */
  readonly seed?: number
  /** Whether it says hello to people who come. Default true. */
  readonly greets?: boolean
}

/** Who a bot is: to be told to the others when it joins. Default name: one from a list. */
export function newBotProfile(name?: string): Profile {
  return botProfile(createRng(crypto.getRandomValues(new Uint32Array(1))[0]!), name)
}

/** Lets a bot play in `room`, which was joined with this profile, until `stop`. */
export function startBotPlayer(room: GameRoom, profile: Profile, options: BotPlayerOptions = {}): BotPlayer {
  const { seed = room.id, greets = true } = options
  const memory = createBot(seed)
  /** What it is about to say, and when, in the room's time. */
  const pending: { readonly at: number; readonly text: string }[] = []
  const session: GameSession = new GameSession({
    room,
    profile,
    seed,
    control: () => {
      if (pending[0] && room.clock.now() >= pending[0].at) session.chat(pending.shift()!.text)
      return think(session.view(), memory)
    },
  })
  const sayLater = (text: string) => pending.push({ at: room.clock.now() + GREETING_MS, text })
  let lastGreeting = Number.NEGATIVE_INFINITY

  session.on((event) => {
    if (!greets) return
    if (event.type === 'named' && event.first && session.profileOf(event.id)?.bot === false) {
      if (room.clock.now() - lastGreeting < GREETING_GAP_MS) return
      lastGreeting = room.clock.now()
      sayLater(`Hello ${event.name}!`)
    }
    if (event.type === 'phase' && event.phase === 'board' && room.peers.length > 0) {
      const [best] = ranking(session.arena)
      if (best && best.points > 0) sayLater(best.id === session.id ? 'That was close!' : 'Well played.')
    }
  })

  return { session, stop: () => session.dispose() }
}
