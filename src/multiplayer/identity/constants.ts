// Limits of identities. Each says why it is that.

/** Version of the proof that peers show each other: another one is refused, because what is signed differs. */
export const PROOF_VERSION = 1

/** What a passport is for, so that no other token of the same backend passes for one, nor a passport for another token. */
export const PASSPORT_AUDIENCE = 'skein-peer'

/** The longest passport, in characters: its fields together have less than 600, in base64 and with a signature 1,000. */
export const MAX_PASSPORT_LENGTH = 2_048

/** How far the clocks of a backend and of a player's machine may differ, in seconds: players' clocks are wrong by more than servers'. */
export const PASSPORT_CLOCK_TOLERANCE_S = 120

/** Identities of peers that came that are kept, those who are gone included: four rooms' worth, for hosts that run for months. */
export const MAX_KNOWN_IDENTITIES = 1_024
