// What is kept of one remote player, and the limits of what it may do to this peer.

import type { Profile } from '../profile.ts'
import { SHOT_COOLDOWN } from '../rules/constants.ts'
import { SnapshotBuffer } from './interpolation.ts'
import { Bucket } from './limits.ts'

export class RemotePlayer {
  readonly id: number
  readonly buffer = new SnapshotBuffer()
  /** Shots may arrive in a bunch after a lost packet; on average they come no faster than a ship can fire. */
  readonly volleys = new Bucket(10, 1.15 / SHOT_COOLDOWN)
  readonly chats = new Bucket(6, 1)
  readonly hellos = new Bucket(6, 0.5)
  readonly hits = new Bucket(20, 12)
  /** Messages that were not understood or not allowed. */
  rejected = 0
  /** As it was shown last, to notice a spawn. */
  shownLife: number | undefined
  #profile: Profile
  #named = false

  constructor(id: number) {
    this.id = id
    // Until its hello is here.
    this.#profile = { name: `Pilot ${id % 1000}`, colour: id % 12, bot: false }
  }

  get profile(): Profile {
    return this.#profile
  }

  get named(): boolean {
    return this.#named
  }

  rename(profile: Profile): void {
    this.#profile = profile
    this.#named = true
  }
}
