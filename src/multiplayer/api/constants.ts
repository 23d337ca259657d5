// Limits of MultiplayerAPI. Each says why it is that.

/** How long both sides may take to authenticate each other, in ms (Godot: auth_timeout, 3 s). */
export const AUTH_TIMEOUT_MS = 3_000

/** The longest time that can be given for that, in ms: what a platform's timers take. */
export const MAX_AUTH_TIMEOUT_MS = 0x7fff_ffff

/** Data of one authentication message, in bytes: a ticket with certificates has a few kilobytes. */
export const MAX_AUTH_BYTES = 65_536

/** Reliable packets that overtook the other side's last word of the authentication: those of one round trip. */
export const MAX_HELD_PACKETS = 1_024
export const MAX_HELD_BYTES = 1024 * 1024
