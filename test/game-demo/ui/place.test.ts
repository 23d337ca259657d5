import { describe, expect, it } from 'vitest'
import { type Place, roomInHash, roomInText, shareLink, signalingUrl } from '../../../src/game-demo/ui/place.ts'

const page: Place = {
  protocol: 'http:',
  host: 'localhost:8080',
  origin: 'http://localhost:8080',
  pathname: '/',
  search: '',
  hash: '',
}

describe('the address of the page', () => {
  it('says where signaling is: beside the page, or where it is told', () => {
    expect(signalingUrl(page)).toBe('ws://localhost:8080/signaling')
    expect(signalingUrl({ ...page, protocol: 'https:', host: 'play.example' })).toBe('wss://play.example/signaling')
    expect(signalingUrl({ ...page, search: '?signaling=wss://other.example/s' })).toBe('wss://other.example/s')
  })

  it('holds the room, and the link to share leads there', () => {
    const link = shareLink({ ...page, search: '?signaling=wss://other.example/s' }, 'A&B=C')
    expect(new URL(link).search).toBe('?signaling=wss://other.example/s')
    expect(roomInHash(new URL(link).hash)).toBe('A&B=C')
    expect(roomInText(link)).toBe('A&B=C')
  })

  it('takes a bare code, too, and nothing for nothing', () => {
    expect(roomInText(' ABCD ')).toBe('ABCD')
    expect(roomInText('  ')).toBeUndefined()
    expect(roomInHash('#room=')).toBeUndefined()
    expect(roomInHash('')).toBeUndefined()
  })
})
