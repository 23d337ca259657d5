// The vectors of link.json that tell of whole sessions, from the greeting to the goodbye, against the library.

import { describe, expect, it } from 'vitest'
import { type End, LinkPair, MemoryChannel } from '../support/link-pair.ts'
import { link } from './link-vectors.ts'
import { hexOf, spelled } from './notation.ts'

describe('a whole life', () => {
  const said = ({ channels: [reliable, unreliable] }: End) => ({
    reliable: reliable!.sent.map(hexOf),
    unreliable: unreliable!.sent.map(hexOf),
  })

  it('greeting, heartbeats, packets and their acknowledgements, goodbye and its answer', async () => {
    const pair = LinkPair.connected()
    const { a, b, clock } = pair
    a.send('A')
    a.queueUnreliable('B')
    a.sendUnreliable('C', { ordered: true })
    clock.advance(100)
    const left = a.link.goodbye(1)
    clock.advance(50)
    await left
    expect(b.texts.sort()).toEqual(['A', 'B', 'C'])
    expect(b.end).toBe('disconnected_by_remote')
    const { life } = link
    expect(said(a)).toEqual({ reliable: spelled(life.a.reliable), unreliable: spelled(life.a.unreliable) })
    expect(said(b)).toEqual({ reliable: spelled(life.b.reliable), unreliable: spelled(life.b.unreliable) })
  })

  // What is told of it on the unreliable channel follows from the pace, which is no part of the standard.
  it('a stream that gets a connection of its own, loses it, and ends with a goodbye', async () => {
    const pair = LinkPair.connected()
    const { a, b, clock } = pair
    let works = true
    const bulk = new MemoryChannel((message) => {
      if (works) clock.setTimeout(() => b.link.receiveBulk(message), 10)
    })
    const send = (text: string) => {
      a.send(text, 0, 2)
      clock.advance(100)
    }
    send('A')
    a.link.openBulk(bulk)
    send('B')
    works = false
    send('C')
    a.link.closeBulk()
    send('D')
    const left = a.link.goodbye(0)
    clock.advance(50)
    await left
    expect(b.texts).toEqual(['A', 'B', 'C', 'D'])
    expect(b.end).toBe('left')
    const { stream } = link
    expect(said(a).reliable).toEqual(spelled(stream.a.reliable))
    expect(bulk.sent.map(hexOf)).toEqual(spelled(stream.a.bulk))
    expect(said(b).reliable).toEqual(spelled(stream.b.reliable))
  })
})
