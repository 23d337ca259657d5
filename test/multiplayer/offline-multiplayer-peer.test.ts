import { expect, it } from 'vitest'
import { OfflineMultiplayerPeer } from '../../src/multiplayer/offline-multiplayer-peer.ts'
import { ConnectionStatus, TransferMode } from '../../src/multiplayer/types.ts'
import { thrown } from '../support/net-errors.ts'
import { Witness } from '../support/peers.ts'

it('is a server that is connected, and alone', async () => {
  const peer = new OfflineMultiplayerPeer()
  const witness = new Witness(peer)
  expect([peer.uniqueId, peer.isServer, peer.connectionStatus]).toEqual([1, true, ConnectionStatus.Connected])
  expect(peer).toMatchObject({
    targetPeer: 0,
    transferMode: TransferMode.Reliable,
    transferChannel: 0,
    refuseNewConnections: false,
    availablePacketCount: 0,
  })
  expect(peer.putVar({ x: 1 })).toBe(true)
  expect(peer.putPacket(new Uint8Array(3))).toBe(true)
  peer.poll()
  peer.disconnectPeer()
  expect(thrown(() => peer.getPacket()).code).toBe('ERR_UNAVAILABLE')
  expect(thrown(() => peer.packetPeer).code).toBe('ERR_UNAVAILABLE')
  await peer.close()
  expect(witness.log).toEqual([])
})
