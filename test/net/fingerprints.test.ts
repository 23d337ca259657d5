import { describe, expect, it } from 'vitest'
import { fingerprintsOf } from '../../src/net/fingerprints.ts'

describe('the fingerprints of a description', () => {
  it('are all that it has, of the session and of its media, each once', () => {
    const sdp = [
      'v=0',
      'a=fingerprint:SHA-256 ab:cd',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'a=fingerprint:sha-256 AB:CD',
      'a=fingerprint:sha-1 01:02 ',
      'a=setup:actpass',
      '',
    ]
    expect(fingerprintsOf(sdp.join('\r\n'))).toEqual(['sha-1 01:02', 'sha-256 AB:CD'])
    expect(fingerprintsOf(sdp.join('\n'))).toEqual(['sha-1 01:02', 'sha-256 AB:CD'])
    expect(fingerprintsOf('v=0\r\n')).toEqual([])
  })

  it('are none where there are too many to be true', () => {
    const lines = Array.from({ length: 200 }, (_, i) => `a=fingerprint:sha-256 ${i}`)
    expect(fingerprintsOf(lines.join('\r\n'))).toEqual([])
  })
})
