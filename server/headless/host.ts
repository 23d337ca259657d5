// The public arena: a room that a Node process keeps open, plays in, and referees. It goes on when everybody leaves.

import '../../src/node.ts'
import { presenceOf } from '../../src/game-demo/profile.ts'
import { hostRoom, type JoinRoomOptions, joinRoom, type NetError, type Room } from '../../src/index.ts'
import { type BotPlayer, newBotProfile, startBotPlayer } from './bot-player.ts'

/** A mesh: every player sends to every other one, so more than these would fill a home's upload line. */
const MAX_PEERS = 16

export interface ArenaOptions {
  /** The signaling server's URL, or another SignalingTransport. */
  readonly signaling: JoinRoomOptions['signaling']
  /** The host bot's name. */
  readonly name?: string
  /** How many bots play, the host included, 1 to 8. Each beyond the first is a peer of its own. Default 1. */
  readonly bots?: number
  /** Shown to the signaling server, where it asks for one. */
  readonly token?: string
  /**
   * Nobody can come any more: the room ended by itself, or signaling is lost (then those who are here play on until
   * `stop`). Called once at most, and not after `stop`.
   */
  readonly onEnded?: (error: NetError | undefined) => void
}

export interface HeadlessArena {
  /** What players join with. */
  readonly code: string
  readonly room: Room
  readonly host: BotPlayer
  /** Says goodbye and closes everything. */
  stop(): Promise<void>
}

/**
 * Opens the public room and plays in it.
 * @throws {NetError} whatever keeps the room from being opened or a bot from joining.
 */
export async function startArena(options: ArenaOptions): Promise<HeadlessArena> {
  const { signaling, name, bots = 1, token, onEnded } = options
  const common = { signaling, ...(token === undefined ? {} : { token }) }
  const profile = newBotProfile(name)
  const room = await hostRoom({ ...common, topology: 'mesh', maxPeers: MAX_PEERS, presence: presenceOf(profile) })
  const host = startBotPlayer(room, profile)
  const guests: { readonly room: Room; readonly player: BotPlayer }[] = []
  let stopped = false
  let ended = false

  const stop = async () => {
    stopped = true
    for (const { player } of guests) player.stop()
    host.stop()
    // Guests first: their goodbye should still find somebody.
    await Promise.all(guests.map((guest) => guest.room.leave()))
    await room.leave()
  }

  const end = (error: NetError | undefined) => {
    if (stopped || ended) return
    ended = true
    onEnded?.(error)
  }
  room.on('signalingLost', end)
  room.on('closed', (error) => {
    end(error)
    if (!stopped) void stop()
  })

  try {
    for (let count = 1; count < Math.min(8, bots); count++) {
      const profile = newBotProfile()
      const guest = await joinRoom({ ...common, room: room.code, presence: presenceOf(profile) })
      guests.push({ room: guest, player: startBotPlayer(guest, profile, { greets: false }) })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { code: room.code, room, host, stop }
}
