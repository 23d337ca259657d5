// An RTCPeerConnection that takes the ways through the link for those to the other end. Rivals have signaling of their
// own, sealed in part; so candidates are replaced where they arrive.

import type { Signal } from '../../../src/net/signaling/messages.ts'

/** Which end of the line. */
export type Side = 1 | 2

export interface RewriteRequest {
  readonly to: Side
  /** What both ends of a connection know it by: the `ice-ufrag` of the offer. */
  readonly key: string
  readonly signal: Signal
}

type Constructor = typeof RTCPeerConnection

/** @param service Where rewrites are answered, see service.ts. */
export function linkedConnection(Base: Constructor, service: string, side: Side, extra: object = {}): Constructor {
  return class LinkedConnection extends Base {
    /** What comes from the other end is applied in order. */
    #queue: Promise<unknown> = Promise.resolve()

    constructor(configuration: RTCConfiguration = {}) {
      super({ ...configuration, iceServers: [], ...extra })
    }

    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      return this.#next(async () => {
        const { type, sdp = '' } = description
        if (type !== 'offer' && type !== 'answer') return super.setRemoteDescription(description)
        const signal = await this.#rewrite({ kind: 'description', type, sdp }, type === 'offer' ? sdp : undefined)
        await super.setRemoteDescription({ type, sdp: signal?.kind === 'description' ? signal.sdp : sdp })
      })
    }

    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      return this.#next(async () => {
        if (!candidate?.candidate) return
        const signal = await this.#rewrite({ kind: 'candidate', media: '0', index: 0, name: candidate.candidate })
        if (signal?.kind !== 'candidate') return
        await super.addIceCandidate({ ...plain(candidate), candidate: signal.name })
      })
    }

    #next(step: () => Promise<void>): Promise<void> {
      const done = this.#queue.then(step)
      this.#queue = done.catch(() => {})
      return done
    }

    async #rewrite(signal: Signal, remoteOffer?: string): Promise<Signal | undefined> {
      const offer =
        remoteOffer ??
        (this.remoteDescription?.type === 'offer' ? this.remoteDescription.sdp : this.localDescription?.sdp) ??
        ''
      const key = /^a=ice-ufrag:(\S+)/m.exec(offer)?.[1] ?? ''
      const request: RewriteRequest = { to: side, key, signal }
      const response = await fetch(`${service}/rewrite`, { method: 'POST', body: JSON.stringify(request) })
      return ((await response.json()) as { signal?: Signal }).signal
    }
  }
}

/** Candidates are objects of the platform, with getters. */
function plain({ sdpMid, sdpMLineIndex }: RTCIceCandidateInit): RTCIceCandidateInit {
  return { sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null }
}
