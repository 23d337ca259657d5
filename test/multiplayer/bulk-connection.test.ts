// What the two sides say about the bulk connection where there is to be none.

import { expect, it } from 'vitest'
import { BulkConnection } from '../../src/multiplayer/bulk-connection.ts'
import { VirtualClock } from '../../src/net/clock.ts'

function side(offers: boolean) {
  const said: unknown[] = []
  const nothing = () => {}
  const bulk = new BulkConnection({
    configuration: {},
    offers,
    clock: new VirtualClock(),
    send: (payload) => said.push(JSON.parse(Buffer.from(payload).toString())),
    opened: nothing,
    packet: nothing,
    drained: nothing,
    closed: nothing,
  })
  const hear = (signal: object) => bulk.signal(Buffer.from(JSON.stringify(signal)))
  return { bulk, said, hear }
}

const OFFER = { kind: 'description', type: 'offer', sdp: 'v=0\r\n' }

it.each([{ kind: 'wanted' }, OFFER])(
  'a side that has none says so to $kind, so that the other does not wait',
  (signal) => {
    const { bulk, said, hear } = side(signal.kind === 'wanted')
    bulk.close()
    hear(signal)
    expect(said).toEqual([{ kind: 'failed' }])
    expect(bulk.want()).toBe(false)
  },
)

it('does not answer a failure, nor what is left of an attempt', () => {
  const { bulk, said, hear } = side(false)
  bulk.close()
  hear({ kind: 'failed' })
  hear({ kind: 'candidate', media: '0', index: 0, name: 'candidate:1 1 UDP 1 192.0.2.1 9 typ host' })
  hear({ kind: 'description', type: 'answer', sdp: 'v=0\r\n' })
  expect(said).toEqual([])
})

it('stops waiting when the other side has none, and asks once', () => {
  const { bulk, said, hear } = side(false)
  expect(bulk.want()).toBe(true)
  expect(bulk.want()).toBe(true)
  expect(said).toEqual([{ kind: 'wanted' }])
  hear({ kind: 'failed' })
  expect(bulk.want()).toBe(false)
  expect(said).toHaveLength(1)
})

it('says once that it has none, however often it is asked: whoever asks need not read the answers', () => {
  const { bulk, said, hear } = side(true)
  bulk.close()
  for (let i = 0; i < 100; i++) hear(i % 2 === 0 ? { kind: 'wanted' } : OFFER)
  expect(said).toEqual([{ kind: 'failed' }])
})
