// Figures of a peer with which nothing has been exchanged.

import type { PeerStats } from '../../../src/multiplayer/types.ts'

export const DEFAULT_STATS: PeerStats = {
  id: 1,
  state: 'connected',
  history: [],
  route: undefined,
  channels: [],
  roundTripTimeMs: undefined,
  roundTripVariationMs: undefined,
  lossIn: 0,
  lossOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  packetsIn: 0,
  packetsOut: 0,
  bufferedBytes: 0,
  queueMs: 0,
  via: undefined,
  bulkRoute: 'shared',
  capacityBytesPerSecond: undefined,
  dropped: 0,
  rejected: 0,
}
