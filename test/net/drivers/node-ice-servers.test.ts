import { describe, expect, it } from 'vitest'
import { toNativeIceServers } from '../../../src/net/drivers/node-ice-servers.ts'
import { thrown } from '../../support/net-errors.ts'

describe('ICE servers for the native library', () => {
  it('keep STUN and TURN over UDP, with default ports and credentials', () => {
    expect(
      toNativeIceServers({
        iceServers: [
          { urls: 'stun:stun.example' },
          { urls: ['stun:stun.example:5000', 'turn:turn.example?transport=udp'], username: 'u', credential: 'c@:/' },
          { urls: 'turn:[2001:db8::1]:3479' },
        ],
      }),
    ).toEqual([
      { hostname: 'stun.example', port: 3478 },
      { hostname: 'stun.example', port: 5000 },
      { hostname: 'turn.example', port: 3478, relayType: 'TurnUdp', username: 'u', password: 'c@:/' },
      { hostname: '2001:db8::1', port: 3479, relayType: 'TurnUdp' },
    ])
  })

  it('leave out what the library cannot use, which others may', () => {
    const urls = ['stuns:a.example', 'turns:b.example', 'turn:c.example?transport=tcp']
    expect(toNativeIceServers({ iceServers: [{ urls }] })).toEqual([])
    expect(toNativeIceServers({})).toEqual([])
  })

  it.each(['', 'stun', 'stun:', 'http://x', 'turn:host:port', 'turn:host?transport=sctp', 'stun:a b:c:d'])(
    'refuse "%s"',
    (urls) => {
      expect(thrown(() => toNativeIceServers({ iceServers: [{ urls }] })).message).toContain('Not a STUN or TURN URL')
    },
  )

  it('refuse relay-only without a relay that can be used', () => {
    const relayOnly = (urls: string) => ({ iceTransportPolicy: 'relay', iceServers: [{ urls }] }) as const
    expect(thrown(() => toNativeIceServers(relayOnly('turns:b.example'))).message).toContain('needs a TURN server')
    expect(toNativeIceServers(relayOnly('turn:b.example')).length).toBe(1)
  })
})
