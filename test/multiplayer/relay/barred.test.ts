import { expect, it } from 'vitest'
import { Barred } from '../../../src/multiplayer/relay/barred.ts'
import { MAX_BARRED } from '../../../src/multiplayer/relay/constants.ts'

it('forgets a suspicion, and no proof, when there is a connection with the peer', () => {
  const barred = new Barred()
  barred.add(1, 7, 'suspected')
  barred.add(1, 8, 'proven')
  barred.add(1, 8, 'suspected')
  barred.add(2, 7, 'suspected')
  barred.connected(1)
  expect([barred.has(1, 7), barred.has(1, 8), barred.has(2, 7)]).toEqual([false, true, true])
})

it('remembers so many, the newest', () => {
  const barred = new Barred()
  for (let id = 0; id <= MAX_BARRED; id++) barred.add(id, 7, 'proven')
  expect([barred.has(0, 7), barred.has(1, 7), barred.has(MAX_BARRED, 7)]).toEqual([false, true, true])
})
