// What the two sides say about the bulk connection, where there is to be none and where one failed.

import { expect, it } from 'vitest'
import { BulkConnection } from '../../src/multiplayer/bulk-connection.ts'
import {
  BULK_PATIENCE_MS,
  BULK_REDIAL_MS,
  CONNECT_TIMEOUT_MS,
  MAX_BULK_ATTEMPTS,
} from '../../src/multiplayer/constants.ts'
import { VirtualClock } from '../../src/net/clock.ts'

function side(offers: boolean) {
  const said: unknown[] = []
  const nothing = () => {}
  const clock = new VirtualClock()
  const bulk = new BulkConnection({
    configuration: () => ({}),
    offers,
    clock,
    send: (payload) => said.push(JSON.parse(Buffer.from(payload).toString())),
    opened: nothing,
    packet: nothing,
    drained: nothing,
    closed: nothing,
  })
  const hear = (signal: object) => bulk.signal(Buffer.from(JSON.stringify(signal)))
  return { bulk, said, hear, clock }
}

/** Of any attempt: there is to be none. */
const NEVER = { kind: 'failed', attempt: MAX_BULK_ATTEMPTS - 1 }
const OFFER = { kind: 'description', type: 'offer', sdp: 'v=0\r\n' }

it.each([{ kind: 'wanted' }, OFFER])(
  'a side that has none says so to $kind, so that the other does not wait',
  (signal) => {
    const { bulk, said, hear } = side(signal.kind === 'wanted')
    bulk.close()
    hear(signal)
    expect(said).toEqual([NEVER])
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
  const { bulk, said, hear, clock } = side(false)
  expect(bulk.want()).toBe(true)
  expect(bulk.want()).toBe(true)
  expect(said).toEqual([{ kind: 'wanted' }])
  hear(NEVER)
  clock.advance(1_000_000)
  expect(bulk.want()).toBe(false)
  expect(said).toHaveLength(1)
})

it('is waited for only a short while: it may come to nothing', () => {
  const { bulk, said, clock } = side(false)
  bulk.want()
  clock.advance(BULK_PATIENCE_MS - 1)
  expect(bulk.want()).toBe(true)
  clock.advance(1)
  expect(bulk.want()).toBe(false)
  expect(bulk.state).toBe('dialling')
  expect(said).toHaveLength(1)
})

it('asks again after a failure, each time after twice as long, and nothing waits for it then', () => {
  const { bulk, said, hear, clock } = side(false)
  bulk.want()
  for (let attempt = 1; attempt < MAX_BULK_ATTEMPTS; attempt++) {
    hear({ kind: 'failed', attempt: attempt - 1 })
    clock.advance(BULK_REDIAL_MS * 2 ** (attempt - 1) - 1)
    expect(bulk.want()).toBe(false)
    expect(said).toHaveLength(attempt)
    clock.advance(1)
    expect(bulk.want()).toBe(false)
    expect(said.at(-1)).toEqual({ kind: 'wanted', attempt })
  }
  hear(NEVER)
  clock.advance(1_000_000)
  expect(bulk.want()).toBe(false)
  expect(said).toHaveLength(MAX_BULK_ATTEMPTS)
  expect(bulk.state).toBe('shared')
})

it('passes over what belongs to an attempt that is over, or was never begun', () => {
  const { bulk, hear, clock } = side(false)
  bulk.want()
  hear({ kind: 'failed' })
  clock.advance(BULK_REDIAL_MS)
  bulk.want()
  hear({ kind: 'failed' })
  hear(OFFER)
  hear({ ...OFFER, attempt: 2 })
  expect(bulk.state).toBe('dialling')
  hear({ kind: 'failed', attempt: 1 })
  expect(bulk.state).toBe('none')
})

it('is told to the other side when it takes too long, with its number', () => {
  const { bulk, said, clock } = side(false)
  bulk.want()
  clock.advance(CONNECT_TIMEOUT_MS)
  clock.advance(BULK_REDIAL_MS)
  bulk.want()
  clock.advance(CONNECT_TIMEOUT_MS)
  const attempt = 1
  expect(said).toEqual([
    { kind: 'wanted' },
    { kind: 'failed' },
    { kind: 'wanted', attempt },
    { kind: 'failed', attempt },
  ])
})

it('that was not begun cannot be lost: where a link moves to new connections no attempt is used up', () => {
  const { bulk, said } = side(false)
  for (let n = 0; n < MAX_BULK_ATTEMPTS; n++) bulk.lose()
  expect(said).toEqual([])
  expect(bulk.want()).toBe(true)
  expect(said).toEqual([{ kind: 'wanted' }])
})

it('is over for good when it carried nothing', () => {
  const { bulk, said } = side(false)
  bulk.want()
  bulk.giveUp()
  expect(said.at(-1)).toEqual(NEVER)
  expect(bulk.state).toBe('shared')
})

it('says once that it has none, however often it is asked: whoever asks need not read the answers', () => {
  const { bulk, said, hear } = side(true)
  bulk.close()
  for (let i = 0; i < 100; i++) hear(i % 2 === 0 ? { kind: 'wanted' } : OFFER)
  expect(said).toEqual([NEVER])
})
