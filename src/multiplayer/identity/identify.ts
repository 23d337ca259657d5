// A ready-made way for peers to know each other: give it to `joinRoom` as `authentication`. What is proved how is in proof.ts.

import { NetError } from '../../net/errors.ts'
import type { ConnectionBinding, PeerAuthentication, PendingPeer } from '../api/authentication.ts'
import { MAX_KNOWN_IDENTITIES, MAX_PASSPORT_LENGTH } from './constants.ts'
import { type Identity, isSignedBy, sign, thumbprint } from './identity.ts'
import { type Passport, passportKeys, readPassport } from './passport.ts'
import { decodeProof, encodeProof, statement } from './proof.ts'
import { systemDate } from './web-crypto.ts'

/** Who a peer is, proved for the connection with it. */
export interface PeerIdentity {
  readonly id: number
  /** The thumbprint of its key: the same at every visit of a player who keeps the key. */
  readonly key: string
  /** What the game's backend says of the key. `undefined` without `passportKeys`. */
  readonly passport: Passport | undefined
}

/** What `identify` takes: who this player is, and what it asks of the others. */
export interface IdentifyOptions {
  readonly identity: Identity
  /** What the backend says of this player, for the others: `createPassport` in skein/server made it. */
  readonly passport?: string
  /** The backend's public keys, as JWK. With them every peer has to show a passport that one of them signed. Default: none has to. */
  readonly passportKeys?: readonly JsonWebKey[]
  /** Whether a peer that has proved who it is may come in. Default: everyone may. What is thrown refuses, too. */
  readonly accept?: (peer: PeerIdentity) => boolean | Promise<boolean>
  /** Ms since 1970, for tests. */
  readonly now?: () => number
}

/** Proves this peer to others, and others to this one. One for each room. */
export interface IdentityAuthentication extends PeerAuthentication {
  /** Who a peer is; `undefined` before it has proved it. Of a peer that is gone: who it was, until its id or 1,024 others come. */
  peer(id: number): PeerIdentity | undefined
}

/**
 * Peers prove with signatures who they are, before anything else: that they have their keys, and that nobody stands in between.
 * All peers of the room have to use it. It takes one round trip.
 * @throws {NetError} ERR_INVALID_PARAMETER
 */
export function identify(options: IdentifyOptions): IdentityAuthentication {
  const { identity, passport = '', accept = () => true, now = systemDate } = options
  if (!identity?.keys) throw new NetError('ERR_INVALID_PARAMETER', '`identity` is what createIdentity resolves to.')
  if (typeof passport !== 'string' || passport.length > MAX_PASSPORT_LENGTH) {
    throw new NetError('ERR_INVALID_PARAMETER', `A passport is a text of at most ${MAX_PASSPORT_LENGTH} characters.`)
  }
  const trusted = options.passportKeys && passportKeys(options.passportKeys)
  // Told when a peer comes, as its refusal; not as an unhandled rejection before.
  trusted?.catch(() => {})
  const peers = new Map<number, PeerIdentity>()
  const shown = new WeakSet<PendingPeer>()
  const heard = new WeakSet<PendingPeer>()

  return {
    signsBinding: true,
    peer: (id) => peers.get(id),

    async begin(peer) {
      peers.delete(peer.id)
      const text = statement(bindingOf(peer), 'local', identity.publicKey)
      const signature = (await sign(identity, text)) as Uint8Array<ArrayBuffer>
      peer.send(encodeProof({ publicKey: identity.publicKey as Uint8Array<ArrayBuffer>, signature, passport }))
      shown.add(peer)
      // It may have proved itself meanwhile; nothing may be sent after that is said.
      if (peers.has(peer.id)) peer.complete()
    },

    async receive(peer, data) {
      // Each costs signatures and what `accept` does, and nobody has two.
      if (heard.has(peer)) throw new NetError('ERR_INVALID_DATA', `Peer ${peer.id} proves twice who it is.`)
      heard.add(peer)
      const binding = bindingOf(peer)
      const proof = decodeProof(data)
      if (!(await isSignedBy(proof.publicKey, proof.signature, statement(binding, 'remote', proof.publicKey)))) {
        const message =
          'it did not sign this connection. Either somebody stands in between (a signaling server can), or it is in another room.'
        throw new NetError('ERR_UNAUTHORIZED', `Peer ${peer.id} was refused: ${message}`)
      }
      const key = await thumbprint(proof.publicKey)
      const check = trusted && { keys: await trusted, key, room: binding.session, now: now() }
      const known = { id: peer.id, key, passport: check && (await readPassport(proof.passport, check)) }
      if ((await accept(known)) !== true) {
        throw new NetError('ERR_UNAUTHORIZED', `Peer ${peer.id} was refused: \`accept\` said no.`)
      }
      if (!peer.pending || peers.has(peer.id)) return
      peers.set(peer.id, known)
      if (peers.size > MAX_KNOWN_IDENTITIES) peers.delete(peers.keys().next().value!)
      if (shown.has(peer)) peer.complete()
    },
  }
}

/** @throws {NetError} ERR_UNAVAILABLE */
function bindingOf({ id, binding }: PendingPeer): ConnectionBinding {
  if (binding && binding.localFingerprints.length > 0 && binding.remoteFingerprints.length > 0) return binding
  const message = `There is no direct connection to peer ${id} whose certificates could be signed, and \`sealRelayed\` is not set.`
  throw new NetError('ERR_UNAVAILABLE', message)
}
