// A peer whose machine changes its network, as from Wi-Fi to mobile: nobody is lost, and nothing that was sent reliably.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Laboratory } from './laboratory.ts'
import { whyNoLaboratory } from './namespaces.ts'

const reason = whyNoLaboratory()
if (reason) console.warn(`The NAT laboratory is skipped: ${reason}.`)

describe.skipIf(reason)('a machine that changes its network', () => {
  const laboratory = new Laboratory()
  beforeAll(() => laboratory.start(), 60_000)
  afterAll(() => laboratory.stop())

  it('keeps its connection to the other, whichever of the two it is', { timeout: 60_000 }, async () => {
    const moves = await Promise.all([laboratory.move(0), laboratory.move(1)])
    for (const { ms, tallies } of moves) {
      const [one, two] = tallies
      expect(one!.words).toEqual(['peerConnected', 'peerReconnecting', 'peerReconnected'])
      expect(two!.words).toEqual(['peerConnected', 'peerReconnecting', 'peerReconnected'])
      expect(one!.heard).toEqual(Array.from({ length: two!.sent }, (_, n) => n))
      expect(two!.heard).toEqual(Array.from({ length: one!.sent }, (_, n) => n))
      // A second of suspicion, two until signaling is known to be dead and stands again, and a dial.
      expect(ms).toBeLessThan(9_000)
    }
  })
})
