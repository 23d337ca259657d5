// A player who proves who he is, in Node or in a page, and what he finds out about the others.

import type { ConnectionBinding, Identity, Room } from '../../src/index.ts'
import { identify, joinRoom } from '../../src/index.ts'

export interface Entry {
  readonly signaling: string
  /** Its code; a new one without it. */
  readonly room?: string
  readonly passport: string
  /** The public one. */
  readonly backendKey: JsonWebKey
  readonly topology?: 'mesh' | 'star'
  readonly sealRelayed?: boolean
}

/** Another player, as this one knows him. */
export interface Acquaintance {
  readonly id: number
  readonly key: string | undefined
  readonly subject: string | undefined
  /** What he sent once he was let in. */
  readonly said: unknown
  /** Over whom he is reached. */
  readonly via: number | undefined
  /** Of the certificates at both ends of the connection with him, or of the keys with which both seal. */
  readonly localFingerprints: readonly string[] | undefined
  readonly remoteFingerprints: readonly string[] | undefined
}

export class Player {
  readonly room: Room
  readonly #others: () => Acquaintance[]

  private constructor(room: Room, others: () => Acquaintance[]) {
    this.room = room
    this.#others = others
  }

  static async enter(identity: Identity, entry: Entry): Promise<Player> {
    const { signaling, room: code, passport, backendKey, topology, sealRelayed = false } = entry
    const known = identify({ identity, passport, passportKeys: [backendKey] })
    const bindings = new Map<number, ConnectionBinding | undefined>()
    const authentication: typeof known = {
      ...known,
      begin(peer) {
        bindings.set(peer.id, peer.binding)
        return known.begin?.(peer)
      },
    }
    const room = await joinRoom({ signaling, room: code, authentication, sealRelayed, ...(topology && { topology }) })
    const said = new Map<number, unknown>()
    room.on('packet', (value, from) => said.set(from, value))
    room.on('peerConnected', (id) => room.send(`I am ${identity.key}`, { to: id }))
    return new Player(room, () =>
      room.peers.map((id) => {
        const { key, passport } = known.peer(id) ?? {}
        const { localFingerprints, remoteFingerprints } = bindings.get(id) ?? {}
        const { via } = room.stats(id)
        return { id, key, subject: passport?.subject, said: said.get(id), via, localFingerprints, remoteFingerprints }
      }),
    )
  }

  /** Those in the room that were let in. */
  get others(): Acquaintance[] {
    return this.#others()
  }
}

declare global {
  interface Window {
    player: {
      /** The names of the page's keys: as it keeps them in its database, and as text. */
      keys(): Promise<{ database: string; text: string; canBeReadOut: boolean }>
      /** With the one of the database. */
      enter(entry: Entry): Promise<{ id: number; code: string }>
      others(): Acquaintance[]
    }
  }
}

/** As docs/authentication.md has them. */
export interface Keepers {
  keptIdentity(): Promise<Identity>
  fromText(text: string | undefined, write: (text: string) => void): Promise<Identity>
}

/** Called, not done on import: the package says that its modules have no effects of their own. */
export function installPlayer({ keptIdentity, fromText }: Keepers): void {
  let player: Player | undefined
  window.player = {
    async keys() {
      const kept = await keptIdentity()
      const write = (text: string) => localStorage.setItem('player', text)
      const written = await fromText(localStorage.getItem('player') ?? undefined, write)
      return { database: kept.key, text: written.key, canBeReadOut: kept.keys.privateKey.extractable }
    },
    async enter(entry) {
      player = await Player.enter(await keptIdentity(), entry)
      return { id: player.room.id, code: player.room.code }
    },
    others: () => player?.others ?? [],
  }
}
