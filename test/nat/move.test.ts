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
      for (const { words } of [one!, two!]) {
        const [met, ...rest] = words
        expect(met).toBe('peerConnected')
        // Now and then the first packets of the new connection are lost, and it is doubted for a moment once more.
        const rounds = rest.length / 2
        expect([1, 2]).toContain(rounds)
        expect(rest).toEqual(Array.from({ length: rounds }, () => ['peerReconnecting', 'peerReconnected']).flat())
      }
      expect(one!.heard).toEqual(Array.from({ length: two!.sent }, (_, n) => n))
      expect(two!.heard).toEqual(Array.from({ length: one!.sent }, (_, n) => n))
      // A second of suspicion, two until signaling is known to be dead and stands again, and a dial.
      expect(ms).toBeLessThan(9_000)
    }
  })
})
