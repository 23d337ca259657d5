import type { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'

/**
 * Carries descriptions and candidates between two connections, and makes the first one offer.
 * @param told What the other side hears of a session description. The same, by default.
 */
export function meet(
  one: WebRTCPeerConnection,
  other: WebRTCPeerConnection,
  told = (_from: WebRTCPeerConnection, sdp: string) => sdp,
): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('sessionDescriptionCreated', (type, sdp) => {
      from.setLocalDescription(type, sdp)
      to.setRemoteDescription(type, told(from, sdp))
    })
    from.on('iceCandidateCreated', (media, index, name) => to.addIceCandidate(media, index, name))
  }
  one.createOffer()
}
