import { afterEach, describe, expect, it } from 'vitest'
import { MAX_SDP_LENGTH } from '../../src/net/constants.ts'
import { type ConnectionConfiguration, ConnectionState, SignalingState } from '../../src/net/drivers/driver.ts'
import type { NetError } from '../../src/net/errors.ts'
import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import { thrown } from '../support/net-errors.ts'
import { closeAll, LOOPBACK, newConnection, until } from '../support/peers.ts'
import { turn } from '../support/turn.ts'
import { CHAT, connected, next, someOffer } from './support.ts'

afterEach(closeAll)

describe('calls at the wrong time', () => {
  const wrong = (call: () => unknown) => thrown(call).code

  it('an offer without a channel, or a second one', () => {
    const connection = newConnection()
    expect(thrown(() => connection.createOffer()).message).toContain('create a data channel first')
    expect(connection.connectionState).toBe(ConnectionState.New)
    connection.createDataChannel('chat')
    connection.createOffer()
    expect(thrown(() => connection.createOffer()).message).toContain('already started')
  })

  it('a channel on a connection that has started', () => {
    const connection = newConnection()
    connection.createDataChannel('chat')
    connection.createOffer()
    expect(thrown(() => connection.createDataChannel('late')).message).toContain('create channels before createOffer')
  })

  it('a local description that was not created, that was of the other type, or twice', async () => {
    const connection = newConnection()
    connection.createDataChannel('chat')
    expect(wrong(() => connection.setLocalDescription('offer', 'v=0'))).toBe('ERR_UNCONFIGURED')
    const created = next<string>((resolve) => connection.on('sessionDescriptionCreated', (_type, sdp) => resolve(sdp)))
    connection.createOffer()
    const sdp = await created
    expect(thrown(() => connection.setLocalDescription('answer', sdp)).message).toContain('No answer was created')
    connection.setLocalDescription('offer', sdp)
    expect(wrong(() => connection.setLocalDescription('offer', sdp))).toBe('ERR_UNCONFIGURED')
  })

  it('an answer to no offer: new, offering, answering, answered', async () => {
    const { a, b } = await connected()
    const fresh = newConnection()
    const answer = (connection: WebRTCPeerConnection) =>
      wrong(() => connection.setRemoteDescription('answer', 'v=0\r\n'))
    expect(answer(fresh)).toBe('ERR_UNCONFIGURED')
    fresh.createDataChannel('chat')
    fresh.createOffer()
    expect(answer(fresh)).toBe('ERR_UNCONFIGURED')
    await next<void>((resolve) => fresh.on('sessionDescriptionCreated', () => resolve()))
    expect(answer(fresh)).toBe('ERR_UNCONFIGURED')
    const answering = newConnection()
    answering.setRemoteDescription('offer', await someOffer())
    expect(answer(answering)).toBe('ERR_UNCONFIGURED')
    expect([answer(a), answer(b)]).toEqual(['ERR_UNCONFIGURED', 'ERR_UNCONFIGURED'])
  })

  it('an offer on a connection that has started', async () => {
    const offer = await someOffer()
    const { a } = await connected()
    expect(wrong(() => a.setRemoteDescription('offer', offer))).toBe('ERR_UNCONFIGURED')
    const connecting = newConnection()
    connecting.setRemoteDescription('offer', offer)
    expect(wrong(() => connecting.setRemoteDescription('offer', offer))).toBe('ERR_UNCONFIGURED')
  })

  it('anything on a closed connection, until it is initialized again', async () => {
    const offer = await someOffer()
    const connection = newConnection()
    connection.close()
    connection.close()
    expect([connection.connectionState, connection.signalingState]).toEqual([
      ConnectionState.Closed,
      SignalingState.Closed,
    ])
    expect(wrong(() => connection.createDataChannel('x'))).toBe('ERR_UNCONFIGURED')
    expect(wrong(() => connection.createOffer())).toBe('ERR_UNCONFIGURED')
    expect(wrong(() => connection.setRemoteDescription('offer', offer))).toBe('ERR_UNCONFIGURED')
    expect(wrong(() => connection.setRemoteDescription('answer', offer))).toBe('ERR_UNCONFIGURED')
    expect(wrong(() => connection.setLocalDescription('offer', offer))).toBe('ERR_UNCONFIGURED')
    expect(wrong(() => connection.addIceCandidate('0', 0, 'x'))).toBe('ERR_UNCONFIGURED')
    expect(connection.restartIce()).toBe(false)
    expect(await connection.selectedRoute()).toBeUndefined()
    connection.initialize({ node: LOOPBACK })
    expect(connection.connectionState).toBe(ConnectionState.New)
    connection.createDataChannel('x')
  })
})

describe('arguments', () => {
  it('of channels: each rule says what is wrong', () => {
    const connection = newConnection()
    const refused = (options: object) => thrown(() => connection.createDataChannel('x', options))
    expect(refused({ negotiated: true }).message).toContain('needs an id')
    expect(refused({ id: 4 }).message).toContain('an id is only for negotiated channels')
    expect(refused({ maxRetransmits: 1, maxPacketLifeTime: 1 }).message).toContain('not both')
    for (const id of [-1, 1_024, 1.5, '4'])
      expect(refused({ negotiated: true, id }).message).toContain('id is a whole number')
    expect(refused({ maxRetransmits: 65_536 }).message).toContain('from 0 to 65535')
    expect(refused({ maxPacketLifeTime: -1 }).code).toBe('ERR_INVALID_PARAMETER')
    connection.createDataChannel('a', { negotiated: true, id: 1_023 })
    expect(thrown(() => connection.createDataChannel('b', { negotiated: true, id: 1_023 })).code).toBe(
      'ERR_ALREADY_IN_USE',
    )
  })

  it('of descriptions: the type, and what is no SDP at a glance, are refused at once', () => {
    const connection = newConnection()
    const refused = (type: string, sdp: unknown) =>
      thrown(() => connection.setRemoteDescription(type as 'offer', sdp as string)).code
    expect(refused('rollback', 'v=0')).toBe('ERR_INVALID_PARAMETER')
    for (const sdp of ['', 'v=1', ' v=0', 'v=0'.padEnd(MAX_SDP_LENGTH + 1, '\n'), 5, null, undefined]) {
      expect(refused('offer', sdp), String(sdp).slice(0, 80)).toBe('ERR_INVALID_DATA')
    }
    expect(connection.connectionState).toBe(ConnectionState.New)
  })

  it.each([
    'v=0',
    'v=0\r\n',
    'v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
    'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n',
    'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n',
    'v=0\r\nm=application x y z\r\na=mid:0\r\na=ice-ufrag:x\r\n',
    `v=0${'\0'.repeat(100)}`,
  ])('of descriptions: %j fails with a reason', async (sdp) => {
    const connection = newConnection()
    connection.createDataChannel('chat', CHAT)
    const errors: NetError[] = []
    connection.on('error', (error) => errors.push(error))
    connection.setRemoteDescription('offer', sdp)
    await until(() => connection.connectionState === ConnectionState.Failed)
    expect(errors).toMatchObject([{ name: 'NetError', code: 'ERR_INVALID_DATA' }])
  })

  it('of a good offer with one line broken: it is refused or fails, and nothing worse', async () => {
    const lines = (await someOffer()).split('\r\n')
    for (let broken = 1; broken < lines.length; broken++) {
      for (const instead of [[], ['a=nonsense:\0'], [lines[broken]!.slice(0, 4)], [lines[broken]!, lines[broken]!]]) {
        const connection = newConnection()
        connection.createDataChannel('chat', CHAT)
        try {
          connection.setRemoteDescription('offer', lines.toSpliced(broken, 1, ...instead).join('\r\n'))
        } catch (error) {
          expect(error).toMatchObject({ name: 'NetError', code: 'ERR_INVALID_DATA' })
        }
        connection.close()
      }
    }
    await turn()
  })

  it('of the configuration: each says what cannot be used', () => {
    const refused = (configuration: object) =>
      thrown(() => new WebRTCPeerConnection().initialize(configuration as ConnectionConfiguration))
    expect(refused({ iceServers: [{ urls: 'http://example.org' }] }).message).toContain('Not a STUN or TURN URL')
    expect(refused({ iceServers: [{ urls: ['stun:fine.example', 'turn'] }] }).code).toBe('ERR_INVALID_PARAMETER')
    expect(refused({ iceTransportPolicy: 'relay' }).message).toContain('needs a TURN server')
  })
})
