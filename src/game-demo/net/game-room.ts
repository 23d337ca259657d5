// What the game uses of a room.

import type { Room } from '../../index.ts'

export type GameRoom = Pick<
  Room,
  'id' | 'host' | 'peers' | 'players' | 'clock' | 'ticker' | 'rpcs' | 'setPresence' | 'on'
>
