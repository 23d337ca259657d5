// A bot in a room, from Node: the same session and rules as in the page, with a timer instead of a screen.

import { createBot, think } from '../../src/game-demo/bot.ts'
import { type GameRoom, GameSession } from '../../src/game-demo/net/session.ts'
import { botProfile } from '../../src/game-demo/profile.ts'
import { ranking } from '../../src/game-demo/rules/arena.ts'
import { createRng } from '../../src/game-demo/rules/rng.ts'

/** A little faster than the simulation, which takes its steps from the clock: late timers do not slow it down. */
const TICK_MS = 15
/** A person needs a moment to read who is there. */
const GREETING_MS = 1_500
/** In a crowd that comes and goes, one greeting at a time is enough. */
const GREETING_GAP_MS = 15_000

export interface BotPlayer {
  readonly session: GameSession
  readonly name: string
  /** Stops playing. The room stays open: that is the caller's. */
  stop(): void
}

export interface BotPlayerOptions {
  /** Default: one from a list. */
  readonly name?: string | undefined
  /** Default: the room's id, so that a bot with the same place plays alike. */
  readonly seed?: number
  /** Whether it says hello to people who come. Default true. */
  readonly greets?: boolean
}

/** Lets a bot play in `room` until `stop`. */
export function startBotPlayer(room: GameRoom, options: BotPlayerOptions = {}): BotPlayer {
  const { seed = room.id, greets = true } = options
  const profile = botProfile(createRng(seed), options.name)
  const memory = createBot(seed)
  const session = new GameSession({ room, profile, seed, control: () => think(session.view(), memory) })
  const timer = setInterval(() => session.update(), TICK_MS)
  const pending = new Set<NodeJS.Timeout>()
  let lastGreeting = Number.NEGATIVE_INFINITY

  const sayLater = (text: string) => {
    const delay = setTimeout(() => {
      pending.delete(delay)
      session.chat(text)
    }, GREETING_MS)
    pending.add(delay)
  }

  session.on((event) => {
    if (!greets) return
    if (event.type === 'named' && event.first && session.profileOf(event.id)?.bot === false) {
      if (performance.now() - lastGreeting < GREETING_GAP_MS) return
      lastGreeting = performance.now()
      sayLater(`Hello ${event.name}!`)
    }
    if (event.type === 'phase' && event.phase === 'board' && room.peers.length > 0) {
      const [best] = ranking(session.arena)
      if (best && best.points > 0) sayLater(best.id === session.id ? 'That was close!' : 'Well played.')
    }
  })

  return {
    session,
    name: profile.name,
    stop: () => {
      clearInterval(timer)
      for (const delay of pending) clearTimeout(delay)
      session.dispose()
    },
  }
}
