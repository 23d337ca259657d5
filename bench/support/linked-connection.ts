// An RTCPeerConnection that takes the ways through the link for those to the other end.

import { LinkClient, type Side } from '../../test/support/link-client.ts'

/**
 * @param service The URL of link-service.ts.
 * @param extra Added to each configuration.
 */
export function linkedConnection(
  Base: typeof RTCPeerConnection,
  service: string,
  side: Side,
  extra: object = {},
): typeof RTCPeerConnection {
  return class LinkedConnection extends Base {
    readonly #link = new LinkClient(service, side)

    constructor(configuration: RTCConfiguration = {}) {
      super({ ...configuration, iceServers: [], ...extra })
    }

    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      return this.#link.next(async () => {
        const { type, sdp = '' } = description
        if (type !== 'offer' && type !== 'answer') return super.setRemoteDescription(description)
        this.#link.offer(type === 'offer' ? sdp : (this.localDescription?.sdp ?? ''))
        await super.setRemoteDescription({ type, sdp: await this.#link.description(type, sdp) })
      })
    }

    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      return this.#link.next(async () => {
        if (!candidate?.candidate) return
        const name = await this.#link.candidate(candidate.candidate)
        // Candidates are objects of the platform, with getters.
        const { sdpMid = null, sdpMLineIndex = null } = candidate
        if (name !== undefined) await super.addIceCandidate({ sdpMid, sdpMLineIndex, candidate: name })
      })
    }
  }
}
