import { describe, expect, it } from 'vitest'
import { mayBeTried, toldCandidate, toldDescription, triedDescription } from '../../../src/net/drivers/relay-only.ts'

const HOST = 'candidate:1 1 UDP 2114977791 10.1.0.2 53517 typ host'
const REFLEXIVE = 'candidate:2 1 UDP 1678769919 198.51.100.7 53517 typ srflx raddr 10.1.0.2 rport 53517'
const RELAY = 'candidate:3 1 UDP 1048063 203.0.113.2 50061 typ relay raddr 198.51.100.7 rport 53517 generation 0'
const DESCRIPTION = [
  'v=0',
  'o=- 1 1 IN IP4 10.1.0.2',
  's=-',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP6 2001:db8::7',
  'a=ice-ufrag:host',
  `a=${HOST}`,
  `a=${RELAY}`,
  '',
].join('\r\n')

describe('with relay-only', () => {
  it('own candidates that are no relays are not told, and those that are name nothing else', () => {
    expect(toldCandidate(HOST)).toBeUndefined()
    expect(toldCandidate(REFLEXIVE)).toBeUndefined()
    expect(toldCandidate(RELAY)).toBe(
      'candidate:3 1 UDP 1048063 203.0.113.2 50061 typ relay raddr 0.0.0.0 rport 0 generation 0',
    )
    expect(toldCandidate('a=candidate:3 1 UDP 1 2001:db8::1 50061 typ relay raddr 2001:db8::7 rport 9')).toBe(
      'a=candidate:3 1 UDP 1 2001:db8::1 50061 typ relay raddr 0.0.0.0 rport 0',
    )
  })

  it('an own description keeps everything but addresses', () => {
    expect(toldDescription(DESCRIPTION).split('\r\n')).toEqual([
      'v=0',
      'o=- 1 1 IN IP4 0.0.0.0',
      's=-',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=ice-ufrag:host',
      'a=candidate:3 1 UDP 1048063 203.0.113.2 50061 typ relay raddr 0.0.0.0 rport 0 generation 0',
      '',
    ])
    const harmless = 'v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\nc=IN IP4 0.0.0.0\r\n'
    expect(toldDescription(harmless)).toBe(harmless)
  })

  it('only relays of the other side are tried', () => {
    expect([HOST, REFLEXIVE, RELAY].map(mayBeTried)).toEqual([false, false, true])
    expect(triedDescription(DESCRIPTION)).toBe(DESCRIPTION.replace(`a=${HOST}\r\n`, ''))
    // A name that only looks like one.
    expect(mayBeTried('candidate:1 1 UDP 1 10.1.0.2 1 typ host typ relay')).toBe(false)
  })
})
